import fc from 'fast-check';
import { describe, expect, inject, it } from 'vitest';
import { seedOf } from './property-seed.ts';

describe('the seed of the property tests', () => {
  it('is fixed, or set by FC_SEED', () => {
    expect([undefined, '', '0', '42', '2147483647'].map(seedOf)).toEqual([1, 1, 0, 42, 2147483647]);
    const drawn = Array.from({ length: 20 }, () => seedOf('random'));
    for (const seed of drawn) expect(seedOf(String(seed))).toBe(seed);
    expect(new Set(drawn).size).toBeGreaterThan(1);
  });

  it.each(['x', '-1', '1.5', '2147483648', 'NaN'])('is refused: %j', (asked) => {
    expect(() => seedOf(asked)).toThrow(
      `FC_SEED: '${asked}' (expected random, or a whole number from 0 to 2147483647)`,
    );
  });

  it('is used by every property test and named in failures', () => {
    const seed = inject('propertySeed');
    const draw = (asked?: number) => fc.sample(fc.integer(), asked === undefined ? 5 : { seed: asked, numRuns: 5 });
    expect(draw()).toEqual(draw(seed));
    expect(draw()).not.toEqual(draw(seed + 1));
    expect(() => fc.assert(fc.property(fc.integer(), () => false))).toThrow(`seed: ${seed}`);
  });
});
