import { type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { fileSource, type TextSource } from './text-source.ts';
import { zipEntries, zipEntry } from './zip.ts';

const encode = (text: string) => new TextEncoder().encode(text);
const zip = (files: Zippable) => zipSync(files) as Uint8Array<ArrayBuffer>;
const source = (bytes: Uint8Array<ArrayBuffer>) => fileSource(new Blob([bytes]), 'corpus.zip');

async function textOf(source: TextSource, from?: number, to?: number): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const piece of source.open(from, to)) text += decoder.decode(piece, { stream: true });
  return text;
}

const long = Array.from({ length: 50_000 }, (_, k) => `line ${(k * 7919) % 10_007}\n`).join('');

/** The entry with this name. */
async function open(archive: TextSource, name: string): Promise<TextSource> {
  const entry = (await zipEntries(archive)).find((each) => each.name === name);
  return entry ? zipEntry(archive, entry) : expect.fail(`no ${name}`);
}

/** The same archive with the sizes and the offset of its only entry, and those of its directory, in zip64 fields. */
function asZip64(bytes: Uint8Array<ArrayBuffer>, name: string): Uint8Array<ArrayBuffer> {
  const end = bytes.length - 22;
  const view = new DataView(bytes.buffer);
  const start = view.getUint32(end + 16, true);
  const extra = new DataView(new ArrayBuffer(28));
  extra.setUint16(0, 1, true);
  extra.setUint16(2, 24, true);
  // Size, packed size, offset.
  [24, 20, 42].forEach((field, k) => {
    extra.setBigUint64(4 + 8 * k, BigInt(view.getUint32(start + field, true)), true);
  });
  const entry = bytes.slice(start, start + 46 + name.length);
  const fields = new DataView(entry.buffer);
  for (const field of [20, 24, 42]) fields.setUint32(field, 0xffffffff, true);
  fields.setUint16(30, 28, true);
  const directory = new Uint8Array([...entry, ...new Uint8Array(extra.buffer)]);
  const record = new DataView(new ArrayBuffer(56));
  record.setUint32(0, 0x06064b50, true);
  record.setBigUint64(4, 44n, true);
  for (const [field, value] of [
    [24, 1],
    [32, 1],
    [40, directory.length],
    [48, start],
  ] as const)
    record.setBigUint64(field, BigInt(value), true);
  const locator = new DataView(new ArrayBuffer(20));
  locator.setUint32(0, 0x07064b50, true);
  locator.setBigUint64(8, BigInt(start + directory.length), true);
  locator.setUint32(16, 1, true);
  const last = bytes.slice(end);
  const ends = new DataView(last.buffer);
  for (const field of [8, 10]) ends.setUint16(field, 0xffff, true);
  for (const field of [12, 16]) ends.setUint32(field, 0xffffffff, true);
  const parts = [bytes.slice(0, start), directory, new Uint8Array(record.buffer), new Uint8Array(locator.buffer), last];
  return new Uint8Array(parts.flatMap((part) => [...part]));
}

