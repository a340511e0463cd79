// The command line: `npm run --silent rmt -- <command>`. Exit 0 done, 1 failed while running, 2 wrong usage or input.
import { InputError } from '../errors.ts';
import { usage } from './arguments.ts';
import { bench } from './bench.ts';
import { check } from './check.ts';
import { evaluate } from './evaluate.ts';
import { flops } from './flops.ts';
import { forward } from './forward.ts';
import { generate } from './generate.ts';
import { info } from './info.ts';
import { stream } from './stream.ts';
import { train } from './train.ts';

const commands: Readonly<Record<string, (words: readonly string[]) => Promise<void>>> = {
  info,
  forward,
  train,
  eval: evaluate,
  stream,
  generate,
  flops,
  bench,
  check,
};

async function main(words: readonly string[]): Promise<void> {
  const [command, ...rest] = words;
  if (command === undefined || command === 'help' || words.includes('--help') || words.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!run) throw new InputError('command', `'${command}'`, `one of ${Object.keys(commands).join(', ')}`);
  await run(rest);
}

/** The error as one line. */
function line(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
}

// Who reads our output may leave early, as `head` does: there is nobody left to tell.
process.stdout.on('error', () => process.exit(1));
let status = 0;
try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`rmt: ${line(error)}\n`);
  status = error instanceof InputError ? 2 : 1;
}
// Dawn's own threads keep Node alive: leave once everything is written.
process.stdout.write('', () => process.exit(status));
