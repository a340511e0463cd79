import { describe, expect, it } from 'vitest';
import {
  activity,
  attentionGrid,
  keptBytes,
  keyLabels,
  memoryKind,
  positionLabels,
  readingOf,
  readLabels,
  readWeights,
  type Sizes,
  wordWeights,
  writeWeights,
} from './memory-attention.ts';

/** [CLS] mem mem [SEP] word word [SEP] */
const encoder: Sizes = {
  answers: 'class',
  layers: 2,
  heads: 2,
  memTokens: 2,
  cacheSize: 0,
  segmentSize: 2,
  positions: 7,
  front: 4,
  looks: { write: { rows: 2, columns: 7 }, read: { rows: 7, columns: 2 } },
};
/** read | word word word | write, after two entries of a cache */
const decoder: Sizes = {
  answers: 'tokens',
  layers: 1,
  heads: 1,
  memTokens: 1,
  cacheSize: 2,
  segmentSize: 3,
  positions: 5,
  front: 1,
  looks: { write: { rows: 1, columns: 7 }, read: { rows: 5, columns: 1 } },
};
const cells = 2 * 7;
const attention = {
  write: Float32Array.from({ length: 4 * cells }, (_, i) => i),
  read: Float32Array.from({ length: 4 * cells }, (_, i) => 1000 + i),
};

it('selects the matrix of a layer and a head', () => {
  const grid = attentionGrid(attention, encoder, 'write', 1, 1);
  expect([grid?.rows, grid?.columns]).toEqual([2, 7]);
  expect(grid?.values[0]).toBe(3 * cells);
  expect(grid?.values.length).toBe(cells);
});

it('transposes rows and columns for reading', () => {
  const grid = attentionGrid(attention, encoder, 'read', 0, 1);
  expect([grid?.rows, grid?.columns]).toEqual([7, 2]);
  expect(grid?.values[0]).toBe(1000 + cells);
});

it('averages over heads', () => {
  const grid = attentionGrid(attention, encoder, 'write', 1, 'average');
  expect(grid?.values[3]).toBe(2.5 * cells + 3);
});

it('has no matrix where the model has no such attention', () => {
  expect(attentionGrid(attention, { ...encoder, looks: {} }, 'write', 0, 0)).toBeUndefined();
  const empty = { ...attention, read: new Float32Array(0) };
  expect(attentionGrid(empty, encoder, 'read', 0, 0)).toBeUndefined();
});

describe('labels', () => {
  it('name every position of an encoder', () => {
    expect(positionLabels(encoder, ['mary', 'went'])).toEqual([
      '[CLS]',
      'mem 1',
      'mem 2',
      '[SEP]',
      'mary',
      'went',
      '[SEP]',
    ]);
    expect(positionLabels(encoder, ['mary'])).toEqual(['[CLS]', 'mem 1', 'mem 2', '[SEP]', 'mary', '[SEP]', '[PAD]']);
    const bare: Sizes = { ...encoder, memTokens: 0, front: 2, positions: 5, looks: {} };
    expect(positionLabels(bare, ['mary', 'went'])).toEqual(['[CLS]', '[SEP]', 'mary', 'went', '[SEP]']);
  });

  it('name every position of a decoder, whose short segment has its padding at the end', () => {
    expect(positionLabels(decoder, ['a', 'b', 'c'])).toEqual(['read 1', 'a', 'b', 'c', 'write 1']);
    expect(positionLabels(decoder, ['a'])).toEqual(['read 1', 'a', 'write 1', '[PAD]', '[PAD]']);
  });

  it('count a cache first', () => {
    expect(keyLabels(decoder, ['a', 'b', 'c'])).toEqual(['cache −2', 'cache −1', 'read 1', 'a', 'b', 'c', 'write 1']);
    expect(readLabels(decoder)).toEqual(['mem 1']);
    expect(readLabels({ memTokens: 0, cacheSize: 2 })).toEqual(['cache −2', 'cache −1']);
  });
});

it('memoryKind names what a model passes on', () => {
  expect(memoryKind(encoder)).toBe('tokens');
  expect(memoryKind({ ...encoder, looks: { write: { rows: 2, columns: 7 } } })).toBe('associations');
  expect(memoryKind({ memTokens: 0, cacheSize: 4, looks: { read: { rows: 3, columns: 4 } } })).toBe('cache');
  expect(memoryKind({ memTokens: 0, cacheSize: 0, looks: {} })).toBe('none');
});

