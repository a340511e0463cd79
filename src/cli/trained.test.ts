// rmt eval and rmt stream on a checkpoint of a short run, and the checkpoints that they refuse.
import { cpSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint, writeCheckpoint } from '../models/checkpoint.ts';
import { tasks } from '../tasks/index.ts';
import { command, rmt } from '../testing/cli.ts';
import { golden, oneJson, refused, smallRun, workFolder } from '../testing/cli-runs.ts';

const { folder, newFolder, remove, write } = workFolder();
afterAll(remove);

const run = join(folder, 'run');
const checkpoint = join(run, 'checkpoint.safetensors');
beforeAll(async () => {
  const { status, errors } = await command([...smallRun, '--set', 'stage_steps=2', '--out', run]);
  expect({ status, errors }).toEqual({ status: 0, errors: [] });
});

describe('eval', () => {
  it('--json has the contract’s fields; without it the same as a table', async () => {
    const words = ['eval', '--checkpoint', checkpoint, '--segments', '3,1', '--samples', '40'];
    const result = oneJson(await rmt([...words, '--json', '--task', 'memorize', '--seed', '1']));
    expect(result).toEqual({
      adapter: expect.stringMatching(/./),
      task: 'memorize',
      samples: 40,
      accuracy: { '1': expect.any(Number), '3': expect.any(Number) },
      commonest: { '1': expect.any(Number), '3': expect.any(Number) },
      suspicions: { '1': expect.any(Array), '3': expect.any(Array) },
    });
    const accuracy = result['accuracy'] as Record<string, number>;
    const percent = ['3', '1'].map((segments) => {
      const share = accuracy[segments] ?? Number.NaN;
      expect(share * 40).toBeCloseTo(Math.round(share * 40), 9);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      return (100 * share).toFixed(1);
    });
    // The defaults are the checkpoint's own task and seed 1.
    const { status, stdout } = await command(words);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^memorize, 40 samples\nsegments +accuracy +commonest\n(?: +\d+ +\d+\.\d % +\d+\.\d %\n){2}commonest: /,
    );
    const rows = [...stdout.matchAll(/^ +\d+ +(\d+\.\d) % +\d+\.\d %$/gm)];
    expect(rows.map(([, accuracy]) => accuracy)).toEqual(percent);
    // Two steps of training do not beat the commonest answer, and it says so.
    const { '3': found } = result['suspicions'] as Record<string, { kind: string; sentence: string }[]>;
    expect(found?.map(({ kind }) => kind)).toEqual(['commonest-answer']);
    expect(stdout).toContain(`3 segments: ${found?.[0]?.sentence}\n`);
  });
});

