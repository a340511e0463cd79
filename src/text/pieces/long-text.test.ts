import { expect, it } from 'vitest';
import { tokenizerJson } from '../../testing/piece-models.ts';
import { partsOf } from './long-text.ts';
import { openPieceTokenizer } from './piece-tokenizer.ts';

it.each(['uncased', 'bytes', 'unigram'] as const)('a long text has the same pieces in parts as whole: %s', (name) => {
  const text = Array.from({ length: 9000 }, (_, k) => `word${k} of the\u00a0memory, ${k % 7 ? '' : '\n\n  '}`).join(
    ' ',
  );
  const { encode } = openPieceTokenizer(tokenizerJson(name), name);
  const parts = [...partsOf(text)];
  expect(parts.length).toBeGreaterThan(3);
  expect(parts.join('')).toBe(text);
  expect(parts.flatMap((part) => [...encode(part).ids])).toEqual([...encode(text).ids]);
});

it('a stretch without white space is cut, but not within a character', () => {
  const text = `a${'\u{1f600}'.repeat(100_000)}`;
  const parts = [...partsOf(text)];
  expect(parts.join('')).toBe(text);
  expect(parts.some((part) => /\p{Surrogate}/u.test(part))).toBe(false);
});
