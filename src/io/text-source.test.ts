import * as fs from 'node:fs/promises';
import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import { nodeSource } from './node-text-source.ts';
import { fileSource, type TextSource } from './text-source.ts';

const bytes = Uint8Array.from({ length: 2 ** 21 + 5 }, (_, k) => (k * 31) % 253);

async function read(source: TextSource, from?: number, to?: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source.open(from, to)) {
    expect(piece.length).toBeLessThanOrEqual(2 ** 20);
    pieces.push(piece.slice());
  }
  return new Uint8Array(await new Blob(pieces as BlobPart[]).arrayBuffer());
}

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'text-source-'));
  await writeFile(join(folder, 'book.txt'), bytes);
});
afterAll(() => rm(folder, { recursive: true }));

describe.each([
  ['fileSource', async () => fileSource(new File([bytes], 'book.txt'))],
  ['nodeSource', () => nodeSource(fs, join(folder, 'book.txt'))],
])('%s', (_, open) => {
  it('reads all of it, and any part, repeatedly', async () => {
    const source = await open();
    expect([source.name, source.size]).toEqual(['book.txt', bytes.length]);
    for (const [from, to] of [
      [undefined, undefined],
      [0, 10],
      [2 ** 20 - 1, 2 ** 20 + 1],
      [5, undefined],
      [7, 7],
    ] as const) {
      const found = await read(source, from, to);
      expect(Buffer.compare(found, bytes.slice(from, to))).toBe(0);
    }
  });
});

describe('fileSource', () => {
  it('has a name even for a nameless blob', () => {
    expect(fileSource(new Blob(['a'])).name).toBe('text');
    expect(fileSource(new File(['a'], 'a.txt'), 'b.txt').name).toBe('b.txt');
  });

  it('reports what cannot be read: a dropped folder', async () => {
    const failing = {
      size: 4096,
      name: 'folder',
      slice: () => ({ arrayBuffer: () => Promise.reject(new Error('gone')) }),
    };
    await expect(read(fileSource(failing))).rejects.toThrow(
      new InputError('folder', 'cannot be read: gone', 'a file that still exists and is not a folder'),
    );
  });
});

describe('nodeSource', () => {
  it('refuses a folder, something that is not a file, and a missing file', async () => {
    await expect(nodeSource(fs, folder)).rejects.toThrow(new InputError(folder, 'a folder', 'a file'));
    await expect(nodeSource(fs, '/dev/null')).rejects.toThrow(new InputError('/dev/null', 'not a file', 'a file'));
    const nowhere = join(folder, 'nowhere.txt');
    const found = nodeSource(fs, nowhere);
    await expect(found).rejects.toThrow(InputError);
    await expect(found).rejects.toThrow(/^.*nowhere\.txt: no such file /);
  });

  it('reports a file that disappeared or became shorter', async () => {
    const path = join(folder, 'short.txt');
    await writeFile(path, 'abcdef');
    const source = await nodeSource(fs, path);
    await truncate(path, 4);
    await expect(read(source)).rejects.toThrow(new InputError(path, 'it ends at byte 4', '6 bytes, as it had before'));
    await rm(path);
    await expect(read(source)).rejects.toThrow(InputError);
  });

  it('closes its file, also if it is not read to the end', async () => {
    let open = 0;
    const counting = {
      stat: fs.stat,
      async open(path: string, flags: 'r') {
        const file = await fs.open(path, flags);
        open++;
        return {
          read: (buffer: Uint8Array, offset: number, length: number, position: number) =>
            file.read(buffer, offset, length, position),
          close() {
            open--;
            return file.close();
          },
        };
      },
    };
    const source = await nodeSource(counting, join(folder, 'book.txt'));
    for await (const _ of source.open()) {
      expect(open).toBe(1);
      break;
    }
    expect(open).toBe(0);
  });
});
