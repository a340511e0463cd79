import { describe, expect, it } from 'vitest';
import {
  compareFlops,
  crossover,
  figureSegment,
  figureSegments,
  figureText,
  forwardFlops,
  optFamily,
  optNames,
  reportedRatios,
  segmentsForRatio,
} from './flops.ts';

describe('FLOPs of RMT against full attention', () => {
  it.each([
    ['125M', 295.07],
    ['1.3B', 154.42],
    ['6.7B', 81.65],
    ['30B', 48.38],
    ['175B', 29.02],
  ] as const)(
    'OPT-%s at 4000 segments: %f times fewer, as reported in RMT-1M (Bulatov et al. 2023)',
    (model, ratio) => {
      expect(Math.abs(compareFlops(optFamily[model], 4000).ratio - ratio)).toBeLessThan(0.01);
    },
  );

  it('gives the curve of RMT-1M (Bulatov et al. 2023) for OPT-125M', () => {
    const curve = [1.07, 1.22, 1.51, 2.1, 3.28, 5.63, 10.12, 19.31, 37.7, 74.5, 148, 295];
    const segments = [2, 4, 8, 16, 32, 64, 125, 250, 500, 1000, 2000, 4000];
    segments.forEach((n, i) => {
      const want = curve[i] ?? Number.NaN;
      expect(Math.abs(compareFlops(optFamily['125M'], n).ratio / want - 1)).toBeLessThan(0.005);
    });
  });

  it('is equal for one segment, and linear for RMT', () => {
    const one = compareFlops(optFamily['1.3B'], 1);
    expect(one.ratio).toBe(1);
    expect(compareFlops(optFamily['1.3B'], 64).rmt).toBe(64 * one.rmt);
  });

  it('supports feed-forward blocks and vocabularies of other sizes, counted by hand', () => {
    const size = { layers: 1, heads: 2, width: 8, inner: 12, vocabulary: 5 };
    const s = 6;
    const products = 4 * 2 * s * 8 * 8 + 2 * 2 * s * 8 * 12 + 2 * 2 * s * s * 8;
    expect(forwardFlops(size, s)).toBe(products + 10 * 2 * s * s + 2 * s * 5 * 8);
    expect(compareFlops({ ...size, vocabulary: 0 }, 3, 4).rmt).toBe(3 * forwardFlops({ ...size, vocabulary: 0 }, 4));
  });

  it('reaches the ratios reported in RMT-1M (Bulatov et al. 2023)', () => {
    expect(Object.keys(reportedRatios)).toHaveLength(5);
    for (const name of optNames) {
      const reported = reportedRatios[name];
      if (reported === undefined) continue;
      const { ratio } = compareFlops(optFamily[name], figureSegments);
      expect(Math.abs(ratio / reported - 1)).toBeLessThan(2e-4);
    }
  });

  it.each(optNames)('OPT-%s: lengths for a ratio, and where RMT becomes cheaper', (name) => {
    const size = optFamily[name];
    for (const ratio of [2, 10, 100]) {
      const n = segmentsForRatio(size, ratio);
      expect(compareFlops(size, n).ratio).toBeCloseTo(ratio, 9);
    }
    // At the crossover both cost the same; with one more token RMT is cheaper.
    const tokens = crossover(size, figureSegment, figureText);
    const rmt = (text: number) => (text / figureText) * forwardFlops(size, figureSegment);
    expect(rmt(tokens) / forwardFlops(size, tokens)).toBeCloseTo(1, 9);
    expect(rmt(tokens + 1)).toBeLessThan(forwardFlops(size, tokens + 1));
    expect(tokens).toBeGreaterThan(figureText);
  });
});
