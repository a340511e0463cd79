// Long text from a file, read as a stream: bytes are decoded piece by piece, and the whole text is never in memory.
import { InputError } from '../errors.ts';
import type { TextSource } from '../io/text-source.ts';

/** Receives the fraction of the work done, from 0 to 1. */
export type OnProgress = (done: number) => void;

const pieceSize = 2 ** 18;

/** The source's bytes in pieces of bounded size, reported to `onProgress` as part `pass` of `passes`. */
export async function* readBytes(
  source: TextSource,
  pass = 0,
  passes = 1,
  onProgress?: OnProgress,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  for await (const chunk of source.open())
    for (let from = 0; from < chunk.length; from += pieceSize) {
      const piece = chunk.subarray(from, from + pieceSize);
      yield piece;
      read += piece.length;
      // A source may not know its exact size.
      onProgress?.((pass + Math.min(1, read / Math.max(1, source.size))) / passes);
    }
}

/** Bytes of UTF-8 text; `isWhole` says that they end with a character. */
interface Utf8 {
  readonly bytes: Uint8Array;
  readonly isWhole: boolean;
}

/**
 * The source's bytes, never splitting a character, except that the last piece is a character truncated by the end of
 * the source, if it is: enwik8 ends within one.
 * @throws InputError at the first byte that is not UTF-8
 */
export async function* readUtf8(
  source: TextSource,
  pass = 0,
  passes = 1,
  onProgress?: OnProgress,
): AsyncGenerator<Utf8> {
  let offset = 0;
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of readBytes(source, pass, passes, onProgress)) {
    const bytes = rest.length > 0 ? joined(rest, piece) : piece;
    const { end, isBroken } = wholeCharacters(bytes);
    if (isBroken) throw new InputError(source.name, `not UTF-8 at byte ${offset + end}`, 'a text in UTF-8');
    yield { bytes: bytes.subarray(0, end), isWhole: true };
    offset += end;
    rest = bytes.slice(end);
  }
  if (rest.length > 0) yield { bytes: rest, isWhole: false };
}

/** A character that may combine with those before it: marks, and the later parts of a Korean syllable. */
const combining = /^[\p{M}\u1160-\u11ff]/u;
/** More marks than any letter has. */
const mostMarks = 1024;

/** Where the last character begins with which nothing before it can combine. */
function lastStart(text: string): number {
  for (let at = text.length - 1; at > Math.max(0, text.length - mostMarks); at--) {
    const code = text.charCodeAt(at);
    const isSecondHalf = code >= 0xdc00 && code < 0xe000;
    if (!isSecondHalf && (code < 0x300 || !combining.test(text.slice(at, at + 2)))) return at;
  }
  return text.length < mostMarks ? 0 : text.length;
}

/**
 * The source's text in NFC, piece by piece, never splitting a character. A character truncated by the end of the source
 * is dropped; so is a byte order mark at the beginning.
 * @throws InputError at the first byte that is not UTF-8
 */
export async function* readText(
  source: TextSource,
  pass = 0,
  passes = 1,
  onProgress?: OnProgress,
): AsyncGenerator<string> {
  // A byte order mark elsewhere than at the beginning is an ordinary character.
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  let isFirst = true;
  // The last character so far: a mark may follow that belongs to it.
  let held = '';
  for await (const { bytes, isWhole } of readUtf8(source, pass, passes, onProgress)) {
    if (!isWhole) break;
    const decoded = decoder.decode(bytes);
    const text = held + (isFirst && decoded.startsWith('\uFEFF') ? decoded.slice(1) : decoded);
    isFirst &&= bytes.length === 0;
    const end = lastStart(text);
    held = text.slice(end);
    if (end > 0) yield text.slice(0, end).normalize('NFC');
  }
  if (held !== '') yield held.normalize('NFC');
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

/** Where the last complete character ends, and whether the following bytes can never become one. */
export function wholeCharacters(bytes: Uint8Array): { readonly end: number; readonly isBroken: boolean } {
  let at = 0;
  while (at < bytes.length) {
    const lead = bytes[at] ?? 0;
    if (lead < 0x80) {
      at++;
      continue;
    }
    const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0) return { end: at, isBroken: true };
    for (let k = 1; k < length; k++) {
      const byte = bytes[at + k];
      if (byte === undefined) return { end: at, isBroken: false };
      // Reject overlong encodings, surrogates, and values above 10ffff.
      const low = k > 1 ? 0x80 : lead === 0xe0 ? 0xa0 : lead === 0xf0 ? 0x90 : 0x80;
      const high = k > 1 ? 0xbf : lead === 0xed ? 0x9f : lead === 0xf4 ? 0x8f : 0xbf;
      if (byte < low || byte > high) return { end: at, isBroken: true };
    }
    at += length;
  }
  return { end: at, isBroken: false };
}
