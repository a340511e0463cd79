import { describe, expect, it } from 'vitest';
import { countClasses, macroF1 } from './f1.ts';

describe('macro F1', () => {
  it('is the mean over classes, over any number of batches', () => {
    // Class 0: 3 expected, 2 predicted, 2 right: 4/5. Class 1: 1, 0, 0: 0. Class 2: 2, 3, 2: 4/5.
    const one = countClasses([], [0, 0, 0], [0, 0, 2]);
    const both = countClasses(one, [1, 2, 2], [-1, 2, 2]);
    expect(both).toEqual([
      { expected: 3, predicted: 2, right: 2 },
      { expected: 1, predicted: 0, right: 0 },
      { expected: 2, predicted: 3, right: 2 },
    ]);
    expect(macroF1(both)).toBeCloseTo((4 / 5 + 0 + 4 / 5) / 3, 12);
    expect(one).toHaveLength(3);
  });

  it('is 1 where all are correct, and falls far below accuracy where one class is always guessed', () => {
    const expected = [0, 0, 0, 0, 0, 0, 0, 0, 0, 1];
    expect(macroF1(countClasses([], expected, expected))).toBe(1);
    // Accuracy 0.9.
    expect(
      macroF1(
        countClasses(
          [],
          expected,
          expected.map(() => 0),
        ),
      ),
    ).toBeCloseTo(18 / 19 / 2, 12);
  });

  it('leaves out classes that never occur, and is NaN without samples', () => {
    expect(macroF1(countClasses([], [3, 3], [3, 3]))).toBe(1);
    expect(macroF1([])).toBeNaN();
  });
});
