// Texts on the command line: what is said about them, and prompts that need none.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command } from '../testing/cli.ts';
import { jsonLines, oneJson, refused, workFolder } from '../testing/cli-runs.ts';

const { folder, remove, write } = workFolder();
afterAll(remove);

const sizes = { hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2, segment_size: 6 };
const run = { ...sizes, batch_size: 2, stages: '1', stage_steps: '1', validate_every: 1, validate_samples: 2 };
const settings = (more: Readonly<Record<string, unknown>>) =>
  Object.entries({ ...run, ...more }).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
const language = ['train', '--preset', 'copy', ...settings({ task: 'language', model: 'rmt-gpt2' })];
const checkpoint = (out: string) => ['--checkpoint', join(folder, out, 'checkpoint.safetensors')];

describe('a model of words', () => {
  const out = 'words';
  let lines: readonly Record<string, unknown>[] = [];
  beforeAll(async () => {
    const text = write('book.txt', 'Anna saw Paris, and Boris saw Oslo.\n'.repeat(60));
    const trained = await command([...language, '--text', text, '--out', join(folder, out), '--json']);
    expect(trained.errors).toEqual([]);
    lines = jsonLines(trained.stdout);
  });

  it('reports how much of its text the vocabulary covers', () => {
    expect(lines[0]).toMatchObject({ type: 'text', name: 'book.txt', unit: 'words', words: 600, unknown: 0 });
  });

  it('continues a prompt without its text, split as the text was, and names unknown words', async () => {
    const words = ['generate', ...checkpoint(out), '--words', '2', '--prompt'];
    const json = oneJson(await command([...words, 'Boris saw Paris.', '--json']));
    expect(json).toMatchObject({ prompt: 'boris saw paris .' });
    expect(json).not.toHaveProperty('unknown');
    const unknown = await command([...words, 'Boris met Anna', '--json']);
    expect(JSON.parse(unknown.stdout)).toMatchObject({ prompt: 'boris [UNK] anna', unknown: ['met'] });
    expect(unknown.errors).toEqual(['rmt: the prompt has words that the model does not know and reads as [UNK]: met']);
    expect(await refused([...words, 'Quite unknown'])).toBe(
      "prompt: 'Quite', 'unknown' (expected words of the model’s vocabulary)",
    );
  });

  it('still asks for its text where a sample of it is needed', async () => {
    const line = await refused(['generate', ...checkpoint(out), '--words', '2']);
    expect(line).toMatch(/no file, but it was trained on 'book\.txt' \(expected that file\)$/);
  });

  it('warns of a text that it cannot read', async () => {
    const other = write('other.txt', 'Quite another text about something else entirely.\n'.repeat(60));
    const outcome = await command(['eval', ...checkpoint(out), '--segments', '1', '--samples', '2', '--text', other]);
    expect(outcome.status).toBe(0);
    expect(outcome.errors.join('\n')).toMatch(
      /rmt: other\.txt: 540 words, \d+ % read as \[UNK\] \(\d+ different, such as/,
    );
    expect(outcome.errors.join('\n')).toMatch(/rmt: warning: \d+ % of this text is read as \[UNK\]/);
    // Again with the figures that it explains.
    expect(outcome.stdout).toMatch(/^1 segment: \d+ % of this text is read as \[UNK\]/m);
  });
});

it('a model of bytes reads and writes UTF-8, line ends included', async () => {
  const text = write('bytes.txt', 'nnnnné\n'.repeat(200));
  const out = ['--out', join(folder, 'bytes')];
  const trained = await command([...language, '--set', 'unit=bytes', '--text', text, ...out, '--json']);
  expect(trained.status).toBe(0);
  // The text is mostly one byte: said at the start, and where the run's figures are.
  expect(trained.errors).toEqual([expect.stringMatching(/^rmt: warning: 63 % of this text is the same token, n: /)]);
  const lines = jsonLines(trained.stdout);
  const repeated = expect.arrayContaining([expect.objectContaining({ kind: 'repeated-word', figure: 5 / 8 })]);
  expect(lines[1]).toMatchObject({ type: 'suspicions', step: 0, suspicions: repeated });
  expect(lines.at(-1)).toMatchObject({ type: 'end', suspicions: repeated });
  const prompt = ['--prompt', 'é\n€', '--words', '1', '--json'];
  const json = oneJson(await command(['generate', ...checkpoint('bytes'), ...prompt]));
  expect(json).toMatchObject({ prompt: 'é\n€' });
  expect(json['words']).toHaveLength(1);
});

describe('stories of bAbI', () => {
  const story = (k: number) =>
    `1 Lena likes ${k % 2 ? 'red' : 'green'}.\n2 Otto likes blue.\n3 What does Lena like? \t${k % 2 ? 'red' : 'green'}\t1\n`;
  const stories = () => write('qa.txt', Array.from({ length: 20 }, (_, k) => story(k)).join(''));
  const tiny = (values: Readonly<Record<string, unknown>>) => [
    ...['train', '--preset', 'tiny', '--json', '--stories', stories()],
    ...settings({ segment_size: 24, ...values }),
  ];

  it('train an encoder, whose classes are the answers of the file, and evaluate it on stories with the same answers', async () => {
    const trained = await command([...tiny({ task: 'babi' }), '--out', join(folder, 'stories')]);
    expect(trained.errors).toEqual([]);
    const ask = ['eval', ...checkpoint('stories'), '--segments', '2', '--samples', '4'];
    const outcome = oneJson(await command([...ask, '--stories', stories(), '--json']));
    expect(outcome).toMatchObject({ task: 'babi', samples: 4 });
    expect(await refused(ask)).toMatch(/no file, but it was trained on 'qa\.txt'/);
    const other = write('other.txt', '1 Lena likes red.\n2 What does Lena like?\tyellow\t1\n');
    expect(await refused([...ask, '--stories', other])).toMatch(
      /other\.txt: the answer 'yellow' \(expected .*green, red\)/,
    );
    const none = write('none.txt', 'no stories here\n');
    expect(await refused([...ask, '--stories', none])).toMatch(/^none\.txt: line 1: /);
  });

  it('train a decoder, which writes its answers', async () => {
    const trained = await command([...tiny({ task: 'babilong', model: 'rmt-gpt2' }), '--out', join(folder, 'written')]);
    expect(trained.errors).toEqual([]);
    const ask = ['eval', ...checkpoint('written'), '--segments', '2', '--samples', '4', '--generate'];
    const outcome = oneJson(await command([...ask, '--stories', stories(), '--json']));
    expect(Object.keys((outcome['generated'] ?? {}) as object)).toEqual(['2']);
  });
});
