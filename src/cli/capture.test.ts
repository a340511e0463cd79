// rmt capture with models of every kind of state, and the Python program of docs/whole-stream.md on its file.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { positionKinds } from '../inference/capture.ts';
import { readSafetensorsHeader } from '../io/safetensors-header.ts';
import { command } from '../testing/cli.ts';
import { oneJson, refused, workFolder } from '../testing/cli-runs.ts';
import { numbersIn, tensorIn } from '../testing/stored-tensor.ts';

const { folder, newFolder, remove, write } = workFolder();
afterAll(remove);

const detect = fileURLToPath(new URL('../../public/checkpoints/detect.safetensors', import.meta.url));

/** A file of this model, read with these options. */
async function captured(checkpoint: string, ...more: string[]) {
  const out = join(newFolder(), 'stream.safetensors');
  const json = oneJson(await command(['capture', '--checkpoint', checkpoint, '--out', out, ...more, '--json']));
  const bytes = new Uint8Array(readFileSync(out));
  expect(json).toMatchObject({ out, bytes: bytes.length, adapter: expect.any(String) });
  return { out, bytes, names: [...readSafetensorsHeader(bytes, out).entries.keys()] };
}

describe('the Python program of docs/whole-stream.md', () => {
  const program = /```python\n([\s\S]*?)```/.exec(
    readFileSync(new URL('../../docs/whole-stream.md', import.meta.url), 'utf8'),
  )?.[1];
  const python = ['python3', 'python'].find((name) => spawnSync(name, ['--version']).status === 0);

  it('prints what the file holds', async () => {
    const { out, bytes } = await captured(detect, '--segments', '4', '--seed', '3');
    const metadata = readSafetensorsHeader(bytes, out).metadata;
    const classes: string[] = JSON.parse(metadata['classes'] ?? '');
    const attention = tensorIn(bytes, 'attention');
    const [N = 0, L = 0, H = 0, S = 0, K = 0] = attention.shape;
    const [, M = 0, D = 0] = tensorIn(bytes, 'memory').shape;
    const kinds = numbersIn(bytes, 'kinds', [N, S]).map((kind) => positionKinds[kind]);
    const memory = [...numbersIn(bytes, 'initial.memory', [M, D]), ...numbersIn(bytes, 'memory', [N, M, D])];
    const logits = numbersIn(bytes, 'logits', [N, classes.length]);
    const expected = Array.from({ length: N }, (_, n) => {
      const kindAt = (at: number) => kinds[n * S + at] ?? '';
      const weight = (h: number, row: number, key: number) =>
        attention.numbers[(((n * L + L - 1) * H + h) * S + row) * K + key] ?? Number.NaN;
      let share = 0;
      for (let h = 0; h < H; h++)
        for (let row = 0; row < S; row++)
          for (let key = 0; key < S; key++)
            if (kindAt(row) === 'memory' && ['word', 'fact', 'question'].includes(kindAt(key)))
              share += weight(h, row, key) / (H * M);
      const [before, after] = [memory.slice(n * M * D), memory.slice((n + 1) * M * D)].map((all) =>
        all.slice(0, M * D),
      );
      const dot = (a: readonly number[] = [], b: readonly number[] = []) =>
        a.reduce((sum, value, i) => sum + value * (b[i] ?? Number.NaN), 0);
      const change = 1 - dot(before, after) / Math.sqrt(dot(before, before) * dot(after, after));
      const own = logits.slice(n * classes.length, (n + 1) * classes.length);
      return { segment: n, on_words: share, change, answer: classes[own.indexOf(Math.max(...own))] };
    });
    expect(expected.every(({ on_words: share, change }) => share > 0 && share < 1 && change > 0)).toBe(true);
    expect(expected.at(-1)?.answer).toBe(metadata['expected']);
    // The layout is checked above; the program itself is run wherever there is a Python.
    if (python === undefined) return;
    const { stdout, stderr, status } = spawnSync(python, ['-c', program ?? '', out], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const printed = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(printed).toEqual(
      expected.map(({ on_words, change, ...rest }) => ({
        ...rest,
        on_words: expect.closeTo(on_words, 6),
        change: expect.closeTo(change, 6),
      })),
    );
  });
});

describe('a captured document', () => {
  const sizes = ['hidden_size=8', 'intermediate_size=8', 'num_attention_heads=2', 'num_hidden_layers=2'];
  const small = [...sizes, 'batch_size=4', 'stage_steps=1', 'validate_samples=4', 'segment_size=6'];
  const [D, S] = [8, 6];
  const models = {
    'rmt-transformer-xl': { states: { memory: [2, D], 'state.cache.1': [12, D] }, positions: S + 4, cache: 12 },
    'armt-gpt2': {
      states: { 'state.associations.1': [24, D], 'state.normaliser.1': [24] },
      positions: S + 2,
      cache: 0,
    },
  } as const;
  beforeAll(async () => {
    for (const model of Object.keys(models)) {
      const own = { 'rmt-transformer-xl': 'mem_len=12', 'armt-gpt2': 'd_mem=4' };
      const sets = [...small, `model=${model}`, 'num_mem_tokens=2', own[model as keyof typeof models]];
      const words = [
        'train',
        '--preset',
        'copy',
        ...sets.flatMap((set) => ['--set', set]),
        '--out',
        join(folder, model),
      ];
      const { status, errors } = await command([...words, '--json']);
      expect({ status, errors }).toEqual({ status: 0, errors: [] });
    }
  });

  it.each(Object.entries(models))(
    'of %s has its states after each segment',
    async (model, { states, positions, cache }) => {
      const { bytes, names } = await captured(join(folder, model, 'checkpoint.safetensors'), '--segments', '3');
      numbersIn(bytes, 'attention', [3, 2, 2, positions, cache + positions]);
      for (const [name, shape] of Object.entries(states)) {
        const numbers = numbersIn(bytes, name, [3, ...shape]);
        expect(numbers.every(Number.isFinite)).toBe(true);
        numbersIn(bytes, `initial.${name}`, shape);
      }
      expect(names.some((name) => /memory|state/.test(name))).toBe(Object.keys(states).length > 0);
    },
  );

  it('may come without attention, and from facts and interventions as rmt stream takes them', async () => {
    const facts = ['--facts', '2:john went to the garden.', '--question', 'where is john?', '--changes', 'zero@3'];
    const { bytes, names } = await captured(detect, '--segments', '5', ...facts, '--no-attention');
    expect(names).toEqual(['token_ids', 'kinds', 'initial.memory', 'written.memory', 'memory', 'logits']);
    const { shape, numbers } = tensorIn(bytes, 'memory');
    const size = (shape[1] ?? 0) * (shape[2] ?? 0);
    expect(numbers.slice(2 * size, 3 * size).every((value) => value === 0)).toBe(true);
    expect(readSafetensorsHeader(bytes, 'it').metadata).toMatchObject({ expected: 'garden', interventions: 'zero@3' });
  });

  it.each<[words: string[], message: string | RegExp]>([
    [['--segments', '2'], /^capture: no --out /],
    [['--out', 'o'], /^capture: no --segments /],
    [['--segments', '4', '--out', 'o', '--question', 'where is john?'], /^capture: only --question /],
    [
      ['--segments', '150000', '--out', 'o'],
      /^whole stream as one file: \d+ MiB \(expected at most 1024 MiB: fewer segments, or no attention\)$/,
    ],
  ])('%j is refused', async (words, message) => {
    expect(await refused(['capture', '--checkpoint', detect, ...words])).toMatch(message);
  });

  it('is not written over its checkpoint', async () => {
    const file = write('model', readFileSync(detect));
    expect(await refused(['capture', '--checkpoint', file, '--segments', '2', '--out', file])).toContain(
      '--checkpoint',
    );
  });
});
