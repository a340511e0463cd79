import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { drawOf, hashOf } from './split.ts';

describe('hashOf', () => {
  it('depends on every number and on their order', () => {
    expect(hashOf([1, 2])).not.toBe(hashOf([2, 1]));
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1 }), fc.nat(), (numbers, at) => {
        const k = at % numbers.length;
        const other = numbers.map((n, i) => (i === k ? n + 1 : n));
        expect(hashOf(Int32Array.from(numbers))).toBe(hashOf(numbers));
        expect(hashOf(other)).not.toBe(hashOf(numbers));
      }),
    );
  });

  it('is uniform: every remainder of 8 is equally frequent', () => {
    const counts = new Array<number>(8).fill(0);
    for (let n = 0; n < 8000; n++)
      counts[hashOf([n % 20, Math.floor(n / 20)]) % 8] = (counts[hashOf([n % 20, Math.floor(n / 20)]) % 8] ?? 0) + 1;
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(4 * Math.sqrt(8000 * (7 / 64)));
  });
});

describe('drawOf', () => {
  const draw = (split: 'train' | 'validation', space: number) =>
    drawOf(
      new Random(1),
      split,
      space,
      (random) => random.int(1000),
      (n) => [n],
    );

  it('splits by hash if there are many sequences', () => {
    expect(hashOf([draw('validation', 4096)]) % 8).toBe(0);
    expect(hashOf([draw('train', 4096)]) % 8).not.toBe(0);
  });

  it('does not split if there are few sequences', () => {
    expect(draw('train', 4095)).toBe(draw('validation', 4095));
  });
});
