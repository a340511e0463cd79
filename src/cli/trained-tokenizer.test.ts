// Training a tokenizer, and runs in pieces of one.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../models/checkpoint.ts';
import { command } from '../testing/cli.ts';
import { filesIn, oneJson, workFolder } from '../testing/cli-runs.ts';
import { useSimpleKernels } from '../testing/gpu.ts';

useSimpleKernels();
const { folder, newFolder, remove, write } = workFolder();
afterAll(remove);

const text = write(
  'story.txt',
  'Mary journeyed to the kitchen? The quick brown fox jumps over the lazy dog.\n'.repeat(40),
);

/** A run so small that its steps take no time. */
const small = Object.entries({
  ...{ hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2, segment_size: 24 },
  ...{ batch_size: 2, stage_steps: 1, validate_every: 1, validate_samples: 2, task: 'detect' },
}).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
const run = ['train', '--preset', 'tiny', ...small, '--set', 'stages=1', '--noise', text];
const checkpointIn = (out: string) =>
  readCheckpoint(readFileSync(join(folder, out, 'checkpoint.safetensors')), 'checkpoint');

describe('tokenize --train', () => {
  const tokenizer = join(folder, 'tokenizer.json');
  const training = ['tokenize', '--train', 'wordpiece', '--pieces', '512', '--text', text];

  beforeAll(async () => {
    const outcome = oneJson(await command([...training, '--out', tokenizer, '--json']));
    expect(outcome).toMatchObject({ file: tokenizer, kind: 'wordpiece', words: 40 * 16 });
  });

  it('makes a tokenizer that reads the text', async () => {
    const line = write('line.txt', 'The kitchen over Mary\n');
    const outcome = await command(['tokenize', '--tokenizer', tokenizer, '--text', line, '--json']);
    expect(JSON.parse(outcome.stdout)[0].tokens).toEqual(['the', 'kitchen', 'over', 'mary']);
  });

  it.each([
    [['--train', 'unigram', '--pieces', '512', '--out', 'o'], "--train: 'unigram' (expected wordpiece or bpe)"],
    [['--train', 'bpe', '--pieces', '511', '--out', 'o'], '--pieces: '],
    [['--train', 'bpe', '--pieces', '512', '--checkpoint', 'c', '--out', 'o'], 'both --train and --checkpoint'],
    [['--tokenizer', tokenizer, '--pieces', '512'], '--pieces: no --train'],
  ])('refuses %j', async (words, message) => {
    const cwd = newFolder();
    const { status, errors } = await command(['tokenize', '--text', text, ...words], { cwd });
    expect(status).toBe(2);
    expect(errors.at(-1)).toContain(message);
    expect(filesIn(cwd)).toEqual([]);
  });

  it('a run reads in its pieces', async () => {
    oneLine(await command([...run, '--tokenizer', tokenizer, '--out', join(folder, 'file')]));
    expect(checkpointIn('file').tokenizer).toBe(readFileSync(tokenizer, 'utf8'));
    expect(checkpointIn('file').vocabulary).toBeUndefined();
  });
});

const oneLine = ({ status, errors }: Awaited<ReturnType<typeof command>>) =>
  expect({ status, last: status === 0 ? '' : errors.at(-1) }).toEqual({ status: 0, last: '' });

describe('a run that trains its tokenizer', () => {
  const out = ['--out', join(folder, 'trained')];
  beforeAll(async () => oneLine(await command([...run, '--set', 'tokenizer=bpe', '--set', 'pieces=600', ...out])));

  it('keeps it in the checkpoint, and resumes with it', async () => {
    const before = checkpointIn('trained').tokenizer;
    expect(JSON.parse(before ?? '{}').model.type).toBe('BPE');
    oneLine(await command(['train', '--resume', '--set', 'stages=1,1', '--noise', text, ...out]));
    expect(checkpointIn('trained').tokenizer).toBe(before);
  });

  it('resumes with no other', async () => {
    const { status, errors } = await command(['train', '--resume', '--noise', text, '--tokenizer', text, ...out]);
    expect(status).toBe(2);
    expect(errors.at(-1)).toBe(
      'rmt: train: both --tokenizer and --resume (expected one of them; a checkpoint has its own tokenizer or words)',
    );
  });
});
