import { describe, expect, it } from 'vitest';
import { meanInterval, tQuantile } from './mean-interval.ts';

describe('the interval of a mean', () => {
  it('uses the quantiles of Student’s t', () => {
    // From the tables of the distribution.
    expect(tQuantile(1)).toBeCloseTo(12.7062, 3);
    expect(tQuantile(2)).toBeCloseTo(4.3027, 3);
    expect(tQuantile(30)).toBeCloseTo(2.0423, 3);
    expect(tQuantile(31)).toBeCloseTo(2.0395, 3);
    expect(tQuantile(60)).toBeCloseTo(2.0003, 3);
    expect(tQuantile(120)).toBeCloseTo(1.9799, 3);
  });

  it('is the mean plus and minus t · s / √n', () => {
    // s = 1, n = 3: 4.30265 / √3 = 2.48414.
    const { mean, low, high, count } = meanInterval([1, 2, 3]);
    expect([mean, count]).toEqual([2, 3]);
    expect(low).toBeCloseTo(2 - 2.48414, 4);
    expect(high).toBeCloseTo(2 + 2.48414, 4);
  });

  it('stays within the bounds of a share, and ignores what is missing', () => {
    const { low, high, count } = meanInterval([0.2, Number.NaN, 1], [0, 1]);
    expect([low, high, count]).toEqual([0, 1, 2]);
  });

  it('has no width for equal values, and none at all for one', () => {
    expect(meanInterval([0.5, 0.5, 0.5])).toEqual({ mean: 0.5, low: 0.5, high: 0.5, count: 3 });
    expect(meanInterval([0.5])).toEqual({ mean: 0.5, low: undefined, high: undefined, count: 1 });
    expect(meanInterval([])).toMatchObject({ mean: Number.NaN, count: 0 });
  });
});
