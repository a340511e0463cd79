// The command line as a program: `npm run --silent rmt -- <command>`.
import { main } from './main.ts';

// Who reads our output may leave early, as `head` does: there is nobody left to tell.
process.stdout.on('error', () => process.exit(1));
const status = await main(process.argv.slice(2));
// Dawn's own threads keep Node alive: leave once everything is written.
process.stdout.write('', () => process.exit(status));
