// The command line as a program: `npm run --silent rmt -- <command>`.
import { main } from './main.ts';

// The reader of our output may close it early, as `head` does.
process.stdout.on('error', () => process.exit(1));
const status = await main(process.argv.slice(2));
// Dawn's threads keep Node alive, so exit explicitly once everything is written.
process.stdout.write('', () => process.exit(status));
