// The safetensors file: an 8-byte header length, a JSON header, then the tensors' bytes without gaps.
import { InputError, ShapeError } from '../errors.ts';
import { quoted, shapeText, shown } from './message.ts';
import {
  HEADER_LENGTH_BYTES,
  isObject,
  MAX_HEADER_BYTES,
  METADATA,
  readSafetensorsHeader,
} from './safetensors-header.ts';

export interface StoredTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}
export interface SafetensorsFile {
  readonly tensors: Map<string, { shape: number[]; data: Float32Array }>;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Bytes of an element, for every type whose layout can be checked. */
const elementBytes = new Map([
  ...['F64', 'I64', 'U64', 'C64'].map((dtype) => [dtype, 8] as const),
  ...['F32', 'I32', 'U32'].map((dtype) => [dtype, 4] as const),
  ...['F16', 'BF16', 'I16', 'U16'].map((dtype) => [dtype, 2] as const),
  ...['BOOL', 'I8', 'U8', 'F8_E4M3', 'F8_E5M2', 'F8_E8M0'].map((dtype) => [dtype, 1] as const),
]);

/** The readable types. All current engines are little-endian, like the file. */
const toFloat32: Readonly<Record<string, (bytes: Uint8Array) => Float32Array>> = {
  F32: (bytes) => {
    const data = new Float32Array(bytes.length / 4); // a copy, because data in the file may not be aligned to 4 bytes
    new Uint8Array(data.buffer).set(bytes);
    return data;
  },
  F16: (bytes) => {
    halfTable ??= Float32Array.from({ length: 2 ** 16 }, (_, bits) => halfToFloat(bits));
    const data = new Float32Array(bytes.length / 2);
    const bits = halves(bytes);
    for (let i = 0; i < data.length; i++) data[i] = halfTable[bits[i] as number] as number;
    return data;
  },
  BF16: (bytes) => {
    const data = new Uint32Array(bytes.length / 2);
    const bits = halves(bytes);
    for (let i = 0; i < data.length; i++) data[i] = (bits[i] as number) << 16;
    return new Float32Array(data.buffer);
  },
};
const readable = Object.keys(toFloat32).join(', ');

function halves(bytes: Uint8Array): Uint16Array {
  const data = new Uint16Array(bytes.length / 2);
  new Uint8Array(data.buffer).set(bytes);
  return data;
}

/** The value of every half, built on first use: ten times as fast as computing each one. */
let halfTable: Float32Array | undefined;

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** Number of elements of a shape; undefined where it cannot be represented exactly. */
function elements(shape: readonly number[]): number | undefined {
  let count = 1;
  for (const size of shape) {
    count *= size;
    if (!Number.isSafeInteger(count)) return undefined;
  }
  return count;
}

/** A key that occurs twice in one object of valid JSON; JSON.parse would silently keep the last. */
function repeatedKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // a set of keys for each enclosing object, undefined for a list
  let atKey = false;
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '{') {
      open.push(new Set());
      atKey = true;
    } else if (character === '[') {
      open.push(undefined);
    } else if (character === '}' || character === ']') {
      open.pop();
    } else if (character === ',') {
      atKey = true;
    } else if (character === '"') {
      const start = i++;
      for (; json[i] !== '"'; i++) if (json[i] === '\\') i++;
      const keys = open.at(-1);
      if (!atKey || !keys) continue;
      const key: string = JSON.parse(json.slice(start, i + 1)); // parsed, so that "a" and "\u0061" are equal
      if (keys.has(key)) return key;
      keys.add(key);
      atKey = false;
    }
  }
  return undefined;
}

function checkText(text: string, where: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new InputError(where, shown(text), 'well-formed Unicode');
}

/** Reject a name that cannot be stored, or that is unsafe as a key of a plain object. */
export function checkName(name: string, where: string): void {
  if (name === '__proto__') throw new InputError(where, `the name '${name}'`, 'another name');
  checkText(name, where);
}

/** Reject metadata that could not be stored and read back. */
function checkMetadata(metadata: Readonly<Record<string, unknown>>, where: string): void {
  for (const [key, value] of Object.entries(metadata)) {
    checkName(key, `${where}: ${METADATA}`);
    if (typeof value !== 'string')
      throw new InputError(where, `${METADATA} ${quoted(key)} is ${shown(value)}`, 'a string');
    checkText(value, `${where}: ${METADATA} ${quoted(key)}`);
  }
}

interface Entry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

const areSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

