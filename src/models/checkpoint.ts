// A checkpoint: a model's tensors under Hugging Face's names, and what is needed to use or to go on training it.
import * as v from 'valibot';
import { InputError } from '../errors.ts';
import { quoted, shapeText } from '../io/message.ts';
import { readSafetensors, type StoredTensor, writeSafetensors } from '../io/safetensors.ts';
import type { Blueprint } from './blueprint.ts';
import { blueprintOf } from './index.ts';
import { specsOf } from './parameters.ts';

/** What a checkpoint says of its model; the fields of BertConfig, GPT2Config, … bear their names. */
export type RmtConfig = Blueprint['config'];

/** Names and shapes of all parameters, in Hugging Face's order; `rmt.memory` last, absent without memory tokens. */
export function parameterShapes(blueprint: Blueprint): Map<string, number[]> {
  return new Map(specsOf(blueprint.parameters()).map(({ name, shape }) => [name, [...shape]]));
}

/** Buffers that versions of Hugging Face's models stored beside the parameters, and the output layer tied to the embedding. */
const buffers = new Set(['bert.embeddings.position_ids', 'bert.embeddings.token_type_ids', 'lm_head.weight']);
const masks = /^transformer\.h\.\d+\.attn\.(bias|masked_bias)$/;
const ignored = { has: (name: string) => buffers.has(name) || masks.test(name) };
const moments = ['optimizer.m.', 'optimizer.v.'] as const;

/** The tensors in our order; @throws InputError if one is missing, unknown or of another shape. */
function checkTensors<T extends StoredTensor>(
  tensors: ReadonlyMap<string, T>,
  blueprint: Blueprint,
  where: string,
): Map<string, T> {
  const parameters = specsOf(blueprint.parameters());
  const { config } = blueprint;
  const checked = new Map<string, T>();
  const withMoments = [...tensors.keys()].some((name) => moments.some((prefix) => name.startsWith(prefix)));
  for (const prefix of ['', ...(withMoments ? moments : [])])
    for (const parameter of parameters) {
      const name = prefix + parameter.name;
      const { shape, from: fields = [] } = parameter;
      const tensor = tensors.get(name);
      const from = (axes: readonly (readonly string[])[]) =>
        `${shapeText(shape)} from ${[...new Set(axes.flat())].map((field) => `${field} ${config[field]}`).join(', ')}`;
      if (!tensor) throw new InputError(where, `'${name}' is missing`, from(fields));
      const wrong = fields.filter((_, axis) => tensor.shape[axis] !== shape[axis]);
      if (tensor.shape.length !== shape.length || tensor.shape.some((size, axis) => size !== shape[axis]))
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
        : `only the parameters of the ${blueprint.description} of rmt_config`;
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
  readonly blueprint: Blueprint;
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
  const blueprint = blueprintOf(described, `${where}: rmt_config`);
  const { config } = blueprint;
  const vocabulary = json('vocabulary');
  const task = json('task');
  const training = json('training');
  return {
    blueprint,
    tensors: checkTensors(tensors, blueprint, where),
    ...(vocabulary === undefined ? {} : { vocabulary: parseVocabulary(vocabulary, config, `${where}: vocabulary`) }),
    ...(task === undefined ? {} : { task }),
    ...(training === undefined ? {} : { training }),
  };
}

/**
 * A checkpoint as a file: the same input gives the same bytes, whatever order the tensors come in.
 * @throws InputError for everything that `readCheckpoint` would refuse
 */
export function writeCheckpoint({
  blueprint,
  tensors,
  vocabulary,
  task,
  training,
}: Checkpoint): Uint8Array<ArrayBuffer> {
  const where = 'writing a checkpoint';
  const { config } = blueprint;
  const ordered = checkTensors(tensors, blueprint, where);
  if (vocabulary !== undefined) parseVocabulary(vocabulary, config, `${where}: vocabulary`);
  const parts = Object.entries({ rmt_config: config, vocabulary, task, training });
  const metadata = parts.filter(([, value]) => value !== undefined).map(([key, value]) => [key, JSON.stringify(value)]);
  return writeSafetensors(ordered, { format: 'pt', ...Object.fromEntries(metadata) });
}
