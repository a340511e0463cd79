// What the tests of the command line share: a folder for each test file, checks of outputs and refusals, and a tiny run.
import { mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { allMetrics } from '../train/metrics.ts';
import { command, type Outcome, temporaryFolder } from './cli.ts';

/** The folder of checkpoints, inputs and outputs from PyTorch. */
export const golden = fileURLToPath(new URL('./golden/', import.meta.url));

export const ragged = ['--checkpoint', `${golden}ragged.checkpoint.safetensors`];
export const raggedInput = ['--input', `${golden}ragged.input.json`];

/** A run small enough for a software adapter. */
export const smallRun = [
  ...['train', '--preset', 'tiny', '--json', '--set', 'hidden_size=8', '--set', 'intermediate_size=8'],
  ...['--set', 'batch_size=4', '--set', 'segment_size=11', '--set', 'validate_samples=8', '--set', 'validate_every=7'],
  ...['--set', 'hidden_dropout_prob=0.1', '--set', 'memory_noise=0.1', '--set', 'stages=1,2'],
];
export const longRun = [...smallRun, '--set', 'stage_steps=30'];

/** A temporary folder for one test file. */
export function workFolder() {
  const { folder, remove } = temporaryFolder();
  return {
    folder,
    remove,
    /** A folder for one test. */
    newFolder: () => mkdtempSync(join(folder, 'test-')),
    /** Write a file into the folder; returns its path. */
    write(name: string, content: string | Uint8Array) {
      writeFileSync(join(folder, name), content);
      return join(folder, name);
    },
  };
}

/** Everything inside a folder. */
export const filesIn = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();

/** The JSON document of a successful command, which must be all of its stdout. */
export function oneJson({ status, stdout, errors }: Outcome): Record<string, unknown> {
  expect(errors).toEqual([]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout);
}

export const jsonLines = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/**
 * Runs a command that must fail with one line `rmt: <where>: <found> (expected <what>)`, with --json the same as one
 * document, and leave no files.
 */
export async function refused(
  words: readonly string[],
  status: 1 | 2 = 2,
  run: (words: readonly string[], options: { cwd: string }) => Promise<Outcome> = command,
): Promise<string> {
  const { folder: cwd, remove } = temporaryFolder();
  try {
    const outcome = await run(words, { cwd });
    expect(outcome.errors).toHaveLength(1);
    const [line = ''] = outcome.errors;
    expect(line).toMatch(/^rmt: [^:]+: .+ \(expected .+\)$/);
    expect(line.length).toBeLessThan(1000);
    if (words.includes('--json')) {
      const { error } = JSON.parse(outcome.stdout) as { error: { where: string; found: string; expected: string } };
      expect(outcome.stdout).toBe(`${JSON.stringify({ error })}\n`);
      expect(line).toBe(`rmt: ${error.where}: ${error.found} (expected ${error.expected})`);
    } else expect(outcome.stdout).toBe('');
    expect(outcome.status, line).toBe(status);
    expect(filesIn(cwd)).toEqual([]);
    return line.replace(/^rmt: /, '');
  } finally {
    remove();
  }
}

/** Lines of metrics without the fields that may differ between two equal runs: times and paths. */
export const timeless = (lines: readonly Record<string, unknown>[]) => {
  const differing = ['seconds', 'checkpoint', ...allMetrics.flatMap(({ json, isTiming }) => (isTiming ? [json] : []))];
  return lines.map((line) => Object.fromEntries(Object.entries(line).filter(([key]) => !differing.includes(key))));
};
