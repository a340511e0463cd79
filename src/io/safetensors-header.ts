// The header of a safetensors file: its length in 8 bytes, then a JSON object with an entry for each tensor, and metadata.
import { InputError } from '../errors.ts';
import { quoted, shown } from './message.ts';
import { enoughToRecognise, recognise, wrongKind } from './recognise.ts';

/** The Python library's own limit. */
export const MAX_HEADER_BYTES = 100_000_000;
export const METADATA = '__metadata__';
export const HEADER_LENGTH_BYTES = 8;

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The JSON object in these bytes; undefined if there is none. */
function parseHeader(bytes: Uint8Array): { text: string; header: Record<string, unknown> } | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    const header: unknown = JSON.parse(text);
    return text.startsWith('{') && isObject(header) ? { text, header } : undefined;
  } catch {
    return undefined;
  }
}

function parseMetadata(found: unknown, where: string): Record<string, string> {
  if (found === undefined) return {};
  if (!isObject(found)) throw new InputError(where, `${METADATA} is ${shown(found)}`, 'an object of strings');
  for (const [key, value] of Object.entries(found))
    if (typeof value !== 'string')
      throw new InputError(where, `${METADATA} ${quoted(key)} is ${shown(value)}`, 'a string');
  return found as Record<string, string>;
}

/** The header of a file. */
export interface SafetensorsHeader {
  /** The JSON text as stored in the file. */
  readonly text: string;
  /** An entry for each tensor, unchecked. */
  readonly entries: ReadonlyMap<string, unknown>;
  readonly metadata: Readonly<Record<string, string>>;
  /** The first byte after the header. */
  readonly end: number;
}

/** The error for bytes that are no safetensors file: what they are, if that is known. */
function unreadable(bytes: Uint8Array, where: string, found: string, expected: string): InputError {
  const recognised = recognise(bytes.subarray(0, enoughToRecognise), bytes.length);
  const { kind, encoding } = recognised;
  // Almost any bytes are text in some encoding.
  const isKnown = kind !== 'binary' && kind !== 'safetensors' && !(kind === 'text' && encoding === 'not-utf-8');
  return isKnown ? wrongKind(where, recognised, 'a safetensors file') : new InputError(where, found, expected);
}

/**
 * Read the header of a safetensors file; `bytes` may end with it. Whether names are valid and unique, and whether the
 * tensors are present, is left to `readSafetensors`: the page needs less.
 * @param where the file's name in messages
 * @throws InputError if it is not a JSON object whose metadata are strings
 * @see https://huggingface.co/docs/safetensors, section Format
 */
export function readSafetensorsHeader(bytes: Uint8Array, where: string): SafetensorsHeader {
  if (bytes.length < HEADER_LENGTH_BYTES)
    throw new InputError(where, `${bytes.length} bytes`, 'a safetensors file of at least 8 bytes');
  const length = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true);
  if (length > BigInt(MAX_HEADER_BYTES))
    throw unreadable(
      bytes,
      where,
      `a header of ${length} bytes`,
      `at most ${MAX_HEADER_BYTES}, as in a safetensors file`,
    );
  const end = HEADER_LENGTH_BYTES + Number(length);
  if (end > bytes.length)
    throw unreadable(bytes, where, `a header of ${length} bytes in a file of ${bytes.length}`, 'the whole file');
  const parsed = parseHeader(bytes.subarray(HEADER_LENGTH_BYTES, end));
  if (!parsed) throw unreadable(bytes, where, 'a header that is not JSON', 'a JSON object in UTF-8');
  const { text, header } = parsed;
  const metadata = parseMetadata(Object.hasOwn(header, METADATA) ? header[METADATA] : undefined, where);
  return { text, entries: new Map(Object.entries(header).filter(([name]) => name !== METADATA)), metadata, end };
}
