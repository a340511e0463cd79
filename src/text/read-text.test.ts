import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { InputError } from '../errors.ts';
import type { TextSource } from '../io/text-source.ts';
import { readBytes, readText } from './read-text.ts';

/** Bytes in pieces of `length`. */
function inPieces(bytes: Uint8Array, length: number, name = 'book.txt'): TextSource {
  return {
    name,
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
    },
  };
}

async function text(source: TextSource): Promise<string> {
  let all = '';
  for await (const piece of readText(source)) all += piece;
  return all;
}

describe('readText', () => {
  it('gives the text, however its bytes are split', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), fc.integer({ min: 1, max: 9 }), async (wanted, length) => {
        fc.pre(!wanted.startsWith('\uFEFF'));
        expect(await text(inPieces(new TextEncoder().encode(wanted), length))).toBe(wanted.normalize('NFC'));
      }),
      { numRuns: 500 },
    );
  });

  it('gives NFC, also where a letter and its marks are in different pieces', async () => {
    const decomposed = 'Cafe\u0301 a\u0323\u0302 \u1112\u1161\u11ab \u0915\u093f';
    const bytes = new TextEncoder().encode(decomposed);
    for (const length of [1, 2, 3, 4, 100])
      expect(await text(inPieces(bytes, length))).toBe('Café ậ \ud55c \u0915\u093f');
    const marks = `e${'\u0301'.repeat(5000)}`;
    expect(await text(inPieces(new TextEncoder().encode(marks), 100))).toHaveLength(5000);
  });

  it('drops a byte order mark at the beginning only', async () => {
    const bytes = new TextEncoder().encode('\uFEFFa\uFEFFb');
    for (const length of [1, 2, 3, 4, 100]) expect(await text(inPieces(bytes, length))).toBe('a\uFEFFb');
  });

  it('drops a character that the end cuts off, as in enwik8', async () => {
    const bytes = new TextEncoder().encode('a€😀');
    for (const length of [1, 3, 100])
      for (const [end, wanted] of [
        [7, 'a€'],
        [5, 'a€'],
        [4, 'a€'],
        [3, 'a'],
        [2, 'a'],
      ] as const)
        expect(await text(inPieces(bytes.subarray(0, end), length))).toBe(wanted);
  });

  it.each([
    ['a byte that UTF-8 never uses', [0x61, 0xff], 1],
    ['a continuation byte without a lead byte', [0x61, 0x62, 0x80], 2],
    ['an incomplete character', [0x61, 0xe2, 0x82, 0x61], 1],
    ['a lead byte without a continuation', [0xc3, 0x28, 0x61], 0],
    ['an overlong encoding of /', [0xc0, 0xaf], 0],
    ['an overlong encoding of three bytes', [0xe0, 0x80, 0xaf], 0],
    ['an overlong encoding of four bytes', [0xf0, 0x80, 0x80, 0xaf], 0],
    ['half a surrogate pair', [0x61, 0xed, 0xa0, 0x80], 1],
    ['a code point above 10FFFF', [0xf4, 0x90, 0x80, 0x80], 0],
    ['UTF-16', [0xff, 0xfe, 0x61, 0x00], 0],
    ['Latin 1', [0x63, 0x61, 0x66, 0xe9, 0x20, 0x61], 3],
    ['an impossible beginning at the end', [0x61, 0xe0, 0x80], 1],
  ])('refuses %s, and names the byte', async (_, bytes, offset) => {
    for (const length of [1, 2, 3, 100])
      await expect(text(inPieces(Uint8Array.from(bytes), length))).rejects.toThrow(
        new InputError('book.txt', `not UTF-8 at byte ${offset}`, 'a text in UTF-8'),
      );
  });

  it('finds every error that the platform’s decoder finds', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.constantFrom(0x41, 0x80, 0x8f, 0x90, 0xa0, 0xbf, 0xc1, 0xc2, 0xdf, 0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5),
        ),
        async (list) => {
          // A letter at the end, so that nothing is cut off.
          const bytes = Uint8Array.from([...list, 0x41]);
          const wanted = () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
          let isBroken = false;
          try {
            wanted();
          } catch {
            isBroken = true;
          }
          const found = text(inPieces(bytes, 3));
          if (isBroken) await expect(found).rejects.toThrow(InputError);
          else expect(await found).toBe(wanted());
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('readBytes', () => {
  it('splits long pieces, and reports progress', async () => {
    const bytes = new Uint8Array(600_000);
    const progress: number[] = [];
    const lengths: number[] = [];
    for await (const piece of readBytes(inPieces(bytes, 500_000), 1, 2, (done) => progress.push(done)))
      lengths.push(piece.length);
    expect(lengths).toEqual([262_144, 237_856, 100_000]);
    expect(progress.map((done) => done.toFixed(3))).toEqual(['0.718', '0.917', '1.000']);
  });

  it('never reports more than 1, even if a source is longer than its size', async () => {
    const progress: number[] = [];
    for await (const _ of readBytes({ ...inPieces(new Uint8Array(10), 5), size: 4 }, 0, 1, (done) =>
      progress.push(done),
    ));
    expect(progress).toEqual([1, 1]);
  });
});
