// Ids against Python's tokenizers: see src/testing/golden/tokenizers/make_tokenizers.py.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { awkwardString } from '../../testing/golden/tokenizers/awkward-strings.ts';
import { openPieceTokenizer } from './piece-tokenizer.ts';

const folder = new URL('../../testing/golden/tokenizers/', import.meta.url);
const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');

interface Golden {
  readonly count: number;
  readonly group: number;
  readonly strings: number;
  readonly [tokenizer: string]: number | readonly number[];
}
const golden: Golden = JSON.parse(read('expected.json'));
const strings = Array.from({ length: golden.count }, (_, index) => awkwardString(index));

const hashOf = (numbers: Iterable<number>) => {
  let h = 0x811c9dc5;
  for (const number of numbers) h = Math.imul(h ^ number, 0x01000193) >>> 0;
  return h;
};

describe('12,000 awkward strings', () => {
  it('are those that Python saw', () => {
    const codes = strings.flatMap((text) => Array.from(text, (character) => character.codePointAt(0) ?? 0));
    expect(golden.count).toBeGreaterThanOrEqual(10_000);
    expect(hashOf(codes)).toBe(golden.strings);
  });

  it.each(['uncased', 'cased', 'bytes', 'unigram', 'trained-wordpiece', 'trained-bpe'])(
    'have the ids of Python: %s',
    (name) => {
      const tokenizer = openPieceTokenizer(read(`${name}.tokenizer.json`), name);
      const ids = strings.map((text) => tokenizer.encode(text).ids);
      const expected = golden[name] as readonly number[];
      const wrong = expected.flatMap((hash, k) => {
        const group = ids.slice(k * golden.group, (k + 1) * golden.group);
        return hashOf(group.flatMap((each) => [...each, -1])) === hash ? [] : [k];
      });
      expect(wrong).toEqual([]);
    },
  );
});
