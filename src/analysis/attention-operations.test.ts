// What a segment does to the memory, decided from made-up attention.
import { describe, expect, it } from 'vitest';
import {
  changeOf,
  clearest,
  decide,
  type FullAttention,
  READS_FROM,
  shareBetween,
  tokenChanges,
  WRITES_FROM,
} from './attention-operations.ts';

describe('decide', () => {
  it('writes where memory attends to words and changes because of it', () => {
    expect(decide({ change: 0.9, toWords: 0.8, toMemory: 0.1 })).toMatchObject({
      operations: ['write'],
      read: undefined,
    });
    expect(decide({ change: 0.9, toWords: 0.8, toMemory: 0.1 })?.written).toBeCloseTo(0.8, 12);
  });

  it('holds where it attends to words without changing, or changes by attending to itself', () => {
    expect(decide({ change: 0.01, toWords: 0.88, toMemory: 0.04 })?.operations).toEqual(['hold']);
    expect(decide({ change: 0.9, toWords: 0.02, toMemory: 0.9 })?.operations).toEqual(['hold']);
    expect(decide({ change: 0, toWords: 0, toMemory: 0 })).toEqual({
      operations: ['hold'],
      written: 0,
      read: undefined,
    });
  });

  it('reads where something is scored, and may write as well', () => {
    expect(decide({ change: 0.01, toWords: 0.5, toMemory: 0.5, read: 0.9 })?.operations).toEqual(['read']);
    expect(decide({ change: 1, toWords: 1, toMemory: 0, read: 0.9 })?.operations).toEqual(['write', 'read']);
    expect(decide({ change: 0.01, toWords: 0.5, toMemory: 0.5, read: 0.1 })?.operations).toEqual(['hold']);
  });

  it('reads as much as there is in the memory, whatever attends to it', () => {
    const from = (content: number) => decide({ change: 0, toWords: 0.5, toMemory: 0.5, read: 0.9, content });
    expect(from(0)).toMatchObject({ operations: ['hold'], read: 0 });
    expect(from(0.1)).toMatchObject({ operations: ['hold'] });
    expect(from(1.2)?.operations).toEqual(['read']);
    expect(from(1.2)?.read).toBeCloseTo(1.08, 12);
  });

  it('switches exactly at its thresholds', () => {
    const at = (change: number, read: number) => decide({ change, toWords: 1, toMemory: 0, read })?.operations;
    expect(at(WRITES_FROM, 0)).toEqual(['write']);
    expect(at(WRITES_FROM - 1e-9, 0)).toEqual(['hold']);
    expect(at(0, READS_FROM)).toEqual(['read']);
    expect(at(0, READS_FROM - 1e-9)).toEqual(['hold']);
  });

  it('does not decide without the memory’s own attention, or without a memory', () => {
    expect(decide({ change: 1, read: 1 })).toBeUndefined();
    expect(decide({ toWords: 1, toMemory: 0 })).toBeUndefined();
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
