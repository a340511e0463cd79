import { expect, it } from 'vitest';
import { bytesSource } from '../../io/text-source.ts';
import { readTorchFile } from '../../io/torch-file.ts';
import { publishedBytes, publishedFiles, publishedValues } from '../../testing/published-models.ts';
import { readCheckpoint } from '../checkpoint.ts';
import { placeBert } from './bert-fields.ts';
import { exportModel } from './export.ts';
import { placeGpt2 } from './gpt2-fields.ts';
import { type ImportRequest, importModel } from './import.ts';

const read = (name: string, request: Partial<ImportRequest> = {}) =>
  importModel({ files: publishedFiles(name), ...request });

/** Every number is where it belongs, except those of new parameters. */
function expectOwnNumbers({ tensors, report }: Awaited<ReturnType<typeof read>>): void {
  const fresh = new Set(report.initialised.map(({ name }) => name));
  for (const [name, data] of tensors)
    if (!fresh.has(name)) expect([name, ...data]).toEqual([name, ...publishedValues(name, data.length)]);
}

const joined = (pieces: readonly Uint8Array[]) => new Uint8Array(Buffer.concat(pieces));

it.each([
  ['old-bert', 'Hugging Face BERT', 'bert', 13],
  ['bare-bert', 'Hugging Face BERT', 'bert', 13],
  ['bare-gpt2', 'Hugging Face GPT-2', 'gpt2', 16],
  ['untied-gpt2', 'Hugging Face GPT-2', 'gpt2', 16],
  ['official-encoder', 'official RMT, encoder', 'rmt-bert', 11],
  ['official-decoder', 'official RMT, decoder', 'rmt-gpt2', 12],
  ['official-associative', 'official ARMT, decoder', 'armt-gpt2', 16],
  ['lm-rmt', 'LM-RMT', 'rmt-transformer-xl', 6],
])('%s is read number for number, as %s', async (name, format, model, segment) => {
  const found = await read(name);
  expect(found.report).toMatchObject({ format, model, config: { segment_size: segment } });
  expectOwnNumbers(found);
  const { tensors, blueprint } = readCheckpoint(found.bytes, name);
  expect(blueprint.config.model_type).toBe(model);
  expect([...tensors.keys()]).toEqual([...found.tensors.keys()]);
});

it('says what was renamed, left out, new, assumed and converted', async () => {
  const old = await read('old-bert');
  expect(old.report.renamed).toContainEqual({
    from: 'bert.embeddings.LayerNorm.gamma',
    to: 'bert.embeddings.LayerNorm.weight',
  });
  expect(old.report.leftOut).toEqual([
    { name: 'cls.predictions.bias', why: 'the head of masked language modelling' },
    { name: 'cls.seq_relationship.weight', why: 'the head of next-sentence prediction' },
  ]);
  expect(old.report.initialised).toEqual([
    { name: 'classifier.weight', how: 'normal, standard deviation 0.02' },
    { name: 'classifier.bias', how: 'zeros' },
  ]);
  expect(old.report.assumed.map(({ field, value }) => [field, value])).toEqual([
    ['segment_size', 13],
    ['cls_token_id', 2],
    ['sep_token_id', 3],
    ['num_labels', 2],
  ]);

  const bare = await read('bare-bert', { labels: 6, segmentSize: 5, memory: 2 });
  expect(bare.report.initialised.map(({ name }) => name)).toEqual([
    'bert.pooler.dense.weight',
    'bert.pooler.dense.bias',
    'classifier.weight',
    'classifier.bias',
    'rmt.memory',
  ]);
  expect(bare.report.leftOut).toEqual([{ name: 'embeddings.position_ids', why: 'a buffer' }]);
  expect(bare.report.converted).toEqual({ F16: 37 });
  expect(bare.report.config).toMatchObject({ model_type: 'rmt-bert', num_labels: 6, segment_size: 5 });

  const gpt2 = await read('bare-gpt2');
  expect(gpt2.report.renamed[0]).toEqual({ from: 'module._orig_mod.wte.weight', to: 'transformer.wte.weight' });
  expect(gpt2.report.leftOut).toHaveLength(4);
  expect(gpt2.report.config).toMatchObject({ activation_function: 'gelu_new' });

  const encoder = await read('official-encoder');
  expect(encoder.report.leftOut).toEqual([
    { name: 'optimizer_state_dict', why: 'state of the optimiser' },
    ...['cls_token', 'sep_token', 'mem_token_ids'].map((name) => ({ name, why: 'a buffer' })),
    { name: 'model.embeddings.weight', why: 'a copy of model.bert.embeddings.word_embeddings.weight' },
  ]);
  expect((await read('official-associative')).report.assumed.map(({ field, value }) => [field, value])).toEqual([
    ['segment_size', 16],
    ['key_norm', 'none'],
    ['correction', true],
  ]);
  expect(encoder.report.config).toMatchObject({ cls_token_id: 4, sep_token_id: 5, num_labels: 6, num_mem_tokens: 2 });
});

