import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { awkwardString } from '../../testing/golden/tokenizers/awkward-strings.ts';
import { openPieceTokenizer } from './piece-tokenizer.ts';

const folder = new URL('../../testing/golden/tokenizers/', import.meta.url);
const open = (name: string) =>
  openPieceTokenizer(readFileSync(new URL(`${name}.tokenizer.json`, folder), 'utf8'), name);
const tokenizers = Object.fromEntries(['uncased', 'cased', 'bytes', 'unigram'].map((name) => [name, open(name)]));
const tokenizer = (name: string) => tokenizers[name] ?? open(name);

/** Each piece with the text it stands for. */
const placed = (name: string, text: string) => {
  const { encode, pieces } = tokenizer(name);
  const { ids, offsets } = encode(text);
  return Array.from(ids, (id, k) => [pieces[id], text.slice(offsets[2 * k], offsets[2 * k + 1])]);
};

describe('offsets', () => {
  it('refer to the text as given, whatever was changed in it', () => {
    expect(placed('uncased', 'THE  ne\u0301xt \0seGment')).toEqual([
      ['the', 'THE'],
      ['next', 'ne\u0301xt'],
      ['segment', 'seGment'],
    ]);
    expect(placed('cased', 'ﬁne 日本')).toEqual(expect.arrayContaining([['日', '日']]));
  });

  it('of [UNK] are those of the whole word', () => {
    expect(placed('cased', `a ${'x'.repeat(101)}, \u{10330}`)).toEqual([
      ['a', 'a'],
      ['[UNK]', 'x'.repeat(101)],
      [',', ','],
      ['[UNK]', '\u{10330}'],
    ]);
  });

  it('of a byte are those of its character', () => {
    const found = placed('bytes', 'a\u{1f600}');
    expect(found.map(([, text]) => text)).toEqual(['a', ...found.slice(1).map(() => '\u{1f600}')]);
    expect(found).toHaveLength(5);
  });

  it('of a ▁ that no space stands for are empty', () => {
    expect(placed('unigram', 'zzz')[0]).toEqual(['▁', '']);
    expect(placed('unigram', 'the memory')[1]?.[1]).toBe(' memory');
  });

  it('of added tokens include the white space they take', () => {
    expect(placed('bytes', 'a <sum>  b GEN GENx').slice(0, 3)).toEqual([
      ['a', 'a'],
      ['<sum>', ' <sum>  '],
      ['b', 'b'],
    ]);
    expect(placed('bytes', 'GENx').map(([piece]) => piece)).not.toContain('GEN');
  });

  it.each(Object.keys(tokenizers))('are in order and inside the text: %s', (name) => {
    for (let index = 0; index < 500; index++) {
      const text = awkwardString(index);
      const { offsets } = tokenizer(name).encode(text);
      let [first, last] = [0, 0];
      for (let k = 0; k < offsets.length; k += 2) {
        const [start = 0, end = 0] = [offsets[k], offsets[k + 1]];
        expect(start).toBeGreaterThanOrEqual(first);
        expect(end).toBeGreaterThanOrEqual(Math.max(start, last));
        [first, last] = [start, end];
      }
      expect(last).toBeLessThanOrEqual(text.length);
    }
  });
});

describe('decode', () => {
  it('gives back what a byte-level tokenizer read', () => {
    for (let index = 0; index < 200; index++) {
      const text = awkwardString(index);
      const { encode, decode } = tokenizer('bytes');
      if (!text.includes('<sum>')) expect(decode(encode(text).ids)).toBe(text);
    }
  });

  it('joins word pieces as they are written', () => {
    const { encode, decode } = tokenizer('uncased');
    expect(decode(encode("Mary went back (into the garden), didn't she.").ids)).toBe(
      "mary went back (into the garden), didn't she.",
    );
  });

  it('joins Unigram pieces without the first space', () => {
    const { encode, decode } = tokenizer('unigram');
    expect(decode(encode('the garden, the kitchen').ids)).toBe('the garden, the kitchen');
  });
});
