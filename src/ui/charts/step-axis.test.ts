import fc from 'fast-check';
import { expect, it } from 'vitest';
import { roundTicks } from './step-axis.tsx';

it('an axis of steps has round labels', () => {
  expect(roundTicks(0, 137)).toEqual([0, 50, 100]);
  expect(roundTicks(0, 1)).toEqual([0, 1]);
  expect(roundTicks(0, 5450)).toEqual([0, 2000, 4000]);
  expect(roundTicks(130, 171)).toEqual([130, 140, 150, 160, 170]);
});

it('within its range, few, and whole', () => {
  fc.assert(
    fc.property(fc.nat(1e6), fc.integer({ min: 1, max: 1e6 }), (from, length) => {
      const ticks = roundTicks(from, from + length);
      expect(ticks.length).toBeLessThanOrEqual(6);
      expect(ticks.every((tick) => Number.isInteger(tick) && tick >= from && tick <= from + length)).toBe(true);
      if (length >= 10) expect(ticks.length).toBeGreaterThanOrEqual(1);
    }),
  );
});
