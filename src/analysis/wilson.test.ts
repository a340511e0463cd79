import { expect, it } from 'vitest';
import { wilson } from './wilson.ts';

it('agrees with known intervals', () => {
  // Newcombe 1998, table I: 81 of 263, 15 of 148, 0 of 20, 1 of 29.
  for (const [right, samples, low, high] of [
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ] as const) {
    const interval = wilson(right, samples);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  }
});

it('is the whole range without samples', () => {
  expect(wilson(0, 0)).toEqual({ low: 0, high: 1 });
});
