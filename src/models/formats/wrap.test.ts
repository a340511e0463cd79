// Memory around a model of ours that has none.
import { expect, it } from 'vitest';
import { InputError } from '../../errors.ts';
import { bytesSource } from '../../io/text-source.ts';
import { publishedFiles } from '../../testing/published-models.ts';
import { readCheckpoint, writeCheckpoint } from '../checkpoint.ts';
import { importModel } from './import.ts';

const about = { task: { id: 'key-value', knobs: {}, noise_words: 0 }, training: { step: 3 } };

/** A checkpoint of ours without memory, with the words of a task and the state of its training. */
async function plain(name: 'bare-bert' | 'bare-gpt2') {
  const read = readCheckpoint((await importModel({ files: publishedFiles(name) })).bytes, name);
  const vocabulary = Array.from({ length: Number(read.blueprint.config.vocab_size) }, (_, k) => `w${k}`);
  const checkpoint = { ...read, ...about, vocabulary };
  return { checkpoint, file: bytesSource('plain.safetensors', writeCheckpoint(checkpoint)) };
}

it.each([
  // [CLS] keeps its row; the memory comes after it.
  ['bare-bert', 'rmt-bert', 'bert.embeddings.position_embeddings.weight', 1, 3, {}],
  ['bare-gpt2', 'rmt-gpt2', 'transformer.wpe.weight', 0, 3, {}],
  // Memory tokens follow the text, which stays where it is.
  ['bare-gpt2', 'armt-gpt2', 'transformer.wpe.weight', 0, 0, { model_type: 'armt-gpt2', d_mem: 4 }],
] as const)('%s becomes %s with all its numbers', async (name, model, table, first, moved, set) => {
  const { checkpoint, file } = await plain(name);
  const { bytes, report } = await importModel({ files: [file], memory: 3, set });
  const made = readCheckpoint(bytes, 'made');
  expect(made.blueprint.config).toMatchObject({ model_type: model, num_mem_tokens: 3 });
  expect([made.vocabulary, made.task, made.training]).toEqual([checkpoint.vocabulary, about.task, undefined]);
  expect(report).toMatchObject({ model, words: checkpoint.vocabulary.length });
  const width = made.blueprint.shape.hiddenSize;
  for (const [key, { data }] of checkpoint.tensors) {
    const now = made.tensors.get(key)?.data ?? new Float32Array();
    if (key !== table) expect([key, ...now]).toEqual([key, ...data]);
    else {
      const kept = first * width;
      expect([...now.subarray(0, kept)]).toEqual([...data.subarray(0, kept)]);
      const from = kept + moved * width;
      expect([...now.subarray(from, from + data.length - kept)]).toEqual([...data.subarray(kept)]);
    }
  }
  const fresh = [...made.tensors.keys()].filter((key) => !checkpoint.tensors.has(key));
  expect(report.initialised.map((each) => each.name).sort()).toEqual([...fresh, table].sort());
});

it('depends on the seed in what is new alone', async () => {
  const { file } = await plain('bare-gpt2');
  const of = async (seed: number) =>
    readCheckpoint((await importModel({ files: [file], memory: 2, seed })).bytes, 'made');
  const [one, same, other] = [await of(1), await of(1), await of(2)];
  const memory = ({ tensors }: typeof one) => [...(tensors.get('rmt.memory')?.data ?? [])];
  expect(memory(one)).toEqual(memory(same));
  expect(memory(one)).not.toEqual(memory(other));
});

it('refuses a model that has memory, and asks for a number of memory tokens', async () => {
  const { file } = await plain('bare-gpt2');
  const { bytes } = await importModel({ files: [file], memory: 2 });
  const again = importModel({ files: [bytesSource('m.safetensors', bytes)], memory: 2 });
  await expect(again).rejects.toThrow(/m\.safetensors: a .*rmt-gpt2\) \(expected a model without memory\)/);
  await expect(importModel({ files: [file] })).rejects.toThrow(InputError);
  await expect(importModel({ files: [file] })).rejects.toThrow(/a number of memory tokens to put around this one/);
});

it('refuses a damaged checkpoint, no memory tokens, and classes', async () => {
  const { checkpoint, file } = await plain('bare-gpt2');
  const name = 'transformer.ln_f.weight';
  // Renamed in the file itself, as only complete checkpoints can be written.
  const text = Buffer.from(writeCheckpoint(checkpoint));
  text.write('transformer.ln_g', text.indexOf(name));
  const damaged = importModel({ files: [bytesSource('m.safetensors', new Uint8Array(text))], memory: 2 });
  await expect(damaged).rejects.toThrow(/'transformer\.ln_f\.weight' is missing/);
  await expect(importModel({ files: [file], memory: 0 })).rejects.toThrow(/0 memory tokens \(expected at least 1\)/);
  await expect(importModel({ files: [file], memory: 2, labels: 3 })).rejects.toThrow(/3 classes .*keeps its own/);
});
