import { strToU8, unzipSync, type Zippable, zipSync } from 'fflate';
import { expect, it } from 'vitest';
import { InputError } from '../../errors.ts';
import { writeSafetensors } from '../../io/safetensors.ts';
import { bytesSource, type TextSource } from '../../io/text-source.ts';
import { publishedBytes, publishedFiles, replaced } from '../../testing/published-models.ts';
import { type ImportRequest, importModel } from './import.ts';

/** The message with which a model is refused. */
async function refusal(files: readonly TextSource[], request: Partial<ImportRequest> = {}): Promise<string> {
  try {
    await importModel({ files, ...request });
  } catch (error) {
    if (error instanceof InputError) return error.message;
    throw error;
  }
  return 'accepted';
}

const without = (files: readonly TextSource[], name: string) => files.filter((file) => file.name !== name);
const renamed = (file: TextSource | undefined, name: string): TextSource => ({ ...(file ?? expect.fail()), name });
const configOf = (name: string) => JSON.parse(new TextDecoder().decode(publishedBytes(name, 'config.json')));
const withConfig = (name: string, fields: object) =>
  replaced(publishedFiles(name), 'config.json', JSON.stringify({ ...configOf(name), ...fields }));

/** The file with its last number, of type F64, replaced. */
function withNaN(name: string): Uint8Array {
  const bytes = publishedBytes(name, 'model.safetensors');
  new DataView(bytes.buffer).setFloat64(bytes.length - 8, Number.NaN, true);
  return bytes;
}

const [first, second] = ['model-00001-of-00002.safetensors', 'model-00002-of-00002.safetensors'];
const parts = publishedFiles('old-bert');

it.each<[string, () => readonly TextSource[], string]>([
  ['no files', () => [], 'model: no files (expected the weights of a model'],
  ['a part that is missing', () => without(parts, second), `model.safetensors.index.json: '${second}' is missing`],
  ['a part twice', () => [...parts, bytesSource(first, publishedBytes('old-bert', first))], `'${first}' twice`],
  [
    'a part that the index does not name',
    () => [...parts, renamed(parts[1], 'model-00003-of-00003.safetensors')],
    "'model-00003-of-00003.safetensors', which it does not name",
  ],
  [
    'parts in each other’s place',
    () => [
      ...parts.filter(({ name }) => name !== first && name !== second),
      bytesSource(second, publishedBytes('old-bert', first)),
      bytesSource(first, publishedBytes('old-bert', second)),
    ],
    'which the index places in',
  ],
  [
    'parts without their index, one missing',
    () => without(without(parts, second), 'model.safetensors.index.json'),
    'weights: part 2 of 2 is missing',
  ],
  [
    'an index alone',
    () => parts.filter(({ name }) => name.endsWith('index.json')),
    'model.safetensors.index.json: the index of a model, without its parts',
  ],
  [
    'an index of another form',
    () => replaced(parts, 'model.safetensors.index.json', '{"weight_map": 3}'),
    'a weight_map of another form',
  ],
  ['no configuration', () => without(publishedFiles('bare-bert'), 'config.json'), 'weights without a configuration'],
  [
    'a configuration alone',
    () => publishedFiles('bare-bert').filter(({ name }) => name === 'config.json'),
    'config.json: the configuration of a model, without its weights',
  ],
  [
    'two models at once',
    () => [...publishedFiles('untied-gpt2'), renamed(publishedFiles('bare-bert')[1], 'other.safetensors')],
    "weights: 'model.safetensors' and 'other.safetensors'",
  ],
  [
    'a Git LFS pointer',
    () =>
      replaced(
        publishedFiles('bare-bert'),
        'model.safetensors',
        'version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n',
      ),
    'model.safetensors: a Git LFS pointer, not the file itself',
  ],
  [
    'a tokenizer that is a Git LFS pointer',
    () => replaced(publishedFiles('bare-bert'), 'tokenizer.json', 'version https://git-lfs.github.com/spec/v1\n'),
    'tokenizer.json: a Git LFS pointer',
  ],
  [
    'a weight that is not a number',
    () => replaced(publishedFiles('untied-gpt2'), 'model.safetensors', withNaN('untied-gpt2')),
    'has 1 of 96 numbers that are NaN or infinite',
  ],
  [
    'a checkpoint of ours',
    () => [
      bytesSource('own.safetensors', writeSafetensors([], { rmt_config: '{}' })),
      bytesSource('config.json', strToU8('{"n_embd":1}')),
    ],
    'own.safetensors: a checkpoint of this program',
  ],
  ...[
    ['cut off', new TextEncoder().encode('{"hidden_size": 8,'), 'config.json: not JSON'],
    ['with a comment', new TextEncoder().encode('// small\n{"hidden_size": 8}'), 'config.json: not JSON'],
    ['in UTF-16', new Uint8Array(Buffer.from('\ufeff{"hidden_size": 8}', 'utf16le')), 'config.json: a text in UTF-16'],
  ].map(
    ([what, content, message]) =>
      [
        `a configuration ${what}`,
        () => replaced(publishedFiles('bare-bert'), 'config.json', content as Uint8Array),
        message,
      ] as [string, () => readonly TextSource[], string],
  ),
  [
    'a page in place of the weights',
    () => replaced(publishedFiles('bare-bert'), 'model.safetensors', '<!doctype html><html><body>404</body></html>'),
    'model.safetensors: an HTML page (expected the weights of a model',
  ],
  [
    'an unknown layout',
    () => [
      bytesSource('model.safetensors', writeSafetensors([['encoder.w', { shape: [0], data: new Float32Array() }]])),
      bytesSource('config.json', strToU8('{"hidden_size":8}')),
    ],
    "1 tensors of an unknown layout, such as 'encoder.w'",
  ],
])('refuses %s', async (_, files, message) => {
  expect(await refusal(files())).toContain(message);
});

