// Macro F1 of a classification.

/** Counts of one class: samples of this class, samples predicted as it, and samples that are both. */
export interface ClassCount {
  readonly expected: number;
  readonly predicted: number;
  readonly right: number;
}

/**
 * The counts after one more batch of expected and predicted classes, sample by sample; -1 is a word that is not a
 * class.
 */
export function countClasses(
  counts: readonly ClassCount[],
  expected: readonly number[],
  predicted: readonly number[],
): ClassCount[] {
  const next = counts.map((count) => ({ ...count }));
  const add = (id: number, key: keyof ClassCount) => {
    if (id < 0) return;
    while (next.length <= id) next.push({ expected: 0, predicted: 0, right: 0 });
    const count = next[id];
    if (count) count[key]++;
  };
  expected.forEach((id, i) => {
    add(id, 'expected');
    add(predicted[i] ?? -1, 'predicted');
    if (id === predicted[i]) add(id, 'right');
  });
  return next;
}

/**
 * Macro F1: the mean of 2·right / (expected + predicted) over the classes that were expected or predicted at all.
 * @returns 0 to 1; NaN without samples
 */
export function macroF1(counts: readonly ClassCount[]): number {
  const each = counts
    .filter(({ expected, predicted }) => expected + predicted > 0)
    .map(({ expected, predicted, right }) => (2 * right) / (expected + predicted));
  return each.reduce((sum, value) => sum + value, 0) / each.length;
}