function parseEntry(name: string, value: unknown, where: string): Entry {
  checkName(name, where);
  const tensor = quoted(name);
  if (!isObject(value))
    throw new InputError(where, `${tensor} is ${shown(value)}`, 'an object with dtype, shape and data_offsets');
  const { dtype, shape, data_offsets: offsets } = value;
  const size = typeof dtype === 'string' ? elementBytes.get(dtype) : undefined;
  if (typeof dtype !== 'string' || size === undefined)
    throw new InputError(where, `${tensor} has dtype ${shown(dtype)}`, readable);
  if (!areSizes(shape)) throw new InputError(where, `${tensor} has shape ${shown(shape)}`, 'a list of whole numbers');
  const count = elements(shape);
  if (count === undefined || !Number.isSafeInteger(count * size))
    throw new InputError(where, `${tensor} has shape ${shapeText(shape)}`, 'at most 2^53 bytes');
  const [begin, end] = areSizes(offsets) && offsets.length === 2 ? offsets : [];
  if (begin === undefined || end === undefined || begin > end)
    throw new InputError(where, `${tensor} has data_offsets ${shown(offsets)}`, 'two whole numbers in rising order');
  if (end - begin !== count * size)
    throw new InputError(
      where,
      `${tensor} has ${end - begin} bytes`,
      `${count * size} for shape ${shapeText(shape)} of ${dtype}`,
    );
  return { name, dtype, shape, begin, end };
}

/** The tensors of a file in the order of their bytes, once header and offsets are checked. */
function locate(bytes: Uint8Array, where: string): { readonly entries: readonly Entry[]; readonly start: number } {
  const { text, entries: found, metadata, end: start } = readSafetensorsHeader(bytes, where);
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new InputError(where, `${quoted(repeated)} twice in the header`, 'every name once');
  checkMetadata(metadata, where);
  const entries = [...found]
    .map(([name, value]) => parseEntry(name, value, where))
    .sort((a, b) => a.begin - b.begin || a.end - b.end); // JSON has no order, the bytes do

  const size = bytes.length - start;
  let next = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== next)
      throw new InputError(where, `${quoted(name)} begins at byte ${begin}`, `${next}, where the last tensor ends`);
    if (end > size) throw new InputError(where, `${quoted(name)} ends at byte ${end} of ${size}`, 'the whole file');
    next = end;
  }
  if (next !== size) throw new InputError(where, `${size - next} bytes after the last tensor`, 'the file to end there');
  return { entries, start };
}

/**
 * Read the tensors of a safetensors file as f32 one after the other, in the order of their bytes.
 * @param where the file's name in messages
 * @param skip  names that are checked but left out, so that they may have any type
 * @throws InputError for every file that the Python library refuses, for repeated names, and for types other than
 *         F32, F16 and BF16
 * @see https://huggingface.co/docs/safetensors, section Format
 */
export function* tensorsOf(
  bytes: Uint8Array,
  where: string,
  skip: Pick<ReadonlySet<string>, 'has'> = new Set(),
): Generator<readonly [name: string, tensor: { shape: number[]; data: Float32Array }]> {
  const { entries, start } = locate(bytes, where);
  for (const { name, dtype, shape, begin, end } of entries) {
    if (skip.has(name)) continue;
    const read = toFloat32[dtype];
    if (!read) throw new InputError(where, `${quoted(name)} has dtype "${dtype}"`, readable);
    yield [name, { shape, data: read(bytes.subarray(start + begin, start + end)) }];
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

/** A file whose header is written, and whose tensors are filled in later. */
export interface SafetensorsLayout {
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** Each tensor's view of the file, zeros until it is written. */
  readonly tensors: ReadonlyMap<string, Float32Array<ArrayBuffer>>;
}

/**
 * A safetensors file of F32 tensors, in the order given, with space for their numbers: they can be written as they
 * arrive, and the file is never held twice.
 * @throws InputError if a name cannot be stored or occurs twice
 */
export function layoutSafetensors(
  shapes: Iterable<readonly [name: string, shape: readonly number[]]>,
  metadata: Readonly<Record<string, string>> = {},
): SafetensorsLayout {
  const where = 'writing safetensors';
  const header = new Map<string, unknown>();
  checkMetadata(metadata, where);
  if (Object.keys(metadata).length > 0) header.set(METADATA, metadata);
  const places: { readonly name: string; readonly begin: number; readonly count: number }[] = [];
  let end = 0;
  for (const [name, shape] of shapes) {
    checkName(name, where);
    if (name === METADATA || header.has(name)) throw new InputError(where, `${quoted(name)} twice`, 'every name once');
    const begin = end;
    const count = shape.reduce((product, size) => product * size, 1);
    end += 4 * count;
    header.set(name, { dtype: 'F32', shape, data_offsets: [begin, end] });
    places.push({ name, begin, count });
  }
  // Joined by hand, because an object would put names such as "0" first.
  const fields = [...header].map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
  const json = new TextEncoder().encode(`{${fields.join(',')}}`);
  // Padded to a multiple of 8, so that each tensor's numbers are aligned and can be read in place.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  if (headerBytes > MAX_HEADER_BYTES)
    throw new InputError(where, `a header of ${headerBytes} bytes`, `at most ${MAX_HEADER_BYTES}`);

  const start = HEADER_LENGTH_BYTES + headerBytes;
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(headerBytes), true);
  bytes.fill(0x20, HEADER_LENGTH_BYTES, start);
  bytes.set(json, HEADER_LENGTH_BYTES);
  const tensors = new Map(
    places.map(({ name, begin, count }) => [name, new Float32Array(bytes.buffer, start + begin, count)]),
  );
  return { bytes, tensors };
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
