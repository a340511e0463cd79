// Zip archives: their entries, each a source of bytes that is inflated and checked while it is read. Zip64 included,
// because corpora are larger than 4 GB. (zip.js reads more kinds of archives, but adds 57 kB to the worker.)
import { InputError } from '../errors.ts';
import { cutOut, inflated } from './inflate.ts';
import { quoted } from './message.ts';
import { bytesOf, type TextSource } from './text-source.ts';

/** A file in an archive. */
export interface ZipEntry {
  /** Its path, with folders. */
  readonly name: string;
  /** Bytes once inflated. */
  readonly size: number;
  readonly method: number;
  readonly isEncrypted: boolean;
  readonly packed: number;
  readonly checksum: number;
  /** Offset of its local header. */
  readonly at: number;
}

const localHeader = 0x04034b50;
const directoryHeader = 0x02014b50;
const directoryEnd = 0x06054b50;
const directoryEnd64 = 0x06064b50;
const locator64 = 0x07064b50;
/** Size of the end-of-directory record without a comment, and with the longest one. */
const shortestEnd = 22;
const longestEnd = shortestEnd + 0xffff;
/** A field whose value stands in the zip64 record instead. */
const elsewhere = 0xffffffff;
const stored = 0;
const deflated = 8;
/** More is no list of files that a corpus is published in. */
const longestDirectory = 2 ** 28;

const long = (view: DataView, at: number) => Number(view.getBigUint64(at, true));

/** Where the directory is, how long, and how many entries it has. */
async function directoryOf(source: TextSource, broken: (found: string) => InputError) {
  const from = Math.max(0, source.size - longestEnd);
  const tail = await bytesOf(source, from, source.size);
  let end = tail.byteLength - shortestEnd;
  while (end >= 0 && tail.getUint32(end, true) !== directoryEnd) end--;
  if (end < 0) throw broken('a zip archive without its directory');
  const [count, length, start] = [
    tail.getUint16(end + 10, true),
    tail.getUint32(end + 12, true),
    tail.getUint32(end + 16, true),
  ];
  if (count !== 0xffff && length !== elsewhere && start !== elsewhere) return { count, length, start, end: from + end };
  const locator = from + end - 20;
  const at = locator >= 0 ? await bytesOf(source, locator, locator + 20) : undefined;
  if (at?.getUint32(0, true) !== locator64) return { count, length, start, end: from + end };
  const record = long(at, 8);
  if (record + 56 > locator) throw broken('a zip64 directory beyond its end');
  const fields = await bytesOf(source, record, record + 56);
  if (fields.getUint32(0, true) !== directoryEnd64) throw broken('a zip64 archive without its directory');
  return { count: long(fields, 32), length: long(fields, 40), start: long(fields, 48), end: record };
}

/** Size, packed size and offset, where the entry's zip64 field has them: in this order, and only those needed. */
function zip64Fields(extra: DataView, needed: readonly boolean[]): (number | undefined)[] {
  for (let at = 0; at + 4 <= extra.byteLength; at += 4 + extra.getUint16(at + 2, true)) {
    if (extra.getUint16(at, true) !== 1) continue;
    const end = Math.min(extra.byteLength, at + 4 + extra.getUint16(at + 2, true));
    let field = at + 4;
    return needed.map((isNeeded) => {
      if (!isNeeded || field + 8 > end) return undefined;
      field += 8;
      return long(extra, field - 8);
    });
  }
  return [];
}

/**
 * The files of an archive, from the directory at its end; nothing of them is read.
 * @throws InputError if the archive is truncated or its directory damaged
 */