it('uses an output layer of its own', async () => {
  const { report, tensors } = await read('untied-gpt2');
  expect(report.config).toMatchObject({ tie_word_embeddings: false });
  expect(tensors.has('lm_head.weight')).toBe(true);
  await expect(read('untied-gpt2', { set: { tie_word_embeddings: true } })).rejects.toThrow(
    "unknown tensor 'lm_head.weight'",
  );
});

it('draws new parameters from the seed: the same again, others from another', async () => {
  const memory = async (seed: number) => (await read('bare-gpt2', { memory: 2, seed })).tensors.get('rmt.memory');
  const first = await memory(1);
  expect(await memory(1)).toEqual(first);
  expect(await memory(2)).not.toEqual(first);
  // As in the official decoder, with the standard deviation of the word table.
  const { report } = await read('bare-gpt2', { memory: 2 });
  expect(report.initialised).toEqual([
    {
      name: 'rmt.memory',
      how: expect.stringMatching(/^normal, standard deviation 0\.2\d*, that of the word embeddings$/),
    },
  ]);
});

it('brings the rows of a head into our order', async () => {
  const rows = [1, 5, 2, 4, 0, 3];
  const [asStored, ordered] = [await read('official-encoder'), await read('official-encoder', { labelRows: rows })];
  const [before, after] = [asStored, ordered].map(({ tensors }) => tensors.get('classifier.weight') ?? expect.fail());
  rows.forEach((row, k) => {
    expect(after?.subarray(8 * k, 8 * k + 8)).toEqual(before?.subarray(8 * row, 8 * row + 8));
  });
});

it('reads the files in any order, and reports its progress in bytes', async () => {
  const seen: number[] = [];
  const files = publishedFiles('old-bert').reverse();
  const { bytes } = await importModel({ files, onProgress: (done) => void seen.push(done) });
  expect(bytes).toEqual((await read('old-bert')).bytes);
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  expect(seen.at(-1)).toBeLessThanOrEqual(bytes.length);
});

it.each([
  'old-bert',
  'bare-bert',
  'bare-gpt2',
  'untied-gpt2',
  'official-encoder',
  'official-decoder',
  'official-associative',
])('%s is the same checkpoint after export for transformers and import', async (name) => {
  const { bytes } = await read(name);
  const { files } = exportModel(readCheckpoint(bytes, name), 'hf');
  const again = await importModel({ files: files.map(({ name, pieces }) => bytesSource(name, joined(pieces))) });
  expect(Buffer.compare(again.bytes, bytes)).toBe(0);
  expect([again.report.initialised, again.report.leftOut]).toEqual([[], []]);
});

it.each([
  ['official-encoder', 'model_best.pth'],
  ['official-decoder', 'pytorch_model.bin'],
  ['official-associative', 'pytorch_model.bin'],
  ['lm-rmt', 'model.pt'],
])('%s is the same file after import and export for the official code, tensor by tensor', async (name, weights) => {
  const { bytes } = await read(name);
  const { files } = exportModel(readCheckpoint(bytes, name), 'official');
  const written = files.find((file) => file.name === weights) ?? expect.fail();
  const tensorsOf = async (content: Uint8Array) =>
    (await readTorchFile(bytesSource(weights, content))).filter(({ path }) => path[0] !== 'optimizer_state_dict');
  const [want, got] = [await tensorsOf(publishedBytes(name, weights)), await tensorsOf(joined(written.pieces))];
  const key = ({ path }: { path: readonly string[] }) => path.join('/');
  expect(got.map(key).sort()).toEqual(want.map(key).sort());
  for (const one of got) {
    const other = want.find((each) => key(each) === key(one)) ?? expect.fail();
    expect([key(one), one.tensor.dtype, one.tensor.shape]).toEqual([key(one), other.tensor.dtype, other.tensor.shape]);
    expect([key(one), await one.tensor.bytes()]).toEqual([key(one), await other.tensor.bytes()]);
  }
});

it('leaves out the heads of other tasks', () => {
  for (const head of ['classifier.weight', 'score.weight', 'qa_outputs.bias', 'multiple_choice_head.summary.weight'])
    expect(placeGpt2(head, {})).toEqual({ leftOut: expect.stringContaining('the head of') });
  for (const head of ['cls.predictions.bias', 'cls.seq_relationship.weight', 'qa_outputs.bias'])
    expect(placeBert(head, undefined)).toEqual({ leftOut: expect.stringContaining('the head of') });
});
