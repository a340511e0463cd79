// The command line with decoders and text tasks, as real processes in a temporary folder.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSafetensors } from '../io/safetensors.ts';
import { command, rmt } from '../testing/cli.ts';
import { golden, oneJson, refused, workFolder } from '../testing/cli-runs.ts';
import { expectClose, expectNear } from '../testing/close.ts';

const { folder, newFolder, remove, write } = workFolder();
afterAll(remove);

const given = (name: string) => [
  ...['--checkpoint', `${golden}family/${name}.checkpoint.safetensors`],
  ...['--input', `${golden}family/${name}.input.json`],
];

describe('forward', () => {
  it.each(['rmt_gpt2', 'rmt_xl_cache', 'armt_gpt2'])('gives PyTorch’s numbers: %s', async (name) => {
    const cwd = newFolder();
    const outcome = await command(['forward', ...given(name), '--out', 'o', '--backward', '--json'], { cwd });
    expect(oneJson(outcome)).toMatchObject({ out: 'o' });
    const { tensors } = readSafetensors(readFileSync(join(cwd, 'o')), name);
    const { tensors: expected } = readSafetensors(readFileSync(`${golden}family/${name}.expected.safetensors`), name);
    const wanted = [...expected].filter(([key]) => /^(logits|loss|memory|state\.|grad\.)/.test(key));
    expect(wanted.length).toBeGreaterThan(10);
    for (const [key, { shape, data }] of wanted) {
      const got = tensors.get(key);
      expect(got?.shape, key).toEqual(shape);
      if (key.startsWith('grad.')) expectNear(got?.data ?? [], data, 1e-3, key);
      else expectClose(got?.data ?? [], data, { atol: 1e-4, rtol: 1e-4, label: key });
    }
  });

  it('--bptt-depth truncates the gradient', async () => {
    const cwd = newFolder();
    await command(['forward', ...given('rmt_gpt2'), '--out', 'o', '--backward', '--bptt-depth', '1', '--json'], {
      cwd,
    });
    const { tensors } = readSafetensors(readFileSync(join(cwd, 'o')), 'o');
    const { tensors: expected } = readSafetensors(
      readFileSync(`${golden}family/rmt_gpt2.expected.safetensors`),
      'rmt_gpt2',
    );
    expectNear(tensors.get('grad.rmt.memory')?.data ?? [], expected.get('grad_k1.rmt.memory')?.data ?? [], 1e-4);
  });

  it.each<[input: unknown, message: string]>([
    [{ sequences: [[1, 2], [3]] }, 'sequences[1]: 1 tokens (expected 2, as in the first sequence)'],
    [{ sequences: [[1, 2]], labels: [0] }, 'labels: labels (expected none: this model predicts the next token)'],
    [{ sequences: [[1, 2]], answer_from: 2 }, 'answer_from: 2 (expected a whole number from 1 to 1)'],
    [{ sequences: [[1, 99]] }, 'sequences[0][1]: 99 (expected a token id from 0 to 28)'],
  ])('refuses the input %j', async (input, message) => {
    const file = write('input.json', JSON.stringify(input));
    const checkpoint = ['--checkpoint', `${golden}family/gpt2.checkpoint.safetensors`];
    const line = await refused(['forward', ...checkpoint, '--input', file, '--out', 'o']);
    expect(line).toBe(`input ${file}: ${message}`);
  });
});

describe('a decoder on copy', () => {
  const out = join(folder, 'copy');
  const checkpoint = ['--checkpoint', join(out, 'checkpoint.safetensors')];
  const sizes = [
    'hidden_size=8',
    'intermediate_size=8',
    'num_attention_heads=2',
    'num_hidden_layers=1',
    'batch_size=4',
  ];
  const small = [...sizes, 'stage_steps=2', 'validate_samples=4', 'segment_size=6'].flatMap((set) => ['--set', set]);
  beforeAll(async () => {
    const { status, errors } = await rmt(['train', '--preset', 'copy', ...small, '--out', out, '--json']);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
  });

  it('writes metrics with the accuracy of whole answers', () => {
    const lines = readFileSync(join(out, 'metrics.jsonl'), 'utf8').trim().split('\n');
    const validation = lines.map((line) => JSON.parse(line)).find(({ type }) => type === 'validation');
    expect(validation).toMatchObject({ segments: 4, accuracy: expect.any(Number), whole: expect.any(Number) });
  });

  it('is evaluated by words, whole answers and generated answers', async () => {
    const words = ['eval', ...checkpoint, '--segments', '1,2', '--samples', '8', '--generate'];
    const json = oneJson(await command([...words, '--json']));
    const numbers = { 1: expect.any(Number), 2: expect.any(Number) };
    expect(json).toMatchObject({
      task: 'copy',
      samples: 8,
      accuracy: numbers,
      whole: numbers,
      loss: numbers,
      generated: numbers,
    });
    const { stdout } = await command(words);
    expect(stdout).toMatch(
      /^copy, 8 samples\nsegments +accuracy +whole answer +generated +commonest +nats per word\n +1 .*%.*\n +2 .*\n(?:.*\n)+loss: the mean over all scored words\n/,
    );
  });

  it('streams, and counts correct predictions', async () => {
    const json = oneJson(await command(['stream', ...checkpoint, '--segments', '3', '--json']));
    expect(json).toMatchObject({ segments: 3, tokens: 18, asked: 12, answer: `${json['right']} of 12` });
  });

  it('generates text', async () => {
    const sample = oneJson(await rmt(['generate', ...checkpoint, '--segments', '2', '--json']));
    expect(sample['words']).toHaveLength(8);
    expect(sample['prompt']).toMatch(/^[a-h]{4}>$/);
    expect(sample['expected']).toHaveLength(8);
    const prompt = ['--prompt', 'abc>', '--words', '4', '--temperature', '1'];
    const { status, stdout } = await command(['generate', ...checkpoint, ...prompt]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^abc>\n→ .+\n$/);
    expect(await refused(['generate', ...checkpoint, '--temperature', 'hot'])).toBe(
      "generate: --temperature: 'hot' (expected a number from 0 to 100)",
    );
  });
});

describe('refuses before the start', () => {
  it('a classifier on a text task', async () => {
    expect(await refused(['train', '--preset', 'copy', '--set', 'model=rmt-bert', '--out', 'run'])).toBe(
      'train: model: rmt-bert answers with a class, but copy asks for a text (expected a decoder: rmt-gpt2, gpt2, transformer-xl, rmt-transformer-xl, armt-gpt2)',
    );
  });

  const language = ['train', '--preset', 'copy', '--set', 'task=language', '--out', 'run'];
  it.each<[name: string, content: Uint8Array | string, message: RegExp]>([
    ['empty.txt', '', /^empty\.txt: /],
    ['latin.txt', Uint8Array.of(0x61, 0xe9, 0x62), /^latin\.txt: .*byte 1/],
  ])('the text %s', async (name, content, message) => {
    expect(await refused([...language, '--text', write(name, content)])).toMatch(message);
  });

  it('a missing text, or a folder', async () => {
    expect(await refused([...language, '--text', '/nowhere/at/all'])).toMatch(
      /no such file \(expected a file that can be read\)$/,
    );
    expect(await refused([...language, '--text', folder])).toMatch(/: a folder \(expected a file\)$/);
  });
});
