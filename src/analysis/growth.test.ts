import { describe, expect, it } from 'vitest';
import { exponentOf, growthWord } from './growth.ts';
import { layersText, lengthsFor, overheadOf } from './layer-shape.ts';

const law = (k: number, lengths: readonly number[], fixed = 0) =>
  lengths.map((length) => ({ length, value: fixed + 3 * length ** k }));

describe('growth', () => {
  it.each([
    [-0.5, 'falling'],
    [0, 'flat'],
    [0.5, 'slower than linear'],
    [1, 'linear'],
    [1.5, 'faster than linear, not yet quadratic'],
    [2, 'quadratic'],
    [3, 'faster than quadratic'],
  ])('finds the exponent %f, and calls it %s', (k, word) => {
    const found = exponentOf(law(k, [256, 64, 128]));
    expect(found).toBeCloseTo(k, 10);
    expect(growthWord(found ?? Number.NaN)).toBe(word);
  });

  it('uses the three longest lengths, where fixed costs matter least', () => {
    const lengths = [1, 2, 4, 1024, 2048, 4096];
    expect(exponentOf(law(1, lengths, 50))).toBeGreaterThan(0.98);
    expect(exponentOf(law(1, lengths.slice(0, 3), 50))).toBeLessThan(0.2);
  });

  it('is undefined for a single length, or for a value that is not positive', () => {
    expect(exponentOf(law(1, [64]))).toBeUndefined();
    expect(exponentOf(law(1, [64, 64]))).toBeUndefined();
    expect(
      exponentOf([
        { length: 1, value: 0 },
        { length: 2, value: 1 },
      ]),
    ).toBeUndefined();
    expect(
      exponentOf([
        { length: 1, value: Number.NaN },
        { length: 2, value: 1 },
      ]),
    ).toBeUndefined();
  });
});

describe('shapes', () => {
  it('divide their positions into memory, special tokens and text', () => {
    expect(overheadOf({ kind: 'encoder', memory: 10 })).toBe(512 - 499);
    expect(overheadOf({ kind: 'decoder', memory: 10 })).toBe(20);
    expect(lengthsFor(512, 4096)).toEqual([512, 1024, 2048, 4096]);
    expect(lengthsFor(48, 100)).toEqual([48, 96]);
  });

  it('are described in words', () => {
    expect(layersText({ kind: 'encoder', layers: 1, width: 1024, heads: 4, inner: 64, memory: 2 })).toBe(
      '1 layer, width 1,024, 4 heads, feed-forward 64, 2 memory tokens',
    );
  });
});
