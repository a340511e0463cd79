// The command line as a program: `npm run --silent rmt -- <command>`.
import { settled } from './dawn.ts';
import { main } from './main.ts';
import { exitOnSignals } from './signals.ts';

/** What a stream can no longer be written for, other than that its reader has gone. */
let failed = false;
// The reader of our output may close it early, as `head` does, or close the terminal: the work continues without it.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (!['EPIPE', 'EIO', 'ECONNRESET', 'ERR_STREAM_DESTROYED'].includes(error.code ?? '')) {
      if (!failed && stream === process.stdout)
        process.stderr.write(`rmt: output: ${error.message} (expected a writable path)\n`);
      failed = true;
    }
  });
exitOnSignals();
const status = await main(process.argv.slice(2));
await settled();
// Dawn's threads keep Node alive, so exit explicitly once everything is written.
process.stdout.write('', () => process.exit(failed && status === 0 ? 1 : status));
