import { type Zippable, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { fileSource, type TextSource } from './text-source.ts';
import { unzipped } from './zip.ts';

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

describe('unzipped', () => {
  it('returns anything that is not an archive unchanged', async () => {
    for (const text of ['', 'P', 'PK', 'a text', 'PK and more']) {
      const plain = source(encode(text));
      expect(await unzipped(plain)).toBe(plain);
    }
  });

  it.each([
    ['enwik8', { enwik8: encode(long) }],
    [
      'wiki.train.tokens',
      {
        'wikitext-103/wiki.test.tokens': encode('t'),
        'wikitext-103/wiki.train.tokens': encode(long),
        'wikitext-103/wiki.valid.tokens': encode('v'),
      },
    ],
    ['a.txt', { 'folder/': new Uint8Array(), 'folder/a.txt': encode(long), '__MACOSX/folder/._a.txt': encode('x') }],
    ['a.txt', { 'a.txt': [encode(long), { level: 0 as const }] }],
  ] satisfies [string, Zippable][])('finds %s, and reads it repeatedly', async (name, files) => {
    const entry = await unzipped(source(zip(files)));
    expect([entry.name, entry.size]).toEqual([name, long.length]);
    for (let k = 0; k < 2; k++) expect(await textOf(entry)).toBe(long);
    expect(await textOf(entry, 1000, 100_000)).toBe(long.slice(1000, 100_000));
    expect(await textOf(entry, 0, 0)).toBe('');
  });

  it('finds the wanted entry by name', async () => {
    const archive = source(zip({ 'a.txt': encode('a'), 'deep/b.txt': encode('b') }));
    expect(await textOf(await unzipped(archive, ['b.txt']))).toBe('b');
  });

  it('reads an archive with a comment, and one whose entry is empty', async () => {
    const bytes = zip({ 'a.txt': encode('abc') });
    new DataView(bytes.buffer).setUint16(bytes.length - 2, 5, true);
    expect(await textOf(await unzipped(source(new Uint8Array([...bytes, ...encode('hello')]))))).toBe('abc');
    expect(await textOf(await unzipped(source(zip({ 'a.txt': new Uint8Array() }))))).toBe('');
  });

  it('keeps memory bounded: zeros that expand a thousandfold come in parts', async () => {
    const entry = await unzipped(source(zip({ zeros: new Uint8Array(60_000_000) })));
    let [most, all] = [0, 0];
    for await (const piece of entry.open()) {
      most = Math.max(most, piece.length);
      all += piece.length;
    }
    expect(all).toBe(60_000_000);
    expect(most).toBeLessThan(20_000_000);
  });

  it('refuses several files without a wanted one, and an empty archive, and lists the files', async () => {
    const wanted = 'one of enwik8, wiki.train.tokens, or a single file';
    await expect(unzipped(source(zip({ 'a.txt': encode('a'), 'b/c.txt': encode('c') })))).rejects.toThrow(
      new InputError('corpus.zip', "a zip archive of 'a.txt', 'b/c.txt'", wanted),
    );
    await expect(unzipped(source(zip({ 'a/': new Uint8Array() })))).rejects.toThrow(
      new InputError('corpus.zip', 'an empty zip archive', wanted),
    );
    const many = Object.fromEntries(Array.from({ length: 23 }, (_, k) => [`${k}.txt`, encode('a')]));
    await expect(unzipped(source(zip(many)))).rejects.toThrow("'19.txt' and 3 more (expected one of enwik8");
  });

  it('refuses archives that are damaged, truncated, encrypted or use another compression', async () => {
    const bytes = zip({ 'a.txt': encode(long) });
    const directory = new DataView(bytes.buffer).getUint32(bytes.length - 6, true);
    const changed = (at: number, values: readonly number[]) => {
      const other = bytes.slice();
      other.set(values, at);
      return source(other);
    };
    const whole = 'an undamaged zip archive';
    const where = "corpus.zip: 'a.txt'";
    const archive = 'a whole zip archive of at most 4 GB';
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
      await expect(unzipped(archiveSource)).rejects.toThrow(error);

    const start = 30 + 'a.txt'.length;
    await expect(textOf(await unzipped(changed(start, [7])))).rejects.toThrow(
      /^corpus\.zip: 'a\.txt': .* \(expected an undamaged zip/,
    );
    const shorter = directory + 20;
    await expect(textOf(await unzipped(changed(shorter, [0, 1, 0, 0])))).rejects.toThrow(InputError);
    const size = new DataView(bytes.buffer).getUint32(directory + 24, true);
    const larger = [size & 255, (size >> 8) & 255, (size >> 16) & 255];
    larger[0] = ((larger[0] ?? 0) + 1) & 255;
    await expect(textOf(await unzipped(changed(directory + 24, larger)))).rejects.toThrow(
      `${where}: ${long.length} bytes instead of ${long.length + 1} (expected ${whole})`,
    );
  });
});