export async function zipEntries(source: TextSource): Promise<ZipEntry[]> {
  const broken = (found: string) => new InputError(source.name, found, 'a whole zip archive');
  const { count, length, start, end } = await directoryOf(source, broken);
  if (start + length > end || length > longestDirectory) throw broken('a directory beyond its end');
  const directory = await bytesOf(source, start, start + length);
  const part = (at: number, size: number) =>
    new DataView(directory.buffer, Math.min(at, length), Math.max(0, Math.min(size, length - at)));
  const names = new TextDecoder();
  const entries: ZipEntry[] = [];
  for (let at = 0, k = 0; k < count; k++) {
    if (at + 46 > length || directory.getUint32(at, true) !== directoryHeader) throw broken(`no entry ${k + 1}`);
    const [nameLength = 0, extra = 0, comment = 0] = [28, 30, 32].map((field) => directory.getUint16(at + field, true));
    const [size = 0, packed = 0, offset = 0] = [24, 20, 42].map((field) => directory.getUint32(at + field, true));
    const fields = zip64Fields(
      part(at + 46 + nameLength, extra),
      [size, packed, offset].map((value) => value === elsewhere),
    );
    entries.push({
      name: names.decode(part(at + 46, nameLength)),
      method: directory.getUint16(at + 10, true),
      isEncrypted: (directory.getUint16(at + 8, true) & 1) !== 0,
      checksum: directory.getUint32(at + 16, true),
      size: fields[0] ?? size,
      packed: fields[1] ?? packed,
      at: fields[2] ?? offset,
    });
    at += 46 + nameLength + extra + comment;
  }
  return entries.filter(({ name }) => !name.endsWith('/'));
}

/** A path without its folders. */
export const baseName = (path: string) => path.split('/').at(-1) ?? path;

/**
 * An entry of the archive as a source. Reading it to its end checks its size and its CRC-32.
 * @throws InputError if it is encrypted, compressed in another way, or not where the directory says
 */
export async function zipEntry(source: TextSource, entry: ZipEntry): Promise<TextSource> {
  const where = `${source.name}: ${quoted(entry.name)}`;
  const broken = (found: string) => new InputError(where, found, 'an undamaged zip archive');
  if (entry.isEncrypted) throw new InputError(where, 'an encrypted file', 'one without a password');
  if (entry.method !== stored && entry.method !== deflated)
    throw new InputError(where, `compression method ${entry.method}`, 'stored (0) or deflated (8)');
  if (entry.at + 30 > source.size) throw broken('it begins beyond the end');
  const header = await bytesOf(source, entry.at, entry.at + 30);
  if (header.getUint32(0, true) !== localHeader) throw broken('not where the directory says');
  // Name and extra field may differ in length from those in the directory.
  const start = entry.at + 30 + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + entry.packed > source.size) throw broken('it reaches beyond the end');
  return {
    name: baseName(entry.name),
    size: entry.size,
    open(from = 0, to = entry.size) {
      const pieces = source.open(start, start + entry.packed);
      const content = entry.method === stored ? pieces : inflated(pieces, 'deflate-raw', broken);
      // Part of an entry cannot be checked.
      return cutOut(checked(content, entry, broken), from, to < entry.size ? to : Number.POSITIVE_INFINITY);
    },
  };
}

/** The bytes themselves; an error at their end, if size or checksum differ from the directory's. */
async function* checked(
  pieces: AsyncIterable<Uint8Array>,
  { size, checksum }: ZipEntry,
  broken: (found: string) => InputError,
): AsyncGenerator<Uint8Array, void, void> {
  let [at, crc] = [0, 0];
  for await (const piece of pieces) {
    at += piece.length;
    if (at > size) throw broken(`more than the ${size} bytes it should have`);
    crc = crc32(piece, crc);
    yield piece;
  }
  if (at !== size) throw broken(`${at} bytes instead of ${size}`);
  if (crc !== checksum) throw broken('its content does not match its checksum (CRC-32)');
}

const remainders = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte;
  for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (value & 1 ? 0xedb88320 : 0);
  return value;
});

/** The CRC-32 of ISO 3309 of `bytes`, after bytes with the checksum `before`. */
export function crc32(bytes: Uint8Array, before: number): number {
  let crc = ~before;
  for (let at = 0; at < bytes.length; at++)
    crc = (crc >>> 8) ^ (remainders[(crc ^ (bytes[at] as number)) & 255] as number);
  return ~crc >>> 0;
}
