import { describe, expect, it } from 'vitest';
import { compareFlops, optFamily } from './flops.ts';

describe('FLOPs of RMT against full attention', () => {
  it.each([
    ['125M', 295.07],
    ['1.3B', 154.42],
    ['6.7B', 81.65],
    ['30B', 48.38],
    ['175B', 29.02],
  ] as const)('OPT-%s at 4000 segments: %f times fewer, as the report says', (model, ratio) => {
    expect(Math.abs(compareFlops(optFamily[model], 4000).ratio - ratio)).toBeLessThan(0.01);
  });

  it('gives the report’s curve for OPT-125M', () => {
    const curve = [1.07, 1.22, 1.51, 2.1, 3.28, 5.63, 10.12, 19.31, 37.7, 74.5, 148, 295];
    const segments = [2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2000, 4000];
    segments.forEach((n, i) => {
      const want = curve[i] ?? Number.NaN;
      expect(Math.abs(compareFlops(optFamily['125M'], n).ratio / want - 1)).toBeLessThan(0.005);
    });
  });

  it('is the same work for one segment, and linear for RMT', () => {
    const one = compareFlops(optFamily['1.3B'], 1);
    expect(one.ratio).toBe(1);
    expect(compareFlops(optFamily['1.3B'], 64).rmt).toBe(64 * one.rmt);
  });
});
