// A checkpoint: a model's tensors under Hugging Face's names, and the data needed to use it or to continue training.
import { InputError } from '../errors.ts';
import { quoted, shapeText } from '../io/message.ts';
import {
  layoutSafetensors,
  nonFinite,
  readSafetensors,
  type SafetensorsLayout,
  type StoredTensor,
  writeSafetensors,
} from '../io/safetensors.ts';
import { readSafetensorsHeader } from '../io/safetensors-header.ts';
import type { Blueprint } from './blueprint.ts';
import type { CheckpointFormat, Description } from './formats/format.ts';
import { ours } from './formats/ours.ts';
import { type ParameterSpec, specsOf } from './parameters.ts';

/** Names and shapes of all parameters, in Hugging Face's order; `rmt.memory` last, absent without memory tokens. */
export function parameterShapes(blueprint: Blueprint): Map<string, number[]> {
  return new Map(specsOf(blueprint.parameters()).map(({ name, shape }) => [name, [...shape]]));
}

const moments = ['optimizer.m.', 'optimizer.v.'] as const;

/** Output layers that Hugging Face's files may store although they are the word embedding. */
const ties: ReadonlyMap<string, string> = new Map([
  ['lm_head.weight', 'transformer.wte.weight'],
  ['crit.out_layers.0.weight', 'transformer.word_emb.emb_layers.0.weight'],
]);

/**
 * Whether a tensor is the word embedding, stored a second time as the output layer.
 * @throws InputError if it is an output layer with numbers of its own, which must not be ignored
 */
function isTied(name: string, tensors: ReadonlyMap<string, StoredTensor>, where: string): boolean {
  const words = ties.get(name);
  const [own, tied] = [tensors.get(name), words === undefined ? undefined : tensors.get(words)];
  if (!own || !tied) return false;
  if (own.data.length === tied.data.length && own.data.every((value, i) => value === tied.data[i])) return true;
  const option = name === 'lm_head.weight' ? ', or "tie_word_embeddings": false in rmt_config' : '';
  throw new InputError(where, `${quoted(name)} differs from ${quoted(words ?? '')}`, `the same numbers${option}`);
}

/** @throws InputError if a parameter is missing or of another shape than the configuration gives it */
export function checkShape(
  name: string,
  found: readonly number[] | undefined,
  { shape, from: fields = [] }: ParameterSpec,
  config: Blueprint['config'],
  where: string,
): void {
  const from = (axes: readonly (readonly string[])[]) =>
    `${shapeText(shape)} from ${[...new Set(axes.flat())].map((field) => `${field} ${config[field]}`).join(', ')}`;
  if (!found) throw new InputError(where, `'${name}' is missing`, from(fields));
  const wrong = fields.filter((_, axis) => found[axis] !== shape[axis]);
  if (found.length !== shape.length || found.some((size, axis) => size !== shape[axis]))
    throw new InputError(
      where,
      `'${name}' has shape ${shapeText(found)}`,
      from(found.length === shape.length ? wrong : fields),
    );
}

/** The tensors in our order; @throws InputError if one is missing, unknown, of another shape, or not finite. */
function checkTensors<T extends StoredTensor>(
  tensors: ReadonlyMap<string, T>,
  blueprint: Blueprint,
  where: string,
): Map<string, T> {
  const parameters = specsOf(blueprint.parameters());
  const checked = new Map<string, T>();
  const withMoments = [...tensors.keys()].some((name) => moments.some((prefix) => name.startsWith(prefix)));
  for (const prefix of ['', ...(withMoments ? moments : [])])
    for (const parameter of parameters) {
      const name = prefix + parameter.name;
      const tensor = tensors.get(name);
      // A parameter that was not trained has neither moment.
      if (!tensor && prefix && !moments.some((moment) => tensors.has(moment + parameter.name))) continue;
      checkShape(name, tensor?.shape, parameter, blueprint.config, where);
      if (tensor) checked.set(name, tensor);
    }
  for (const [name, { data }] of tensors) {
    if (checked.has(name)) continue;
    if (name === 'rmt.memory' && data.length === 0) continue; // an explicit memory of zero tokens
    if (isTied(name, tensors, where)) continue;
    const expected =
      name === 'rmt.memory'
        ? 'none, as num_mem_tokens is 0'
        : `only the parameters of the ${blueprint.description} of rmt_config`;
    throw new InputError(where, `unknown tensor ${quoted(name)}`, expected);
  }
  const spoilt = nonFinite([...checked].map(([name, { data }]) => [name, data] as const));
  if (spoilt !== undefined)
    throw new InputError(where, spoilt, 'finite numbers; take a checkpoint from before they arose');
  return checked;
}

