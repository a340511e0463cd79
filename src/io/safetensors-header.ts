// The header of a safetensors file: its length in 8 bytes, then a JSON object with an entry for each tensor, and metadata.
import { InputError } from '../errors.ts';
import { quoted, shown } from './message.ts';

/** The Python library's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA = '__metadata__';
export const HEADER_LENGTH_BYTES = 8;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** A key that stands twice in one object of valid JSON; JSON.parse would silently keep the last. */
function repeatedKey(json: string): string | undefined {
  const open: (Set<string> | undefined)[] = []; // a set of keys for each object around, undefined for a list
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
      const key: string = JSON.parse(json.slice(start, i + 1)); // so that "a" and "\u0061" are one
      if (keys.has(key)) return key;
      keys.add(key);
      atKey = false;
    }
  }
  return undefined;
}

function parseHeader(bytes: Uint8Array, where: string): Record<string, unknown> {
  const notJson = new InputError(where, 'a header that is not JSON', 'a JSON object in UTF-8');
  let header: unknown;
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    header = JSON.parse(text);
  } catch {
    throw notJson;
  }
  if (!text.startsWith('{') || !isObject(header)) throw notJson;
  const repeated = repeatedKey(text);
  if (repeated !== undefined) throw new InputError(where, `${quoted(repeated)} twice in the header`, 'every name once');
  return header;
}

function checkText(text: string, where: string): void {
  if (/\p{Surrogate}/u.test(text)) throw new InputError(where, shown(text), 'well-formed Unicode');
}

/** A name that can be stored, and kept in a plain object by whoever reads it. */
export function checkName(name: string, where: string): void {
  if (name === '__proto__') throw new InputError(where, `the name '${name}'`, 'another name');
  checkText(name, where);
}

export function parseMetadata(found: unknown, where: string): Record<string, string> {
  if (found === undefined) return {};
  if (!isObject(found)) throw new InputError(where, `${METADATA} is ${shown(found)}`, 'an object of strings');
  const entries = Object.entries(found).map(([key, value]) => {
    checkName(key, `${where}: ${METADATA}`);
    if (typeof value !== 'string')
      throw new InputError(where, `${METADATA} ${quoted(key)} is ${shown(value)}`, 'a string');
    checkText(value, `${where}: ${METADATA} ${quoted(key)}`);
    return [key, value] as const;
  });
  return Object.fromEntries(entries);
}

/** What stands in front of a file's tensors. */
export interface SafetensorsHeader {
  /** An entry for each tensor, not checked. */
  readonly entries: ReadonlyMap<string, unknown>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The first byte after the header. */
  readonly end: number;
}

/**
 * Read the header of a safetensors file; `bytes` may end with it.
 * @param where what to call the file in messages
 * @throws InputError if there is no header as the Python library takes one, or a name stands twice
 * @see https://huggingface.co/docs/safetensors, section Format
 */
export function readSafetensorsHeader(bytes: Uint8Array, where: string): SafetensorsHeader {
  if (bytes.length < HEADER_LENGTH_BYTES)
    throw new InputError(where, `${bytes.length} bytes`, 'a safetensors file of at least 8 bytes');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw new InputError(where, `a header of ${length} bytes`, `at most ${MAX_HEADER_BYTES}, as in a safetensors file`);
  const end = HEADER_LENGTH_BYTES + Number(length);
  if (end > bytes.length)
    throw new InputError(where, `a header of ${length} bytes in a file of ${bytes.length}`, 'the whole file');
  const header = parseHeader(bytes.subarray(HEADER_LENGTH_BYTES, end), where);
  const metadata = parseMetadata(Object.hasOwn(header, METADATA) ? header[METADATA] : undefined, where);
  return { entries: new Map(Object.entries(header).filter(([name]) => name !== METADATA)), metadata, end };
}
