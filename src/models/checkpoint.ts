// A checkpoint: a model's tensors under Hugging Face's names, and the data needed to use it or to continue training.
import { InputError } from '../errors.ts';
import { quoted, shapeText } from '../io/message.ts';
import {
  layoutSafetensors,
  readSafetensors,
  type SafetensorsLayout,
  type StoredTensor,
  writeSafetensors,
} from '../io/safetensors.ts';
import { readSafetensorsHeader } from '../io/safetensors-header.ts';
import type { Blueprint } from './blueprint.ts';
import type { CheckpointFormat, Description } from './formats/format.ts';
import { ours } from './formats/ours.ts';
import { specsOf } from './parameters.ts';

/** Names and shapes of all parameters, in Hugging Face's order; `rmt.memory` last, absent without memory tokens. */
export function parameterShapes(blueprint: Blueprint): Map<string, number[]> {
  return new Map(specsOf(blueprint.parameters()).map(({ name, shape }) => [name, [...shape]]));
}

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
    if (checked.has(name)) continue;
    if (name === 'rmt.memory' && data.length === 0) continue; // an explicit memory of zero tokens
    const expected =
      name === 'rmt.memory'
        ? 'none, as num_mem_tokens is 0'
        : `only the parameters of the ${blueprint.description} of rmt_config`;
    throw new InputError(where, `unknown tensor ${quoted(name)}`, expected);
  }
  return checked;
}

export interface Checkpoint extends Description {
  /** The parameters in Hugging Face's order, then all `optimizer.m.*` and all `optimizer.v.*` if present. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}

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
 * @param moments whether it includes AdamW's moments
 * @throws InputError for everything in the description that `readCheckpoint` would refuse
 */
export function layoutCheckpoint(description: Description, withMoments: boolean): SafetensorsLayout {
  const shapes = [...parameterShapes(description.blueprint)];
  const prefixes = ['', ...(withMoments ? moments : [])];
  const { bytes, tensors } = layoutSafetensors(
    prefixes.flatMap((prefix) => shapes.map(([name, shape]) => [ours.nameOut(prefix + name), shape] as const)),
    ours.metadata(description, WRITING),
  );
  return { bytes, tensors: ourNames(tensors, ours) };
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