export interface Checkpoint extends Description {
  /** The parameters in Hugging Face's order, then all `optimizer.m.*` and all `optimizer.v.*` if present. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

/** The numbers of a checkpoint's tensors, by name. */
export const arraysOf = ({ tensors }: Pick<Checkpoint, 'tensors'>): Map<string, Float32Array> =>
  new Map([...tensors].map(([name, { data }]) => [name, data]));

/** Every readable format, in the order they are tried. */
const formats: readonly CheckpointFormat[] = [ours];

/** The tensors under our names, without ignored ones. */
function ourNames<T>(stored: ReadonlyMap<string, T>, format: CheckpointFormat): Map<string, T> {
  return new Map(
    [...stored].flatMap(([name, tensor]) => {
      const known = format.nameIn(name);
      return known === undefined ? [] : [[known, tensor] as const];
    }),
  );
}

/**
 * Read and check a checkpoint.
 * @param where its name in messages, such as `checkpoint tiny.safetensors`
 * @throws InputError naming the tensor or field, what was found and what was expected
 */
export function readCheckpoint(bytes: Uint8Array, where: string): Checkpoint {
  const header = readSafetensorsHeader(bytes, where);
  const format = formats.find((each) => each.recognises(header)) ?? ours;
  const { tensors } = readSafetensors(bytes, where, { has: (name) => format.nameIn(name) === undefined });
  const description = format.describe(header, where);
  return { ...description, tensors: checkTensors(ourNames(tensors, format), description.blueprint, where) };
}

/**
 * The file of a checkpoint whose numbers are filled in later, under our names: identical to that of `writeCheckpoint`,
 * without holding its tensors twice.
 * @param hasMoments whether it includes AdamW's moments of the parameter of this name
 * @throws InputError for everything in the description that `readCheckpoint` would refuse
 */
export function layoutCheckpoint(
  description: Description,
  hasMoments: (name: string) => boolean,
): Pick<SafetensorsLayout, 'bytes' | 'tensors'> {
  const shapes = [...parameterShapes(description.blueprint)];
  const prefixes = ['', ...moments];
  const { bytes, tensors } = layoutSafetensors(
    prefixes.flatMap((prefix) =>
      shapes
        .filter(([name]) => prefix === '' || hasMoments(name))
        .map(([name, shape]) => [ours.nameOut(prefix + name), shape] as const),
    ),
    ours.metadata(description, WRITING),
  );
  return { bytes, tensors: ourNames(tensors, ours) };
}

/** @throws Error if a checkpoint that was laid out has numbers that `readCheckpoint` would refuse */
export function checkLaidOut(tensors: ReadonlyMap<string, Float32Array>, step: number): void {
  const spoilt = nonFinite(tensors);
  if (spoilt !== undefined)
    throw new Error(
      `train: ${spoilt} at step ${step} (expected finite numbers; try a lower learning rate or clip_norm)`,
    );
}

const WRITING = 'writing a checkpoint';

/**
 * A checkpoint as a file: equal inputs give equal bytes, independent of the order of the tensors.
 * @throws InputError for everything that `readCheckpoint` would refuse
 */
export function writeCheckpoint({ tensors, ...description }: Checkpoint): Uint8Array<ArrayBuffer> {
  const ordered = checkTensors(ourNames(tensors, ours), description.blueprint, WRITING);
  const stored = [...ordered].map(([name, tensor]) => [ours.nameOut(name), tensor] as const);
  return writeSafetensors(stored, ours.metadata(description, WRITING));
}
