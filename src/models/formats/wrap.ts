// Memory around a trained model of ours that has none, as RMT and ARMT begin from a trained Transformer.
import { InputError } from '../../errors.ts';
import { type Checkpoint, layoutCheckpoint } from '../checkpoint.ts';
import { blueprintOf } from '../index.ts';
import { specsOf } from '../parameters.ts';
import type { Fields } from './foreign.ts';
import type { Description } from './format.ts';
import { deviation, initialise } from './fresh.ts';

/** What each model without memory becomes, if the settings name nothing else; its table of positions, and the field that counts the rows. */
const plainModels: Readonly<
  Record<string, { readonly model: string; readonly table: string; readonly field: string }>
> = {
  bert: {
    model: 'rmt-bert',
    table: 'bert.embeddings.position_embeddings.weight',
    field: 'max_position_embeddings',
  },
  gpt2: { model: 'rmt-gpt2', table: 'transformer.wpe.weight', field: 'n_positions' },
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
 * @throws InputError if the model has memory already, or cannot have the one that is asked for
 */
export function wrapModel(
  { training: _, tensors, ...plain }: Checkpoint,
  { memory, set, seed }: Wrapping,
  where: string,
) {
  const { config, layout } = plain.blueprint;
  const known = plainModels[config.model_type];
  if (!known)
    throw new InputError(where, `a ${plain.blueprint.description} (${config.model_type})`, 'a model without memory');
  if (memory < 1) throw new InputError('memory', `${memory} memory tokens`, 'at least 1');
  const { model, table, field } = known;
  const wanted = { ...config, model_type: model, num_mem_tokens: memory, ...set };
  const { layout: next } = blueprintOf({ ...wanted, [field]: 1_000_000 }, where);
  // Rows are inserted where memory is, so that words and special tokens keep theirs.
  const moved = next.front - layout.front;
  const rows = Math.max(Number(config[field]) + moved, next.S);
  const blueprint = blueprintOf({ ...wanted, [field]: rows }, where);
  const description: Description = { ...plain, blueprint };
  const file = layoutCheckpoint(description, () => false);
  const initializer_range = deviation(tensors.get(table)?.data ?? new Float32Array(1));
  const initialised: { name: string; how: string }[] = [];
  for (const spec of specsOf(blueprint.parameters())) {
    const into = file.tensors.get(spec.name);
    if (!into) throw new Error(`wrap: no place for '${spec.name}'`);
    const own = tensors.get(spec.name)?.data;
    const isTable = spec.name === table;
    if (!own || isTable) {
      const words = file.tensors.get('transformer.wte.weight') ?? into;
      const how = initialise(spec, into, { config: { initializer_range }, answers: blueprint.answers, words, seed });
      initialised.push({ name: spec.name, how: isTable ? `${how}, in the rows of memory tokens` : how });
    }
    if (own && isTable) {
      const { hiddenSize } = blueprint.shape;
      const kept = (next.memory.first ?? 0) * hiddenSize;
      into.set(own.subarray(0, kept));
      into.set(own.subarray(kept), kept + moved * hiddenSize);
    } else if (own) into.set(own);
  }
  return { bytes: file.bytes, description, tensors: file.tensors, initialised };
}