it.each<[string, string, object, string]>([
  ['another architecture', 'bare-bert', { model_type: 'roberta' }, 'config.json: model_type is "roberta"'],
  [
    'a field that changes the numbers',
    'bare-bert',
    { position_embedding_type: 'relative_key' },
    'position_embedding_type is "relative_key" (expected absolute)',
  ],
  [
    'another one',
    'bare-gpt2',
    { scale_attn_by_inverse_layer_idx: true },
    'scale_attn_by_inverse_layer_idx is true (expected false)',
  ],
  ['an unknown field', 'bare-gpt2', { wavelets: 3 }, 'wavelets is 3 (expected no field unknown to gpt2'],
  ['another clamp_len', 'lm-rmt', { clamp_len: 5 }, 'clamp_len is 5'],
  ['an activation that is none of ours', 'bare-gpt2', { activation_function: 'silu' }, 'activation_function is "silu"'],
  [
    'more layers than there are',
    'bare-bert',
    { num_hidden_layers: 3 },
    "'bert.encoder.layer.2.attention.self.query.weight' is missing",
  ],
  ['fewer layers than there are', 'bare-bert', { num_hidden_layers: 1 }, "unknown tensor 'encoder.layer.1."],
  ['another width', 'bare-bert', { hidden_size: 16 }, 'has shape (12, 8) (expected (12, 16) from hidden_size 16'],
  [
    'another vocabulary',
    'bare-gpt2',
    { vocab_size: 13 },
    "'transformer.wte.weight' has shape (12, 8) (expected (13, 8) from vocab_size 13",
  ],
  ['an absurd width', 'bare-bert', { hidden_size: 1e9 }, 'hidden_size is 1000000000'],
  ['an absurd number of layers', 'bare-gpt2', { n_layer: -1 }, 'n_layer is -1'],
  ['a size that is no number', 'bare-gpt2', { n_positions: {} }, 'config.json: n_positions is {}'],
  [
    'positions that memory alone fills',
    'official-decoder',
    { n_positions: 4 },
    'n_positions is 4 (expected more than 4',
  ],
  [
    'tied layers that differ',
    'untied-gpt2',
    { tie_word_embeddings: true },
    "'lm_head.weight' differs from 'transformer.wte.weight'",
  ],
])('refuses a configuration with %s', async (_, name, fields, message) => {
  expect(await refusal(withConfig(name, fields))).toContain(message);
});