describe('probe', () => {
  const words = ['probe', '--checkpoint', checkpoint, '--segments', '3', '--samples', '24'];

  it('--json has the figures after each segment; without it the same as a table', async () => {
    const result = oneJson(await rmt([...words, '--json', '--points', '2']));
    expect(result).toMatchObject({ task: 'memorize', samples: 24, fitted: 16, heldOut: 8, penalty: 0.1, seed: 1 });
    const figures = result['segments'] as Record<string, { probe: number; informed: number; asked: number }>;
    expect(Object.keys(figures)).toEqual(['1', '3']);
    expect(figures['3']?.informed).toBe(1);
    const { status, stdout } = await command([...words, '--points', '2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^memorize, 16 documents fitted, 8 held out\nsegment +probe +95 % interval +control +asked +/,
    );
    const [, last] = [...stdout.matchAll(/^ +\d+ +(\d+\.\d) % +/gm)].map(([, share]) => share);
    expect(last).toBe((100 * (figures['3']?.probe ?? Number.NaN)).toFixed(1));
  });

  it('refuses a penalty of zero and no number of segments', async () => {
    expect(await refused([...words, '--penalty', '0'])).toBe(
      "probe: --penalty: '0' (expected a number above 0, up to 1000000)",
    );
    expect(await refused(['probe', '--checkpoint', checkpoint])).toBe(
      'probe: no --segments (expected --segments to be given)',
    );
  });
});

describe('holders', () => {
  const words = ['holders', '--checkpoint', checkpoint, '--samples', '2', '--segments', '1'];

  it('--json has the variance of each memory token by subject; without it the same as a table', async () => {
    const result = oneJson(await rmt([...words, '--json']));
    const { subjects, values, variance } = result as Record<string, unknown[]>;
    expect(result).toMatchObject({ task: 'memorize', samples: 2, segments: 1, seed: 1 });
    expect(subjects).toEqual(['mary', 'john', 'daniel', 'sandra']);
    expect(values).toHaveLength(6);
    for (const row of variance as number[][]) for (const value of row) expect(value).toBeGreaterThan(0);
    const { status, stdout } = await command(words);
    expect(status).toBe(0);
    const rows = [...stdout.matchAll(/^ +\d+ +([\d.]+) +[\d.]+ +[\d.]+ +[\d.]+$/gm)].map(([, first]) => first);
    expect(rows).toEqual((variance as number[][]).map(([first]) => first?.toFixed(2)));
  });

  it('refuses a task whose facts are not about somebody', async () => {
    expect(await refused(['holders', '--checkpoint', resolve('public/checkpoints/reasoning.safetensors')])).toMatch(
      /^reasoning: a task whose facts are not about somebody \(expected /,
    );
  });
});

describe('eval --set', () => {
  const words = ['eval', '--checkpoint', checkpoint, '--segments', '2', '--samples', '8'];

  it('has the figures at each value of a setting of the task', async () => {
    const set = ['--set', 'sampling=split,official'];
    const result = oneJson(await rmt([...words, ...set, '--json']));
    expect(result['accuracy']).toBeUndefined();
    const figures = { facts: { '2': 1 }, accuracy: { '2': expect.any(Number) } };
    expect(result['settings']).toMatchObject([
      { set: { sampling: 'split' }, ...figures },
      { set: { sampling: 'official' }, ...figures },
    ]);
    const { status, stdout } = await command([...words, ...set]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^memorize, 8 samples\nsegments +sampling +facts +accuracy +commonest\n +2 +split +1 /);
  });

  it.each([
    [['pairs=1'], "settings of memorize: no setting 'pairs' (expected one of sampling)"],
    [['sampling='], "eval: --set: 'sampling=' (expected key=value, or key=value,value,…)"],
    [
      ['sampling=split', '--set', 'sampling=official'],
      'eval: --set sampling: given twice (expected one list of values for a key)',
    ],
  ])('%j is refused', async (set, message) => {
    expect(await refused([...words, '--set', ...set])).toBe(message);
  });
});

describe('stream', () => {
  it('--json has the contract’s fields, and 300 segments take no more memory than one', async () => {
    const result = oneJson(await rmt(['stream', '--checkpoint', checkpoint, '--segments', '300', '--json']));
    expect(result).toEqual({
      adapter: expect.stringMatching(/./),
      segments: 300,
      tokens: 300 * 11,
      answer: expect.any(String),
      expected: expect.any(String),
      ms_per_segment: [expect.any(Number), expect.any(Number), expect.any(Number)],
      gpu_bytes: { first: expect.any(Number), last: expect.any(Number), peak: expect.any(Number) },
    });
    for (const word of [result['answer'], result['expected']]) expect(tasks.memorize.classes).toContain(word);
    for (const ms of result['ms_per_segment'] as number[]) expect(ms).toBeGreaterThan(0);
    const { first, last, peak } = result['gpu_bytes'] as Record<string, number>;
    expect(first).toBeGreaterThan(0);
    expect([last, peak]).toEqual([first, first]);
  });

  it('prints the same as text, whatever the file is called', async () => {
    const file = join(newFolder(), 'a b: ünï code.safetensors');
    cpSync(checkpoint, file);
    const { status, stdout } = await command(['stream', '--checkpoint', file, '--segments', '1', '--seed', '2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^1 segments?, 11 tokens: answered \w+ \((right|wrong, expected \w+)\)\nms per segment: /);
    expect(stdout).toMatch(/\nGPU bytes: first ([\d,]+), last \1, peak \1\n$/);
  });

  it('reads custom facts, and applies interventions on the memory', async () => {
    const bundled = ['stream', '--checkpoint', 'public/checkpoints/detect.safetensors', '--segments', '8'];
    for (const place of ['garden', 'office']) {
      const own = ['--facts', `3:john went to the ${place}.`, '--question', 'where is john?', '--json'];
      const result = oneJson(await command([...bundled, ...own]));
      expect(result).toMatchObject({ answer: place, expected: place });
      expect(result).not.toHaveProperty('untouched');
      const changed = oneJson(await command([...bundled, ...own, '--changes', 'zero@5']));
      expect(changed).toMatchObject({ untouched: place, expected: place });
      expect(changed['answer']).not.toBe(place);
    }
    const { stdout } = await command([...bundled, '--seed', '5', '--changes', 'freeze@2x6']);
    expect(stdout).toMatch(/\nwithout interventions: \w+\nms per segment: /);
  });
});

describe('eval and stream refuse', () => {
  const segments = ['--segments', '1'];
  it.each(['eval', 'stream'])('%s: a checkpoint that does not fit the request', async (command) => {
    const ask = (file: string, ...more: string[]) => refused([command, '--checkpoint', file, ...segments, ...more], 2);
    const named = `checkpoint ${checkpoint}`;
    expect(await ask(checkpoint, '--task', 'sleep')).toBe(
      `${named}: task: no task 'sleep' (expected one of ${Object.keys(tasks).join(', ')})`,
    );
    expect(await ask(checkpoint, '--task', 'reasoning')).toMatch(/: segment_size 11 \(expected at least \d+, which /);
    const bytes = readFileSync(checkpoint);
    const { vocabulary, ...wordless } = readCheckpoint(bytes, 'trained');
    const file = write(`wordless-${command}.safetensors`, writeCheckpoint(wordless));
    expect(await ask(file)).toBe(
      `checkpoint ${file}: neither a 'tokenizer' nor a 'vocabulary' in its metadata (expected one of them, to read a text)`,
    );
    const torn = write(`torn-${command}.safetensors`, bytes.subarray(0, -1));
    expect(await ask(torn)).toMatch(/ ends at byte \d+ of \d+ \(expected the whole file\)$/);
    const other = `${golden}ragged.checkpoint.safetensors`;
    expect(await ask(other)).toBe(
      `checkpoint ${other}: no task in its metadata (expected one there or in the request, or a tokenizer to read any text)`,
    );
  });
});