describe('a zip archive', () => {
  it('lists its files, without folders', async () => {
    const archive = source(zip({ 'a/': new Uint8Array(), 'a/b.txt': encode('b'), 'c.txt': encode('cc') }));
    const entries = await zipEntries(archive);
    expect(entries.map(({ name, size }) => [name, size])).toEqual([
      ['a/b.txt', 1],
      ['c.txt', 2],
    ]);
    expect(await zipEntries(source(zip({})))).toEqual([]);
  });

  it.each([
    ['deflated', { 'a/b.txt': encode(long) }],
    ['stored', { 'a/b.txt': [encode(long), { level: 0 as const }] }],
  ] satisfies [string, Zippable][])('gives an entry that is %s, as often as it is asked', async (_, files) => {
    const entry = await open(source(zip(files)), 'a/b.txt');
    expect([entry.name, entry.size]).toEqual(['b.txt', long.length]);
    for (let k = 0; k < 2; k++) expect(await textOf(entry)).toBe(long);
    expect(await textOf(entry, 1000, 100_000)).toBe(long.slice(1000, 100_000));
    expect(await textOf(entry, 0, 0)).toBe('');
  });

  it('may have a comment, and an empty entry', async () => {
    const bytes = zip({ 'a.txt': encode('abc') });
    new DataView(bytes.buffer).setUint16(bytes.length - 2, 5, true);
    expect(await textOf(await open(source(new Uint8Array([...bytes, ...encode('hello')])), 'a.txt'))).toBe('abc');
    expect(await textOf(await open(source(zip({ 'a.txt': new Uint8Array() })), 'a.txt'))).toBe('');
  });

  it('may be zip64, as one of more than 4 GB is', async () => {
    const archive = source(asZip64(zip({ 'a.txt': encode(long) }), 'a.txt'));
    const entry = await open(archive, 'a.txt');
    expect(entry.size).toBe(long.length);
    expect(await textOf(entry)).toBe(long);
  });

  it('is inflated in parts: zeros that expand a thousandfold take little memory', async () => {
    const entry = await open(source(zip({ zeros: new Uint8Array(60_000_000) })), 'zeros');
    let [most, all] = [0, 0];
    for await (const piece of entry.open()) {
      most = Math.max(most, piece.length);
      all += piece.length;
    }
    expect(all).toBe(60_000_000);
    expect(most).toBeLessThan(20_000_000);
  });

  it('is refused when damaged, truncated, encrypted or compressed in another way', async () => {
    const bytes = zip({ 'a.txt': encode(long) });
    const directory = new DataView(bytes.buffer).getUint32(bytes.length - 6, true);
    const changed = (at: number, values: readonly number[]) => {
      const other = bytes.slice();
      other.set(values, at);
      return source(other);
    };
    const whole = 'an undamaged zip archive';
    const where = "corpus.zip: 'a.txt'";
    const archive = 'a whole zip archive';
    for (const [archiveSource, error] of [
      [source(bytes.slice(0, -1)), new InputError('corpus.zip', 'a zip archive without its directory', archive)],
      [source(bytes.slice(0, 1000)), new InputError('corpus.zip', 'a zip archive without its directory', archive)],
      [
        changed(bytes.length - 6, [255, 255, 255, 0]),
        new InputError('corpus.zip', 'a directory beyond its end', archive),
      ],
      [changed(bytes.length - 12, [2]), new InputError('corpus.zip', 'no entry 2', archive)],
      [changed(directory, [0]), new InputError('corpus.zip', 'no entry 1', archive)],
      [changed(directory + 8, [1]), new InputError(where, 'an encrypted file', 'one without a password')],
      [changed(directory + 10, [9]), new InputError(where, 'compression method 9', 'stored (0) or deflated (8)')],
      [changed(directory + 42, [1]), new InputError(where, 'not where the directory says', whole)],
      [changed(directory + 42, [255, 255, 255, 0]), new InputError(where, 'it begins beyond the end', whole)],
      [changed(directory + 20, [255, 255, 255, 0]), new InputError(where, 'it reaches beyond the end', whole)],
    ] as const)
      await expect(open(archiveSource, 'a.txt')).rejects.toThrow(error);

    const start = 30 + 'a.txt'.length;
    const read = async (archiveSource: TextSource) => textOf(await open(archiveSource, 'a.txt'));
    await expect(read(changed(start, [7]))).rejects.toThrow(/^corpus\.zip: 'a\.txt': .* \(expected an undamaged zip/);
    await expect(read(changed(directory + 20, [0, 1, 0, 0]))).rejects.toThrow(InputError);
    const size = new DataView(bytes.buffer).getUint32(directory + 24, true);
    const other = (change: number) => [(size + change) & 255, ((size + change) >> 8) & 255, (size + change) >> 16];
    await expect(read(changed(directory + 24, other(1)))).rejects.toThrow(
      `${where}: ${long.length} bytes instead of ${long.length + 1} (expected ${whole})`,
    );
    await expect(read(changed(directory + 24, other(-1)))).rejects.toThrow(
      `${where}: more than the ${long.length - 1} bytes it should have (expected ${whole})`,
    );
  });

  it('is refused when a file in it does not match its checksum', async () => {
    const mismatch = new InputError(
      "corpus.zip: 'a.txt'",
      'its content does not match its checksum (CRC-32)',
      'an undamaged zip archive',
    );
    const stored = zip({ 'a.txt': [encode('it was late'), { level: 0 }] });
    stored[30 + 'a.txt'.length] = 0x49;
    const entry = await open(source(stored), 'a.txt');
    await expect(textOf(entry)).rejects.toThrow(mismatch);
    const deflated = zip({ 'a.txt': encode(long) });
    const directory = new DataView(deflated.buffer).getUint32(deflated.length - 6, true);
    deflated[directory + 16] = (deflated[directory + 16] ?? 0) ^ 1;
    await expect(open(source(deflated), 'a.txt').then(textOf)).rejects.toThrow(mismatch);
  });

  it('passes on what its own file cannot be read for', async () => {
    const bytes = zip({ 'a.txt': encode(long) });
    const gone = new InputError('corpus.zip', 'cannot be read: gone', 'a file that is still there, and no folder');
    let isGone = false;
    const archive: TextSource = {
      ...source(bytes),
      open(from, to) {
        if (isGone) throw gone;
        return source(bytes).open(from, to);
      },
    };
    const entry = await open(archive, 'a.txt');
    isGone = true;
    await expect(textOf(entry)).rejects.toThrow(gone);
  });
});
