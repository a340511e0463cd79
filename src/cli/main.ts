// The commands of the command line, and their exit status on errors.
import { InputError } from '../errors.ts';
import { printJson, usage } from './arguments.ts';
import { bench } from './bench.ts';
import { capture } from './capture.ts';
import { check } from './check.ts';
import { data } from './data.ts';
import { type OpenDevice, openDevice } from './device.ts';
import { evaluate } from './evaluate.ts';
import { exportCheckpoint } from './export.ts';
import { flops } from './flops.ts';
import { forward } from './forward.ts';
import { generate } from './generate.ts';
import { holders } from './holders.ts';
import { importPublished } from './import.ts';
import { info } from './info.ts';
import { probe } from './probe.ts';
import { Interrupted, statusOf } from './signals.ts';
import { stream } from './stream.ts';
import { tokenize } from './tokenize.ts';
import { train } from './train.ts';

const commands: Readonly<Record<string, (words: readonly string[], open: OpenDevice) => Promise<void>>> = {
  info,
  forward,
  train,
  eval: evaluate,
  stream,
  capture,
  probe,
  holders,
  generate,
  tokenize,
  flops,
  bench,
  import: importPublished,
  export: exportCheckpoint,
  data,
  check,
};

async function dispatch(words: readonly string[], open: OpenDevice): Promise<void> {
  const [command, ...rest] = words;
  if (command === undefined || command === 'help' || words.includes('--help') || words.includes('-h')) {
    process.stdout.write(usage);
    return;
  }
  const run = Object.hasOwn(commands, command) ? commands[command] : undefined;
  if (!run) throw new InputError('command', `'${command}'`, `one of ${Object.keys(commands).join(', ')}`);
  await run(rest, open);
}

/** The error as one line. */
function line(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replaceAll(/\s*\n\s*/g, ' ');
}

/** The parts of an error's line; what does not have them says what was found. */
function partsOf(error: unknown, command: string): { where: string; found: string; expected: string } {
  if (error instanceof InputError) return { where: error.where, found: error.found, expected: error.expected };
  const [, where = command, found = line(error), expected = 'the command to succeed'] =
    /^([^\s:]+(?: [^\s:]+)?): (.*) \(expected (.*)\)$/s.exec(line(error)) ?? [];
  return { where, found, expected };
}

/**
 * Run one command; an error is printed as one line on stderr, and with --json also as one document on stdout.
 * @param open opens its device
 * @returns the exit status: 0 done, 1 failed while running, 2 wrong usage or input, 128 + n ended by signal n
 */
export async function main(words: readonly string[], open: OpenDevice = openDevice): Promise<number> {
  try {
    await dispatch(words, open);
    return 0;
  } catch (error) {
    if (error instanceof Interrupted) return statusOf(error.signal);
    process.stderr.write(`rmt: ${line(error)}\n`);
    if (words.includes('--json')) printJson({ error: partsOf(error, words[0] ?? 'rmt') });
    return error instanceof InputError ? 2 : 1;
  }
}
