// Summaries of several numbers: the median and the range.

export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
}

/** The median with the minimum and maximum; all NaN without values. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  const upper = Math.floor(sorted.length / 2);
  const median = sorted.length % 2 === 1 ? at(upper) : (at(upper) + at(upper - 1)) / 2;
  return { median, low: at(0), high: at(sorted.length - 1) };
}

/** The middle value, or the mean of the two in the middle; NaN without values. */
export const median = (values: readonly number[]): number => spreadOf(values).median;
