// What a published layout of a model is to us: how its files are recognised, what they say of the model, and where each
// of its tensors belongs. One file per layout.
import { InputError } from '../../errors.ts';
import type { FileTensor } from '../../io/file-tensor.ts';
import { shapeText } from '../../io/message.ts';
import type { StoredTensor } from '../../io/safetensors.ts';
import type { Checkpoint } from '../checkpoint.ts';

export type Fields = Readonly<Record<string, unknown>>;

/** What is read of a published model before its tensors. */
export interface Given {
  /** By the names in the files, without a prefix that all of them have. */
  readonly tensors: ReadonlyMap<string, FileTensor>;
  /** The fields of its config.json. */
  readonly config: Fields;
  /** The name of that file, for messages. */
  readonly where: string;
  /** Ids of the special tokens, if a tokenizer says them. */
  readonly specials: Fields;
  /** As asked for; undefined leaves it to the files. */
  readonly memory: number | undefined;
  /** Memory tokens around a model that has none, where no number is asked for. */
  readonly memoryIfNone?: number | undefined;
  readonly segmentSize: number | undefined;
  readonly labels: number | undefined;
}

/** What the files say of the model. */
export interface Described {
  /** For `blueprintOf`. */
  readonly config: Fields;
  /** Fields whose values no file says, and why these were chosen. */
  readonly assumed: readonly Assumed[];
  /** Where a tensor of the files belongs. */
  place(stored: string): Placed;
}

export interface Assumed {
  readonly field: string;
  readonly value: unknown;
  readonly why: string;
}

/** A parameter of ours in a stored tensor: all of it by default, or some of its rows. */
export interface Target {
  readonly name: string;
  readonly rows?: readonly [from: number, to: number];
  /** The shape under which we know the same numbers. */
  readonly shape?: readonly number[];
}

export type Placed =
  | { readonly to: readonly Target[] }
  /** A copy of a parameter; with `own`, it becomes that parameter if its numbers are others. */
  | { readonly same: string; readonly own?: { readonly name: string; readonly config: Fields } }
  | { readonly leftOut: string }
  | 'unknown';

/** A tensor to be written; those that share their numbers are stored once where the file allows it. */
export interface Written {
  readonly name: string;
  readonly dtype: 'F32' | 'I64';
  readonly shape: readonly number[];
  /** Stretches of the numbers. */
  readonly data: readonly (Float32Array | BigInt64Array)[];
}

/** A checkpoint in a published layout. */
export interface Published {
  readonly tensors: readonly Written[];
  readonly config: Fields;
  /** What the program that loads it must be told, as sentences. */
  readonly notes: readonly string[];
}

export interface ForeignFormat {
  /** For display: "official RMT, decoder". */
  readonly name: string;
  recognises(names: Pick<ReadonlySet<string>, 'has'>): boolean;
  /** @throws InputError naming the field or tensor that is missing or contradicts another */
  describe(given: Given): Promise<Described>;
}

/** A stored tensor's shape. @throws InputError if it is missing or has other axes */
export function shapeOf(
  { tensors, where }: Pick<Given, 'tensors' | 'where'>,
  name: string,
  axes: number,
): readonly number[] {
  const found = tensors.get(name);
  if (!found) throw new InputError(where, `no tensor '${name}'`, 'it among the weights');
  if (found.shape.length !== axes)
    throw new InputError(where, `'${name}' has shape ${shapeText(found.shape)}`, `${axes} axes`);
  return found.shape;
}

/** The number of memory tokens: as the files say, and as asked for. @throws InputError if these differ */
export function memoryOf(found: number, { memory, where }: Given): number {
  if (memory !== undefined && memory !== found)
    throw new InputError('memory', `${memory} memory tokens`, `${found}, as ${where} and its weights have`);
  return found;
}

/** Text tokens in a segment: as asked for, as the configuration says, or all that the positions leave. */
export function segmentOf(
  { segmentSize, config, where }: Given,
  positions: { readonly field: string; readonly count: number; readonly taken: number },
): { readonly size: unknown; readonly assumed: readonly Assumed[] } {
  if (segmentSize !== undefined) return { size: segmentSize, assumed: [] };
  if (config['segment_size'] !== undefined) return { size: config['segment_size'], assumed: [] };
  const { field, count, taken } = positions;
  const size = count - taken;
  if (!(size >= 1))
    throw new InputError(where, `${field} is ${count}`, `more than ${taken}, which memory and special tokens take`);
  const why = taken === 0 ? `all of ${field}` : `${field} ${count} less ${taken} for memory and special tokens`;
  return { size, assumed: [{ field: 'segment_size', value: size, why }] };
}

/** A whole number of the configuration, or its default. @throws InputError if it is anything else */
export function countIn({ config, where }: Pick<Given, 'config' | 'where'>, field: string, initial?: number): number {
  const value = config[field] ?? initial;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new InputError(
    where,
    `${field} ${value === undefined ? 'is missing' : `is ${JSON.stringify(value)?.slice(0, 40)}`}`,
    'a whole number',
  );
}

/** A checkpoint's parameter as a tensor to be written. */
export function written(name: string, { shape, data }: StoredTensor): Written {
  return { name, dtype: 'F32', shape, data: [data] };
}

/** @throws InputError if the checkpoint lacks it, which a checked one does not */
export function parameter({ tensors }: Pick<Checkpoint, 'tensors'>, name: string): StoredTensor {
  const found = tensors.get(name);
  if (!found) throw new InputError('checkpoint', `no '${name}'`, 'every parameter of its model');
  return found;
}