it('refuses a request that contradicts the files', async () => {
  expect(await refusal(publishedFiles('official-decoder'), { memory: 5 })).toContain(
    'memory: 5 memory tokens (expected 2',
  );
  expect(await refusal(publishedFiles('bare-bert'), { segmentSize: 14 })).toContain('max_position_embeddings is 16');
  expect(await refusal(publishedFiles('official-encoder'), { labelRows: [0, 1] })).toContain('labels: 2 labels');
  expect(await refusal(publishedFiles('bare-bert'), { set: { wavelets: 1 } })).toContain('wavelets is 1');
});

it('refuses a compressed pickle or storage, which could claim any size', async () => {
  const name = 'official-decoder';
  const entries = unzipSync(publishedBytes(name, 'pytorch_model.bin'));
  const storage = Object.keys(entries).find((path) => path.endsWith('/data/0')) ?? expect.fail();
  expect(await refusal(replaced(publishedFiles(name), 'pytorch_model.bin', zipSync(entries, { level: 0 })))).toBe(
    'accepted',
  );
  const pickle = Object.keys(entries).find((path) => path.endsWith('/data.pkl')) ?? expect.fail();
  for (const [entry, message] of [
    [storage, 'data/0: compressed (expected stored as it is, as torch.save does)'],
    [pickle, 'data.pkl: compressed'],
  ] as const) {
    const packed: Zippable = { ...entries, [entry]: [entries[entry] ?? expect.fail(), { level: 9 }] };
    const bytes = zipSync(packed, { level: 0 });
    expect(await refusal(replaced(publishedFiles(name), 'pytorch_model.bin', bytes))).toContain(message);
  }
});

it('refuses pickles that name anything else, and whole pickled models', async () => {
  const files = (name: string) =>
    replaced(publishedFiles('bare-gpt2'), 'pytorch_model.bin', publishedBytes('../torch', name));
  expect(await refusal(files('malicious.pth'))).toContain("the name '__builtin__.print'");
  expect(await refusal(files('module.pth'))).toContain("the name 'torch.nn.modules.container.Sequential'");
  expect(await refusal(files('legacy.pth'))).toContain('pytorch_model.bin: a Python pickle');
});

it('takes safetensors where both kinds of weights lie, and no state of a run', async () => {
  const files = [
    ...publishedFiles('untied-gpt2'),
    bytesSource('pytorch_model.bin', publishedBytes('bare-gpt2', 'pytorch_model.bin')),
    bytesSource('training_args.bin', publishedBytes('../torch', 'malicious.pth')),
  ];
  const { report } = await importModel({ files });
  expect(report.leftOut).toEqual([
    { name: 'training_args.bin', why: 'state of the training run' },
    { name: 'pytorch_model.bin', why: 'the weights are taken from model.safetensors' },
  ]);
});

it('refuses a tokenizer of another size', async () => {
  const vocab = Object.fromEntries(Array.from({ length: 13 }, (_, id) => [`p${id}`, id]));
  const tokenizer = JSON.stringify({ added_tokens: [], model: { type: 'BPE', vocab, merges: [] } });
  expect(await refusal(replaced(publishedFiles('untied-gpt2'), 'tokenizer.json', tokenizer))).toMatch(
    /^tokenizer: 13 pieces \(expected at most vocab_size 12/,
  );
});

it('refuses a tokenizer that cannot be used, and says how to import the model all the same', async () => {
  const tokenizer = {
    added_tokens: [],
    normalizer: { type: 'Precompiled' },
    model: { type: 'BPE', vocab: { a: 0 }, merges: [] },
  };
  const files = replaced(publishedFiles('untied-gpt2'), 'tokenizer.json', JSON.stringify(tokenizer));
  expect(await refusal(files)).toMatch(
    /^tokenizer\.json: normalizer: 'Precompiled' .*without its tokenizer a model can be imported/,
  );
});
