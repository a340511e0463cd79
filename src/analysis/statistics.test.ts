import { describe, expect, it } from 'vitest';
import { median, spreadOf } from './statistics.ts';

describe('the median', () => {
  it.each([
    [[3], 3],
    [[10, 9, 2], 9],
    [[4, 1, 3, 10], 3.5],
    // Sorted by value, not as text.
    [[100, 20, 3], 20],
  ])('of %o is %d', (values, expected) => {
    const given = [...values];
    expect(median(values)).toBe(expected);
    expect(values).toEqual(given);
  });

  it('comes with the range', () => {
    expect(spreadOf([5, 1, 9, 2])).toEqual({ median: 3.5, low: 1, high: 9 });
    expect(spreadOf([])).toEqual({ median: Number.NaN, low: Number.NaN, high: Number.NaN });
  });
});