describe('activity', () => {
  it('shows where attention went', () => {
    const one: Sizes = {
      ...encoder,
      layers: 1,
      heads: 1,
      memTokens: 1,
      front: 3,
      positions: 6,
      looks: { write: { rows: 1, columns: 6 }, read: { rows: 6, columns: 1 } },
    };
    // [CLS] mem [SEP] word word [SEP]
    const write = Float32Array.of(0.1, 0.2, 0.05, 0.3, 0.3, 0.05);
    const read = Float32Array.of(0.7, 0, 0, 0, 0, 0);
    const { toWords, toMemory, wordShares } = activity({ write, read }, one, 2);
    expect(toWords).toBeCloseTo(0.6, 6);
    expect(toMemory).toBeCloseTo(0.2, 6);
    expect(wordShares.map((share) => share.toFixed(6))).toEqual(['0.750000']);
    expect(readingOf({ write, read }, one, [0])).toBeCloseTo(0.7, 6);
    expect(writeWeights({ write, read }, one, 2)).toEqual({ rows: 1, columns: 2, values: Float32Array.of(0.3, 0.3) });
  });

  it('counts a decoder’s cache and both its memories, and the words that read', () => {
    // cache cache | read | a b [PAD]… the write token follows the text: cache cache read a b write pad
    const write = Float32Array.of(0.1, 0.1, 0.05, 0.25, 0.3, 0.2, 0);
    const read = Float32Array.of(1, 0.2, 0.4, 0.9, 0);
    const { toWords, toMemory } = activity({ write, read }, decoder, 2);
    expect(toWords).toBeCloseTo(0.55, 6);
    expect(toMemory).toBeCloseTo(0.45, 6);
    expect(readingOf({ write, read }, decoder, [1, 2])).toBeCloseTo(0.3, 6);
    expect(wordWeights({ write, read }, decoder, 0, 'average', 2)?.map((x) => Math.round(100 * x))).toEqual(
      Float32Array.of(25, 30),
    );
  });

  it('is undefined for what a model does not have', () => {
    const cached: Sizes = {
      ...decoder,
      memTokens: 0,
      front: 0,
      positions: 3,
      looks: { read: { rows: 3, columns: 2 } },
    };
    const read = Float32Array.of(0.1, 0.1, 0.2, 0.2, 0.3, 0.3);
    const seen = activity({ write: new Float32Array(0), read }, cached, 3);
    expect(seen.toWords).toBeUndefined();
    expect(seen.toMemory).toBeUndefined();
    expect(seen.wordShares).toEqual([]);
    expect(readingOf({ write: new Float32Array(0), read }, cached, [0, 1, 2])).toBeCloseTo(0.4, 6);
  });
});

describe('reading', () => {
  it('is taken in the layer where it is largest, for each memory token, as the mean of the rows and heads', () => {
    const read = new Float32Array(2 * 2 * 14);
    // Layer 0 gives [CLS] 0.2 and 0.4; layer 1 gives it 0.5 and 0.25, in both heads.
    for (const [layer, values] of [
      [0.2, 0.4],
      [0.5, 0.25],
    ].entries())
      for (const head of [0, 1]) read.set(values, (2 * layer + head) * 14);
    const given = { write: new Float32Array(0), read };
    expect(readWeights(given, encoder, [0])).toEqual(Float32Array.of(0.5, 0.25));
    expect(readWeights(given, encoder, [0, 1])).toEqual(Float32Array.of(0.25, 0.125));
    expect(readingOf(given, encoder, [0])).toBe(0.75);
  });

  it('is undefined without rows or without such attention', () => {
    expect(readWeights(attention, encoder, [])).toBeUndefined();
    expect(readingOf(attention, { ...encoder, looks: {} }, [0])).toBeUndefined();
  });
});

it('counts the bytes kept of a segment, including the memory it received', () => {
  expect(keptBytes(attention)).toBe(2 * 4 * cells * 4);
  expect(keptBytes({ ...attention, before: new Float32Array(3) })).toBe(2 * 4 * cells * 4 + 12);
});
