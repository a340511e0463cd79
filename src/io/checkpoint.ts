// A checkpoint: a model's tensors under Hugging Face's names, and what is needed to use or to go on training it.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { quoted, shapeText, shown } from './message.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from './safetensors.ts';

const whole = (min: number, max: number) => {
  const expected = `a whole number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
};
const real = (min: number, max: number) => {
  const expected = `a number from ${min} to ${max}`;
  return v.pipe(v.number(expected), v.minValue(min, expected), v.maxValue(max, expected));
};
const oneOf = <const C extends readonly string[]>(choices: C) => v.picklist(choices, choices.join(' or '));

// The upper limits are far beyond any BERT: they only keep a broken file from asking for the absurd.
const rmtConfig = v.object({
  model_type: v.pipe(
    v.optional(oneOf(['rmt-bert', 'bert']), 'rmt-bert'), // 'bert' is what Hugging Face's own config says
    v.transform(() => 'rmt-bert' as const),
  ),
  hidden_size: whole(4, 16_384),
  num_hidden_layers: whole(1, 256),
  num_attention_heads: whole(1, 1024),
  intermediate_size: whole(4, 65_536),
  vocab_size: whole(1, 2_000_000),
  max_position_embeddings: v.optional(whole(4, 1_000_000), 512),
  type_vocab_size: v.optional(whole(1, 1024), 2),
  layer_norm_eps: v.optional(real(0, 1), 1e-12),
  hidden_act: v.optional(oneOf(['gelu']), 'gelu'),
  hidden_dropout_prob: v.optional(real(0, 1), 0.1),
  attention_probs_dropout_prob: v.optional(real(0, 1), 0.1),
  num_labels: v.optional(whole(1, 65_536), 2),
  num_mem_tokens: whole(0, 65_536),
  segment_size: whole(1, 1_000_000),
  segment_alignment: v.optional(oneOf(['right', 'left', 'center']), 'right'),
  pad_token_id: v.optional(whole(0, 2_000_000), 0),
  cls_token_id: v.optional(whole(0, 2_000_000), 101), // as in bert-base
  sep_token_id: v.optional(whole(0, 2_000_000), 102),
});

/** What a checkpoint says of an encoder RMT; the fields of BertConfig bear its names. */
export type RmtConfig = Readonly<v.InferOutput<typeof rmtConfig>>;

/** Variants of BERT that Hugging Face's config can ask for and that are not ours. */
const only = { position_embedding_type: 'absolute', is_decoder: false, add_cross_attention: false } as const;

/**
 * The configuration in a checkpoint's `rmt_config`; what Hugging Face leaves out (or writes as null) gets its default.
 * @throws InputError naming the field, what was found and what was expected
 */
export function parseRmtConfig(input: unknown, where: string): RmtConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new InputError(where, shown(input), 'an object');
  const given: Record<string, unknown> = Object.fromEntries(
    Object.entries(input).filter(([, value]) => value !== null),
  );
  for (const [field, wanted] of Object.entries(only))
    if (given[field] !== undefined && given[field] !== wanted)
      throw new InputError(where, `${field} is ${shown(given[field])}`, String(wanted));
  // Hugging Face's config has a name for each label instead of their number.
  const labels = given['id2label'];
  if (given['num_labels'] === undefined && typeof labels === 'object' && labels !== null)
    given['num_labels'] = Object.keys(labels).length;

  const unset = Object.fromEntries(Object.keys(rmtConfig.entries).map((field) => [field, undefined]));
  const result = v.safeParse(rmtConfig, { ...unset, ...given }, { abortEarly: true });
  if (!result.success) {
    const [{ path, message }] = result.issues;
    const field = String(path?.[0]?.key);
    const found = given[field] === undefined ? 'is missing' : `is ${shown(given[field])}`;
    throw new InputError(where, `${field} ${found}`, message);
  }
  checkTogether(result.output, where);
  return result.output;
}

/** What one field alone cannot tell. */
function checkTogether(config: RmtConfig, where: string): void {
  const refuse = (field: keyof RmtConfig, expected: string): never => {
    throw new InputError(where, `${field} is ${shown(config[field])}`, expected);
  };
  const { hidden_size: hidden, num_attention_heads: heads } = config;
  if (hidden % heads !== 0) refuse('num_attention_heads', `a divisor of hidden_size ${hidden}`);
  const ours = 'a limit of our kernels, which read four numbers at a time';
  if (hidden % 4 !== 0) refuse('hidden_size', `a multiple of 4, ${ours}`);
  if ((hidden / heads) % 4 !== 0)
    refuse('num_attention_heads', `hidden_size ${hidden} / num_attention_heads to be a multiple of 4, ${ours}`);
  if (config.intermediate_size % 4 !== 0) refuse('intermediate_size', `a multiple of 4, ${ours}`);
  const positions = config.segment_size + config.num_mem_tokens + 3;
  if (config.max_position_embeddings < positions)
    refuse('max_position_embeddings', `at least segment_size + num_mem_tokens + 3 = ${positions}`);
  for (const field of ['pad_token_id', 'cls_token_id', 'sep_token_id'] as const)
    if (config[field] >= config.vocab_size) refuse(field, `less than vocab_size ${config.vocab_size}`);
}

type SizeField = {
  [F in keyof RmtConfig]: RmtConfig[F] extends number ? F : never;
}[keyof RmtConfig];

/** Every parameter in Hugging Face's order, its shape told by the fields that give it. */
function bertParameters(config: RmtConfig): [name: string, shape: SizeField[]][] {
  const linear = (name: string, from: SizeField, to: SizeField): [string, SizeField[]][] => [
    [`${name}.weight`, [to, from]],
    [`${name}.bias`, [to]],
  ];
  const layerNorm = (name: string): [string, SizeField[]][] => [
    [`${name}.weight`, ['hidden_size']],
    [`${name}.bias`, ['hidden_size']],
  ];
  const layer = (i: number) => {
    const name = `bert.encoder.layer.${i}`;
    return [
      ...['query', 'key', 'value'].flatMap((part) =>
        linear(`${name}.attention.self.${part}`, 'hidden_size', 'hidden_size'),
      ),
      ...linear(`${name}.attention.output.dense`, 'hidden_size', 'hidden_size'),
      ...layerNorm(`${name}.attention.output.LayerNorm`),
      ...linear(`${name}.intermediate.dense`, 'hidden_size', 'intermediate_size'),
      ...linear(`${name}.output.dense`, 'intermediate_size', 'hidden_size'),
      ...layerNorm(`${name}.output.LayerNorm`),
    ];
  };
  return [
    ['bert.embeddings.word_embeddings.weight', ['vocab_size', 'hidden_size']],
    ['bert.embeddings.position_embeddings.weight', ['max_position_embeddings', 'hidden_size']],
    ['bert.embeddings.token_type_embeddings.weight', ['type_vocab_size', 'hidden_size']],
    ...layerNorm('bert.embeddings.LayerNorm'),
    ...Array.from({ length: config.num_hidden_layers }, (_, i) => layer(i)).flat(),
    ...linear('bert.pooler.dense', 'hidden_size', 'hidden_size'),
    ...linear('classifier', 'hidden_size', 'num_labels'),
    ...(config.num_mem_tokens > 0
      ? ([['rmt.memory', ['num_mem_tokens', 'hidden_size']]] satisfies [[string, SizeField[]]])
      : []),
  ];
}

/** Names and shapes of all parameters, in Hugging Face's order; `rmt.memory` last, absent without memory tokens. */
export function bertParameterShapes(config: RmtConfig): Map<string, number[]> {
  return new Map(bertParameters(config).map(([name, fields]) => [name, fields.map((field) => config[field])]));
}

/** Buffers that versions of Hugging Face's BERT stored beside the parameters. */
const ignored = new Set(['bert.embeddings.position_ids', 'bert.embeddings.token_type_ids']);
const moments = ['optimizer.m.', 'optimizer.v.'] as const;

/** The tensors in our order; @throws InputError if one is missing, unknown or of another shape. */
function checkTensors<T extends StoredTensor>(
  tensors: ReadonlyMap<string, T>,
  config: RmtConfig,
  where: string,
): Map<string, T> {
  const parameters = bertParameters(config);
  const checked = new Map<string, T>();
  const withMoments = [...tensors.keys()].some((name) => moments.some((prefix) => name.startsWith(prefix)));
  for (const prefix of ['', ...(withMoments ? moments : [])])
    for (const [parameter, fields] of parameters) {
      const name = prefix + parameter;
      const shape = fields.map((field) => config[field]);
      const tensor = tensors.get(name);
      const from = (named: readonly SizeField[]) =>
        `${shapeText(shape)} from ${[...new Set(named)].map((field) => `${field} ${config[field]}`).join(', ')}`;
      if (!tensor) throw new InputError(where, `'${name}' is missing`, from(fields));
      const wrong = fields.filter((_, axis) => tensor.shape[axis] !== shape[axis]);
      if (tensor.shape.length !== shape.length || wrong.length > 0)
        throw new InputError(
          where,
          `'${name}' has shape ${shapeText(tensor.shape)}`,
          from(tensor.shape.length === shape.length ? wrong : fields),
        );
      checked.set(name, tensor);
    }
  for (const [name, { data }] of tensors) {
    if (checked.has(name) || ignored.has(name)) continue;
    if (name === 'rmt.memory' && data.length === 0) continue; // a memory of no tokens, written out
    const expected =
      name === 'rmt.memory'
        ? 'none, as num_mem_tokens is 0'
        : `only the parameters of the ${config.num_hidden_layers}-layer BERT of rmt_config`;
    throw new InputError(where, `unknown tensor ${quoted(name)}`, expected);
  }
  return checked;
}

function parseVocabulary(input: unknown, config: RmtConfig, where: string): string[] {
  const words = v.safeParse(v.array(v.string()), input);
  if (!words.success) throw new InputError(where, 'not a list of strings', 'the words in the order of their ids');
  if (words.output.length > config.vocab_size)
    throw new InputError(where, `${words.output.length} words`, `at most vocab_size ${config.vocab_size}`);
  return words.output;
}

export interface Checkpoint {
  readonly config: RmtConfig;
  /** The parameters in Hugging Face's order, then all `optimizer.m.*` and all `optimizer.v.*` if it has them. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** The words by id. */
  readonly vocabulary?: readonly string[];
  /** What the model was trained to do; JSON that whoever wrote it understands. */
  readonly task?: unknown;
  /** What else it takes to go on training; likewise. */
  readonly training?: unknown;
}

/**
 * Read and check a checkpoint.
 * @param where what to call it in messages, such as `checkpoint tiny.safetensors`
 * @throws InputError naming the tensor or field, what was found and what was expected
 */
export function readCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const { tensors, metadata } = readSafetensors(bytes, where, ignored);
  const json = (key: string): unknown => {
    const text = Object.hasOwn(metadata, key) ? metadata[key] : undefined;
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text);
    } catch {
      throw new InputError(`${where}: ${key}`, 'not JSON', 'JSON in the metadata');
    }
  };
  const described = json('rmt_config');
  if (described === undefined)
    throw new InputError(where, "no 'rmt_config' in the metadata", 'the checkpoint of an RMT');
  const config = parseRmtConfig(described, `${where}: rmt_config`);
  const vocabulary = json('vocabulary');
  const task = json('task');
  const training = json('training');
  return {
    config,
    tensors: checkTensors(tensors, config, where),
    ...(vocabulary === undefined ? {} : { vocabulary: parseVocabulary(vocabulary, config, `${where}: vocabulary`) }),
    ...(task === undefined ? {} : { task }),
    ...(training === undefined ? {} : { training }),
  };
}

/**
 * A checkpoint as a file: the same input gives the same bytes, whatever order the tensors come in.
 * @throws InputError for everything that `readCheckpoint` would refuse
 */
export function writeCheckpoint({ config, tensors, vocabulary, task, training }: Checkpoint): Uint8Array<ArrayBuffer> {
  const where = 'writing a checkpoint';
  const checkedConfig = parseRmtConfig(config, `${where}: rmt_config`);
  const ordered = checkTensors(tensors, checkedConfig, where);
  if (vocabulary !== undefined) parseVocabulary(vocabulary, checkedConfig, `${where}: vocabulary`);
  const parts = Object.entries({ rmt_config: checkedConfig, vocabulary, task, training });
  const metadata = parts.filter(([, value]) => value !== undefined).map(([key, value]) => [key, JSON.stringify(value)]);
  return writeSafetensors(ordered, { format: 'pt', ...Object.fromEntries(metadata) });
}
