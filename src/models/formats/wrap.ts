// Memory around a trained model of ours that has none, as RMT and ARMT begin from a trained Transformer.
import { InputError } from '../../errors.ts';
import type { FileTensor } from '../../io/file-tensor.ts';
import { layoutCheckpoint } from '../checkpoint.ts';
import { blueprintOf } from '../index.ts';
import { specsOf } from '../parameters.ts';
import type { Fields } from './foreign.ts';
import type { Description } from './format.ts';
import { deviation, initialise } from './fresh.ts';

/** The model with memory tokens that each model without becomes, if the settings name no other. */
const withMemory: Readonly<Record<string, string>> = { bert: 'rmt-bert', gpt2: 'rmt-gpt2' };

/** The tables of positions, and the field that counts their rows. */
const positions: Readonly<Record<string, string>> = {
  'bert.embeddings.position_embeddings.weight': 'max_position_embeddings',
  'transformer.wpe.weight': 'n_positions',
};

export interface Wrapping {
  /** Memory tokens. */
  readonly memory: number;
  /** Fields of `rmt_config` that take precedence. */
  readonly set: Fields;
  /** Of new parameters. */
  readonly seed: number;
}

/**
 * The model with memory. Every parameter is kept: the rows of the table of positions move with the text, and rows are added for
 * memory tokens. The task's words are kept, the state of training is not.
 * @param numbers reads a tensor as f32
 * @throws InputError if the model has memory already, or cannot have the one that is asked for
 */
export async function wrapModel(
  { training: _, ...plain }: Description,
  tensors: ReadonlyMap<string, FileTensor>,
  numbers: (name: string, tensor: FileTensor) => Promise<Float32Array>,
  { memory, set, seed }: Wrapping,
  where: string,
) {
  const { config, layout } = plain.blueprint;
  const model = withMemory[config.model_type];
  if (model === undefined)
    throw new InputError(where, `a ${plain.blueprint.description} (${config.model_type})`, 'a model without memory');
  const table = Object.keys(positions).find((name) => tensors.has(name)) ?? '';
  const field = positions[table] ?? '';
  const wanted = { ...config, model_type: model, num_mem_tokens: memory, ...set };
  const { layout: next } = blueprintOf({ ...wanted, [field]: 1_000_000 }, where);
  // Rows are inserted where memory is, so that words and special tokens keep theirs.
  const moved = next.front - layout.front;
  const rows = Math.max(Number(config[field]) + moved, next.S);
  const blueprint = blueprintOf({ ...wanted, [field]: rows }, where);
  const description: Description = { ...plain, blueprint };
  const file = layoutCheckpoint(description, () => false);
  const spread = tensors.get(table);
  const range = spread ? deviation(await numbers(table, spread)) : 0;
  const initialised: { name: string; how: string }[] = [];
  for (const spec of specsOf(blueprint.parameters())) {
    const into = file.tensors.get(spec.name);
    if (!into) throw new Error(`wrap: no place for '${spec.name}'`);
    const source = tensors.get(spec.name);
    const own = source && (await numbers(spec.name, source));
    if (!own || spec.name === table) {
      const words = file.tensors.get('transformer.wte.weight') ?? into;
      const from = { config: { initializer_range: range }, answers: blueprint.answers, words, seed };
      const how = initialise(spec, into, from);
      initialised.push({ name: spec.name, how: own ? `${how}, in the rows of memory tokens` : how });
    }
    const kept = spec.name === table ? (next.memory.first ?? 0) * blueprint.shape.hiddenSize : 0;
    if (own && spec.name === table) {
      into.set(own.subarray(0, kept));
      into.set(own.subarray(kept), kept + moved * blueprint.shape.hiddenSize);
    } else if (own) into.set(own);
  }
  return { bytes: file.bytes, description, tensors: file.tensors, initialised };
}
