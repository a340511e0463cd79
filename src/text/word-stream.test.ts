import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readWords } from './word-stream.ts';

async function wordsOf(text: string, pieceLength = 7): Promise<string[]> {
  const bytes = new TextEncoder().encode(text);
  const all: string[] = [];
  const source = {
    name: 'book.txt',
    size: bytes.length,
    async *open() {
      for (let at = 0; at < bytes.length; at += pieceLength) yield bytes.subarray(at, at + pieceLength);
    },
  };
  for await (const words of readWords(source)) for (const word of words) all.push(word);
  return all;
}

describe('readWords', () => {
  it('splits punctuation off a plain text, in lower case, and ends each line', async () => {
    expect(await wordsOf('It’s noon.\r\n\nAll-day <eos>\nThe End')).toEqual(
      'it’s noon . <eos> <eos> all - day < eos > <eos> the end'.split(' '),
    );
  });

  it('splits WikiText at spaces, as it is published', async () => {
    expect(await wordsOf(' \n = Valkyria Chronicles III = \n \n The game , <unk> @-@ like . \n')).toEqual(
      '<eos> = Valkyria Chronicles III = <eos> <eos> The game , [UNK] @-@ like . <eos>'.split(' '),
    );
  });

  it.each(['a <unk> B.', '10 @,@ 000 B.', '1 @.@ 5 B.', 'B. @-@'])(
    'recognises published text by its marks: %s',
    async (text) => {
      expect(await wordsOf(text)).toContain('B.');
      expect(await wordsOf(text.replaceAll('@', '').replaceAll('<unk>', ''))).not.toContain('B.');
    },
  );

  it('does not depend on how the text is split into pieces', async () => {
    const long = `${'one two, three.\nfour  '.repeat(8000)}end`;
    const whole = await wordsOf(long, 1e9);
    expect(whole).toHaveLength(8000 * 7 + 1);
    for (const length of [1, 100, 65_535, 65_536, 65_537]) expect(await wordsOf(long, length)).toEqual(whole);
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.constantFrom('ab', ' ', '\n', 'é', '<unk>', ',')),
        fc.integer({ min: 1, max: 5 }),
        async (parts, length) => {
          expect(await wordsOf(parts.join(''), length)).toEqual(await wordsOf(parts.join(''), 1e9));
        },
      ),
    );
  });

  it('reads a text without any white space, in bounded memory', async () => {
    const words = await wordsOf('x'.repeat(300_000), 1000);
    expect(words.join('')).toBe('x'.repeat(300_000));
    expect(Math.max(...words.map((word) => word.length))).toBeLessThan(100_000);
  });
});
