// The named ranges of a segment's attention, for the figure: encoders, decoders and caches.
import { describe, expect, it } from 'vitest';
import { blocksOf, keyBlocksOf, lookOf } from './attention-figure.ts';
import type { Sizes } from './memory-attention.ts';

const encoder: Sizes = {
  answers: 'class',
  layers: 1,
  heads: 1,
  memTokens: 2,
  cacheSize: 0,
  segmentSize: 5,
  positions: 10,
  front: 4,
  looks: { write: { rows: 2, columns: 10 }, read: { rows: 10, columns: 2 } },
};
const decoder: Sizes = { ...encoder, answers: 'tokens', positions: 9, front: 2 };
const cached: Sizes = {
  ...decoder,
  memTokens: 0,
  cacheSize: 3,
  positions: 5,
  front: 0,
  looks: { read: { rows: 5, columns: 3 } },
};
const words = ['a', 'b', 'c', 'd', 'e'];
const marks = [{ kind: 'fact', start: 1, end: 3 }] as const;
const described = (blocks: ReturnType<typeof blocksOf>) =>
  blocks.map(({ label, from, to }) => `${label} ${from}-${to}`);

describe('blocks', () => {
  it('of an encoder: special tokens, memory, and the fact separate from the text', () => {
    expect(described(blocksOf(encoder, { words, marks }))).toEqual([
      '[CLS] 0-1',
      'memory 1-3',
      '[SEP] 3-4',
      'text 4-5',
      'fact 5-7',
      'text 7-9',
      '[SEP] 9-10',
    ]);
  });
  it('of a short segment: the write memory directly follows the text', () => {
    expect(described(blocksOf(decoder, { words: words.slice(0, 3), marks: [] }))).toEqual([
      'read 0-2',
      'text 2-5',
      'write 5-7',
    ]);
  });
  it('of a cache: its entries come before the segment’s own keys', () => {
    expect(described(keyBlocksOf(cached, { words, marks: [] }))).toEqual(['cache 0-3', 'text 3-8']);
  });
});

describe('looks', () => {
  const of = (
    role: 'write' | 'hold' | 'read',
    sizes: Sizes,
    segment = { words, marks } as Parameters<typeof lookOf>[2],
  ) => {
    const { queries, keys } = lookOf(role, sizes, segment);
    return [queries, keys];
  };
  it('write: the memory’s rows at the fact, or at all words', () => {
    expect(of('write', encoder)).toEqual([[[1, 3]], [[5, 7]]]);
    expect(of('write', decoder, { words, marks: [] })).toEqual([[[7, 9]], [[2, 7]]]);
  });
  it('hold: the memory’s rows at the memory', () => {
    expect(of('hold', encoder)).toEqual([[[1, 3]], [[1, 3]]]);
    expect(of('hold', decoder)).toEqual([
      [[7, 9]],
      [
        [0, 2],
        [7, 9],
      ],
    ]);
  });
  it('read: [CLS], or the positions that produce the answer, at the memory', () => {
    expect(of('read', encoder)).toEqual([[[0, 1]], [[1, 3]]]);
    const answer = { words, marks: [{ kind: 'answer', start: 2, end: 5 }] } as const;
    expect(of('read', decoder, answer)).toEqual([[[3, 6]], [[0, 2]]]);
    expect(of('read', cached, { words, marks: [] })).toEqual([[[0, 5]], [[0, 3]]]);
  });
});
