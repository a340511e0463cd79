// The entries of a safetensors header: each tensor's name, type, shape and place, checked against the file's size.
import { InputError } from '../errors.ts';
import { elementBytes, readable } from './dtypes.ts';
import { quoted, shapeText, shown } from './message.ts';
import { isObject, METADATA, type SafetensorsHeader } from './safetensors-header.ts';

/** Number of elements of a shape; undefined where it cannot be represented exactly. */
export function elements(shape: readonly number[]): number | undefined {
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
export function checkMetadata(metadata: Readonly<Record<string, unknown>>, where: string): void {
  for (const [key, value] of Object.entries(metadata)) {
    checkName(key, `${where}: ${METADATA}`);
    if (typeof value !== 'string')
      throw new InputError(where, `${METADATA} ${quoted(key)} is ${shown(value)}`, 'a string');
    checkText(value, `${where}: ${METADATA} ${quoted(key)}`);
  }
}

/** A tensor's place in the file. */
export interface SafetensorsEntry {
  readonly name: string;
  readonly dtype: string;
  readonly shape: number[];
  readonly begin: number;
  readonly end: number;
}

export const areSizes = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((size) => Number.isSafeInteger(size) && size >= 0);

function parseEntry(name: string, value: unknown, where: string): SafetensorsEntry {
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

/**
 * The tensors of a file in the order of their bytes, once header and offsets are checked.
 * @param size bytes of the whole file
 * @param where the file's name in messages
 * @throws InputError for every file that the Python library refuses, and for repeated names
 */
export function locate(header: SafetensorsHeader, size: number, where: string): SafetensorsEntry[] {
  const repeated = repeatedKey(header.text);
  if (repeated !== undefined) throw new InputError(where, `${quoted(repeated)} twice in the header`, 'every name once');
  checkMetadata(header.metadata, where);
  const entries = [...header.entries]
    .map(([name, value]) => parseEntry(name, value, where))
    .sort((a, b) => a.begin - b.begin || a.end - b.end); // JSON has no order, the bytes do

  const data = size - header.end;
  let next = 0;
  for (const { name, begin, end } of entries) {
    if (begin !== next)
      throw new InputError(where, `${quoted(name)} begins at byte ${begin}`, `${next}, where the last tensor ends`);
    if (end > data) throw new InputError(where, `${quoted(name)} ends at byte ${end} of ${data}`, 'the whole file');
    next = end;
  }
  if (next !== data) throw new InputError(where, `${data - next} bytes after the last tensor`, 'the file to end there');
  return entries;
}
