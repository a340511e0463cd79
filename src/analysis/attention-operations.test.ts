// What a segment does to the memory, decided from made-up attention.
import { describe, expect, it } from 'vitest';
import {
  changeOf,
  clearest,
  decide,
  evidenceOf,
  type FullAttention,
  READS_FROM,
  shareBetween,
  tokenChanges,
  WRITES_FROM,
} from './attention-operations.ts';

/** A segment that changed a memory of one token, which gave this share of its attention to words. */
const one = (change: number, toWords: number) => ({ tokens: [{ change, toWords }] });

describe('decide', () => {
  it('writes where memory attends to words and changes because of it', () => {
    expect(decide(one(0.9, 0.8))).toMatchObject({ operations: ['write'], read: undefined });
    expect(decide(one(0.9, 0.8))?.written).toBeCloseTo(0.72, 12);
  });

  it('holds where it attends to words without changing, or changes by attending to itself', () => {
    expect(decide(one(0.01, 0.95))?.operations).toEqual(['hold']);
    expect(decide(one(0.9, 0.02))?.operations).toEqual(['hold']);
    expect(decide(one(0, 0))).toEqual({
      operations: ['hold'],
      written: 0,
      most: { change: 0, toWords: 0, token: 0 },
      read: undefined,
    });
  });

  it('writes where one token of many does, and says which', () => {
    const held = { change: 0.01, toWords: 0.3 };
    const tokens = [held, { change: 0.9, toWords: 0.1 }, { change: 0.5, toWords: 0.8 }, held];
    expect(decide({ tokens })).toMatchObject({ operations: ['write'], most: { change: 0.5, toWords: 0.8, token: 2 } });
    expect(decide({ tokens: [held, { change: 0.9, toWords: 0.1 }, held, held] })?.operations).toEqual(['hold']);
  });

  it('reads where something is scored, and may write as well', () => {
    expect(decide({ ...one(0.01, 0.5), read: 0.9 })?.operations).toEqual(['read']);
    expect(decide({ ...one(1, 1), read: 0.9 })?.operations).toEqual(['write', 'read']);
    expect(decide({ ...one(0.01, 0.5), read: 0.1 })?.operations).toEqual(['hold']);
  });

  it('reads as much as there is in the memory, whatever attends to it', () => {
    const from = (content: number) => decide({ ...one(0, 0.5), read: 0.9, content });
    expect(from(0)).toMatchObject({ operations: ['hold'], read: 0 });
    expect(from(0.1)).toMatchObject({ operations: ['hold'] });
    expect(from(1.2)?.operations).toEqual(['read']);
    expect(from(1.2)?.read).toBeCloseTo(1.08, 12);
  });

  it('switches exactly at its thresholds', () => {
    const at = (change: number, read: number) => decide({ ...one(change, 1), read })?.operations;
    expect(at(WRITES_FROM, 0)).toEqual(['write']);
    expect(at(WRITES_FROM - 1e-9, 0)).toEqual(['hold']);
    expect(at(0, READS_FROM)).toEqual(['read']);
    expect(at(0, READS_FROM - 1e-9)).toEqual(['hold']);
  });

  it('does not decide without the memory’s own attention, or without a memory', () => {
    expect(decide({ tokens: [], read: 1 })).toBeUndefined();
  });
});

describe('the evidence of a segment', () => {
  const where = { toWords: 0.3, toMemory: 0.1, wordShares: [0.9, 0.6] };
  it('is that of each memory token', () => {
    expect(evidenceOf(where, Float32Array.of(0.25, 0.5), 0.4)).toEqual([
      { change: 0.25, toWords: 0.9 },
      { change: 0.5, toWords: 0.6 },
    ]);
  });
  it('is that of the whole memory where it is no row of tokens', () => {
    expect(evidenceOf(where, new Float32Array(0), 0.4)).toEqual([{ change: 0.4, toWords: 0.3 / (0.3 + 0.1) }]);
  });
  it('is none without a memory or its attention', () => {
    expect(evidenceOf(where, new Float32Array(0), undefined)).toEqual([]);
    expect(evidenceOf({ toWords: undefined, toMemory: undefined, wordShares: [] }, Float32Array.of(1), 1)).toEqual([]);
  });
});

describe('changeOf', () => {
  it('is 1 − cosine, whatever the lengths', () => {
    expect(changeOf(Float32Array.of(1, 0), Float32Array.of(3, 0))).toBe(0);
    expect(changeOf(Float32Array.of(1, 0), Float32Array.of(0, 2))).toBe(1);
    expect(changeOf(Float32Array.of(1, 1), Float32Array.of(-1, -1))).toBeCloseTo(2, 12);
    expect(changeOf(Float32Array.of(0.1, 0.2), Float32Array.of(0.1, 0.2))).toBeGreaterThanOrEqual(0);
  });
  it('handles memories of zeros', () => {
    const [zero, one] = [new Float32Array(2), Float32Array.of(1, 0)];
    expect([changeOf(zero, zero), changeOf(zero, one), changeOf(one, zero)]).toEqual([0, 1, 1]);
  });
});

it('tokenChanges is the change of each memory token', () => {
  const changes = tokenChanges(Float32Array.of(1, 0, 1, 0), Float32Array.of(2, 0, 0, 1), 2);
  expect([...changes]).toEqual([0, 1]);
});

describe('the clearest layer and head', () => {
  // 2 layers, 2 heads, 3 × 3; in layer 1, head 0, row 1 attends to column 2.
  const values = new Float32Array(2 * 2 * 9).fill(1 / 3);
  values.set([1, 0, 0, 0, 0, 1, 0, 1, 0], 2 * 9);
  const attention: FullAttention = { layers: 2, heads: 2, rows: 3, columns: 3, values };
  it('is where the rows give the columns the most attention', () => {
    expect(clearest(attention, [[1, 2]], [[2, 3]])).toEqual({ layer: 1, head: 0, share: 1 });
    expect(clearest(attention, [[0, 1]], [[0, 1]])).toEqual({ layer: 1, head: 0, share: 1 });
  });
  it('shares are means over the rows, and sums over the columns', () => {
    expect(shareBetween(attention, 1, 0, [[0, 2]], [[0, 1]])).toBe(0.5);
    expect(
      shareBetween(
        attention,
        1,
        0,
        [[0, 3]],
        [
          [0, 1],
          [2, 3],
        ],
      ),
    ).toBeCloseTo(2 / 3, 6);
    expect(shareBetween(attention, 0, 1, [], [[0, 1]])).toBe(0);
  });
});
