import { describe, expect, it } from 'vitest';
import { movingAverage } from './smoothing.ts';

const ones = (n: number) => new Array<number>(n).fill(1);

describe('the moving average', () => {
  it('weighs each step by 1 − 1/steps less than the next', () => {
    // Weights 1/2, and 1/4 and 1/2 divided by 3/4.
    expect(movingAverage([4, 1], ones(2), 2)).toEqual([4, 2]);
    const constant = movingAverage(ones(50), ones(50), 10);
    for (const value of constant) expect(value).toBeCloseTo(1, 12);
  });

  it('counts a mean over several steps as that many', () => {
    const single = movingAverage([3, 3, 3, 5, 5], ones(5), 4);
    const merged = movingAverage([3, 5], [3, 2], 4);
    expect(merged[0]).toBeCloseTo(single[2] ?? 0, 12);
    expect(merged[1]).toBeCloseTo(single[4] ?? 0, 12);
  });

  it('skips missing numbers, and changes nothing over one step', () => {
    expect(movingAverage([2, Number.NaN, 2], ones(3), 5)).toEqual([2, Number.NaN, 2]);
    expect(movingAverage([2, 7], ones(2), 1)).toEqual([2, 7]);
  });
});
