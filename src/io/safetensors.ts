// The safetensors file: an 8-byte header length, a JSON header, then the tensors' bytes without gaps.
import { InputError, ShapeError } from '../errors.ts';
import { float32Of } from './dtypes.ts';
import { quoted, shapeText } from './message.ts';
import { areSizes, checkMetadata, checkName, elements, locate } from './safetensors-entries.ts';
import { HEADER_LENGTH_BYTES, MAX_HEADER_BYTES, METADATA, readSafetensorsHeader } from './safetensors-header.ts';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
export interface SafetensorsFile {
  readonly tensors: Map<string, { shape: number[]; data: Float32Array }>;
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * Read the tensors of a safetensors file as f32 one after the other, in the order of their bytes. Those of type F32 are
 * views of `bytes` where they are aligned.
 * @param where the file's name in messages
 * @param skip  names that are checked but left out, so that they may have any type
 * @throws InputError for every file that the Python library refuses, for repeated names, and for types other than
 *         F32, F64, F16 and BF16
 * @see https://huggingface.co/docs/safetensors, section Format
 */
export function* tensorsOf(
  bytes: Uint8Array,
  where: string,
  skip: Pick<ReadonlySet<string>, 'has'> = new Set(),
): Generator<readonly [name: string, tensor: { shape: number[]; data: Float32Array }]> {
  const header = readSafetensorsHeader(bytes, where);
  for (const { name, dtype, shape, begin, end } of locate(header, bytes.length, where))
    if (!skip.has(name)) {
      const data = bytes.subarray(header.end + begin, header.end + end);
      yield [name, { shape, data: float32Of(dtype, data, name, where) }];
    }
}

/** All tensors of a safetensors file as f32, read like `tensorsOf`. */
export function readSafetensors(
  bytes: Uint8Array,
  where: string,
  skip: Pick<ReadonlySet<string>, 'has'> = new Set(),
): SafetensorsFile {
  const tensors = new Map(tensorsOf(bytes, where, skip));
  return { tensors, metadata: readSafetensorsHeader(bytes, where).metadata };
}

/** How many numbers are NaN or infinite. */
function countNonFinite(data: Float32Array): number {
  // Times 0, only these are not 0; four sums, because each addition waits for the one before it.
  let [a, b, c, d] = [0, 0, 0, 0];
  let i = 0;
  for (; i + 3 < data.length; i += 4) {
    a += (data[i] as number) * 0;
    b += (data[i + 1] as number) * 0;
    c += (data[i + 2] as number) * 0;
    d += (data[i + 3] as number) * 0;
  }
  for (; i < data.length; i++) a += (data[i] as number) * 0;
  if (a + b + c + d === 0) return 0;
  return data.reduce((count, value) => (Number.isFinite(value) ? count : count + 1), 0);
}

/** The first tensor with a NaN or an infinity, how many it has, and how many other tensors have any; undefined if none. */
export function nonFinite(tensors: Iterable<readonly [name: string, data: Float32Array]>): string | undefined {
  let first: string | undefined;
  let others = 0;
  for (const [name, data] of tensors) {
    const count = countNonFinite(data);
    if (count > 0 && first === undefined)
      first = `${quoted(name)} has ${count} of ${data.length} numbers that are NaN or infinite`;
    else if (count > 0) others++;
  }
  if (first === undefined || others === 0) return first;
  return `${first}, and so ${others === 1 ? 'has 1 other tensor' : `have ${others} other tensors`}`;
}

/**
 * The beginning of a safetensors file of tensors with numbers of four bytes, F32 by default, up to these numbers, which
 * follow in the order given.
 * @throws InputError if a name cannot be stored or occurs twice
 */
export function headerOf(
  shapes: Iterable<readonly [name: string, shape: readonly number[], dtype?: 'F32' | 'I32']>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const where = 'writing safetensors';
  const header = new Map<string, unknown>();
  checkMetadata(metadata, where);
  if (Object.keys(metadata).length > 0) header.set(METADATA, metadata);
  let end = 0;
  for (const [name, shape, dtype = 'F32'] of shapes) {
    checkName(name, where);
    if (name === METADATA || header.has(name)) throw new InputError(where, `${quoted(name)} twice`, 'every name once');
    const begin = end;
    end += 4 * sizeOf(shape);
    header.set(name, { dtype, shape, data_offsets: [begin, end] });
  }
  // Joined by hand, because an object would put names such as "0" first.
  const fields = [...header].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  // Padded to a multiple of 8, so that each tensor's numbers are aligned and can be read in place.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new InputError(where, `a header of ${headerBytes} bytes`, `at most ${MAX_HEADER_BYTES}`);
  const bytes = new Uint8Array(HEADER_LENGTH_BYTES + headerBytes).fill(0x20, HEADER_LENGTH_BYTES);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.set(json, HEADER_LENGTH_BYTES);
  return bytes;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** A file whose header is written, and whose tensors are filled in later. */
export interface SafetensorsLayout {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Each tensor's view of the file, zeros until it is written: those of type F32, and those of type I32. */
  readonly tensors: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
  readonly integers: ReadonlyMap<string, Int32Array<ArrayBuffer>>;
}

/**
 * A safetensors file of tensors, F32 by default, in the order given, with space for their numbers: they can be written as
 * they arrive, and the file is never held twice.
 * @throws InputError if a name cannot be stored or occurs twice
 */
export function layoutSafetensors(
  shapes: Iterable<readonly [name: string, shape: readonly number[], dtype?: 'F32' | 'I32']>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  const all = [...shapes];
  const header = headerOf(all, metadata);
  const count = all.reduce((sum, [, shape]) => sum + sizeOf(shape), 0);
  const bytes = new Uint8Array(header.length + 4 * count);
  bytes.set(header);
  let at = header.length;
  const tensors = new Map<string, Float32Array<ArrayBuffer>>();
  const integers = new Map<string, Int32Array<ArrayBuffer>>();
  for (const [name, shape, dtype] of all) {
    const size = sizeOf(shape);
    if (dtype === 'I32') integers.set(name, new Int32Array(bytes.buffer, at, size));
    else tensors.set(name, new Float32Array(bytes.buffer, at, size));
    at += 4 * size;
  }
  return { bytes, tensors, integers };
}

/**
 * A safetensors file of F32 tensors, in the order given: equal inputs give equal bytes.
 * @throws ShapeError if a tensor's data does not match its shape
 * @throws InputError if a name cannot be stored or occurs twice
 */
export function writeSafetensors(
  tensors: Iterable<readonly [name: string, tensor: StoredTensor]>,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const all = [...tensors];
  for (const [name, { shape, data }] of all)
    if (!areSizes(shape) || elements(shape) !== data.length)
      throw new ShapeError(
        `writing safetensors: ${quoted(name)} has ${data.length} values, expected shape ${shapeText(shape)}`,
      );
  const layout = layoutSafetensors(
    all.map(([name, { shape }]) => [name, shape] as const),
    metadata,
  );
  for (const [name, { data }] of all) layout.tensors.get(name)?.set(data);
  return layout.bytes;
}
