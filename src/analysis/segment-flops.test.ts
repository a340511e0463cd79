import { describe, expect, it } from 'vitest';
import { forwardFlops } from './flops.ts';
import { benchShapeNames, benchShapes, positionsOf, segmentFlops } from './segment-flops.ts';

describe('FLOPs of a segment', () => {
  it('are those of each product, counted by hand for one layer', () => {
    const shape = { ...benchShapes.tiny, layers: 1, width: 8, inner: 12, memory: 1, text: 2, batch: 3 };
    const s = positionsOf(shape);
    expect(s).toBe(6);
    const product = (m: number, n: number, k: number) => 2 * m * n * k;
    const linear = product(s, 24, 8) + product(s, 8, 8) + product(s, 12, 8) + product(s, 8, 12);
    // Scores and their product with the values, all heads together.
    const attention = product(s, s, 8) + product(s, 8, s);
    expect(segmentFlops(shape, 'forward')).toBe(3 * (linear + attention));
    expect(segmentFlops(shape, 'train')).toBe(9 * (linear + attention));
  });

  it('are those of RMT-1M (Bulatov et al. 2023) without its softmax and output layer', () => {
    const { layers, heads, width } = benchShapes['bert-base'];
    const s = 512;
    const rest = layers * 10 * heads * s ** 2 + 2 * s * 50272 * width;
    expect(segmentFlops(benchShapes['bert-base'], 'forward')).toBe(forwardFlops({ layers, heads, width }, s) - rest);
  });

  it.each(benchShapeNames)('%s has sizes that the kernels support', (name) => {
    const { width, heads, inner } = benchShapes[name];
    expect([(width / heads) % 4, inner % 4]).toEqual([0, 0]);
  });
});
