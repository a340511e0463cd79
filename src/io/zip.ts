// Zip archives: one entry as a text source, inflated while it is read, because corpora are published zipped.
import { Inflate } from 'fflate';
import { InputError } from '../errors.ts';
import { quoted } from './message.ts';
import type { TextSource } from './text-source.ts';

interface Entry {
  readonly name: string;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly packed: number;
  readonly size: number;
  /** Offset of its local header. */
  readonly at: number;
}

const localHeader = 0x04034b50;
const directoryHeader = 0x02014b50;
const directoryEnd = 0x06054b50;
/** Size of the end-of-directory record with the longest comment. */
const longestEnd = 22 + 0xffff;
const stored = 0;
const deflated = 8;
/** Compressed bytes pushed at once, because they may expand a thousandfold. */
const pieceSize = 2 ** 14;

/** Entries that are chosen automatically. */
export const published: readonly string[] = ['enwik8', 'wiki.train.tokens'];

async function bytesOf(source: TextSource, from: number, to: number): Promise<DataView<ArrayBuffer>> {
  const bytes = new Uint8Array(to - from);
  let at = 0;
  for await (const piece of source.open(from, to)) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return new DataView(bytes.buffer);
}

/** The directory at the end of the archive: lists its entries without reading them. */
async function entriesOf(source: TextSource): Promise<Entry[]> {
  const broken = (found: string) => new InputError(source.name, found, 'a whole zip archive of at most 4 GB');
  const from = Math.max(0, source.size - longestEnd);
  const tail = await bytesOf(source, from, source.size);
  let end = tail.byteLength - 22;
  while (end >= 0 && tail.getUint32(end, true) !== directoryEnd) end--;
  if (end < 0) throw broken('a zip archive without its directory');
  const [count, length, start] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (start + length > from + end) throw broken('a directory beyond its end');
  const directory = await bytesOf(source, start, start + length);
  const names = new TextDecoder();
  const entries: Entry[] = [];
  for (let at = 0, k = 0; k < count; k++) {
    if (at + 46 > length || directory.getUint32(at, true) !== directoryHeader) throw broken(`no entry ${k + 1}`);
    const [nameLength, extra, comment] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    const name = names.decode(new Uint8Array(directory.buffer, at + 46, Math.min(nameLength ?? 0, length - at - 46)));
    entries.push({
      name,
      method: directory.getUint16(at + 10, true),
      isEncrypted: (directory.getUint16(at + 8, true) & 1) !== 0,
      packed: directory.getUint32(at + 20, true),
      size: directory.getUint32(at + 24, true),
      at: directory.getUint32(at + 42, true),
    });
    at += 46 + (nameLength ?? 0) + (extra ?? 0) + (comment ?? 0);
  }
  return entries.filter(({ name }) => !name.endsWith('/'));
}

const baseName = (path: string) => path.split('/').at(-1) ?? path;

/** A wanted entry, or the only one. Archives made on a Mac contain a shadow file for each entry. */
function choose(source: TextSource, all: readonly Entry[], wanted: readonly string[]): Entry {
  const entries = all.filter(({ name }) => !name.startsWith('__MACOSX/'));
  const found = entries.find(({ name }) => wanted.includes(baseName(name)));
  const [only] = entries;
  const entry = found ?? (entries.length === 1 ? only : undefined);
  if (!entry) {
    const names = entries.slice(0, 20).map(({ name }) => quoted(name));
    const rest = entries.length > names.length ? ` and ${entries.length - names.length} more` : '';
    throw new InputError(
      source.name,
      names.length > 0 ? `a zip archive of ${names.join(', ')}${rest}` : 'an empty zip archive',
      `one of ${wanted.join(', ')}, or a single file`,
    );
  }
  const where = `${source.name}: ${quoted(entry.name)}`;
  if (entry.isEncrypted) throw new InputError(where, 'an encrypted file', 'one without a password');
  if (entry.method !== stored && entry.method !== deflated)
    throw new InputError(where, `compression method ${entry.method}`, 'stored (0) or deflated (8)');
  return entry;
}

/**
 * The source itself; or, if it is a zip archive, the wanted entry, or its only one.
 * @param wanted names without folders
 * @throws InputError if the archive is damaged, or has none of these entries and several others
 */
export async function unzipped(source: TextSource, wanted: readonly string[] = published): Promise<TextSource> {
  if (source.size < 4 || (await bytesOf(source, 0, 4)).getUint32(0, true) !== localHeader) return source;
  const entry = choose(source, await entriesOf(source), wanted);
  const where = `${source.name}: ${quoted(entry.name)}`;
  const broken = (found: string) => new InputError(where, found, 'an undamaged zip archive');
  if (entry.at + 30 > source.size) throw broken('it begins beyond the end');
  const header = await bytesOf(source, entry.at, entry.at + 30);
  if (header.getUint32(0, true) !== localHeader) throw broken('not where the directory says');
  // Name and extra field may differ in length from those in the directory.
  const start = entry.at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.packed > source.size) throw broken('it reaches beyond the end');
  return {
    name: baseName(entry.name),
    size: entry.size,
    async *open(from = 0, to = entry.size) {
      const pieces = source.open(start, start + entry.packed);
      let at = 0;
      for await (const piece of entry.method === stored ? pieces : inflated(pieces, broken)) {
        const part = piece.subarray(Math.max(0, from - at), Math.max(0, to - at));
        at += piece.length;
        if (part.length > 0) yield part;
        if (at >= to && to < entry.size) return;
      }
      if (at !== entry.size) throw broken(`${at} bytes instead of ${entry.size}`);
    },
  };
}

async function* inflated(
  pieces: AsyncIterable<Uint8Array>,
  broken: (found: string) => InputError,
): AsyncGenerator<Uint8Array> {
  let ready: Uint8Array[] = [];
  const inflate = new Inflate((bytes) => ready.push(bytes));
  const push = (piece: Uint8Array, isLast: boolean) => {
    try {
      inflate.push(piece, isLast);
    } catch (error) {
      throw broken(error instanceof Error ? error.message : String(error));
    }
    const made = ready;
    ready = [];
    return made;
  };
  for await (const piece of pieces)
    for (let from = 0; from < piece.length; from += pieceSize)
      yield* push(piece.subarray(from, from + pieceSize), false);
  yield* push(new Uint8Array(0), true);
}
