import { describe, expect, it } from 'vitest';
import { blocksOf } from './attention-figure.ts';
import { headOf, kindsOf, linesOf, MOST_LINES, sharesOf, thumbnailOf, usedOf } from './head-view.ts';
import type { Sizes } from './memory-attention.ts';

/** [CLS] mem [SEP] and three words [SEP], of which a segment here has two. */
const sizes: Sizes = {
  ...{ answers: 'class', layers: 2, heads: 2, memTokens: 1, cacheSize: 0, segmentSize: 3, positions: 7, front: 3 },
  looks: {},
};
const full = { layers: 2, heads: 2, rows: 7, columns: 7, values: Float32Array.from({ length: 196 }, (_, i) => i) };

describe('one head', () => {
  it('is cut out of all attention without padding', () => {
    const used = usedOf(sizes, 2);
    expect(used).toEqual({ rows: 6, columns: 6 });
    expect(usedOf({ ...sizes, cacheSize: 4 }, 2)).toEqual({ rows: 6, columns: 10 });
    const { values } = headOf(full, 1, 0, used);
    expect(Array.from(values.subarray(0, 7))).toEqual([98, 99, 100, 101, 102, 103, 105]);
  });

  it('has its strongest lines first, and all of one token', () => {
    const grid = { rows: 2, columns: 3, values: Float32Array.of(0.7, 0.295, 0.005, 0.25, 0.25, 0.5) };
    expect(linesOf(grid).map(({ row, column }) => [row, column])).toEqual([
      [0, 0],
      [1, 2],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(linesOf(grid, { side: 'query', at: 0 }).map(({ column }) => column)).toEqual([0, 1, 2]);
    expect(linesOf(grid, { side: 'key', at: 2 }).map(({ row }) => row)).toEqual([1, 0]);
    const many = { rows: 30, columns: 30, values: new Float32Array(900).fill(1 / 30) };
    expect(linesOf(many)).toHaveLength(MOST_LINES);
  });

  it('divides its attention among memory, words and special tokens', () => {
    const kinds = kindsOf(blocksOf(sizes, { words: ['a', 'b'], marks: [{ kind: 'fact', start: 0, end: 1 }] }), 6);
    expect(kinds).toEqual(['special', 'memory', 'special', 'marked', 'text', 'special']);
    const grid = { rows: 1, columns: 6, values: Float32Array.of(0.0625, 0.5, 0.0625, 0.125, 0.125, 0.125) };
    expect(sharesOf(grid, 0, kinds)).toEqual({ memory: 0.5, text: 0.25, special: 0.25 });
  });

  it('becomes a thumbnail in which no strong cell is lost', () => {
    const values = new Float32Array(100);
    values[37] = 1;
    const small = thumbnailOf({ rows: 10, columns: 10, values }, 4);
    expect([small.rows, small.columns]).toEqual([4, 4]);
    expect(small.values.indexOf(1)).toBe(4 + 2);
    expect(thumbnailOf({ rows: 1, columns: 2, values: Float32Array.of(3, 4) }, 4).values).toEqual(
      Float32Array.of(3, 4),
    );
  });
});
