// The mean of a few independent measurements, such as the seeds of one setting, with its 95 % interval.

/** Two-sided 95 % quantiles of Student's t for 1, 2, … 30 degrees of freedom. */
const quantiles = [
  12.7062, 4.30265, 3.18245, 2.77645, 2.57058, 2.44691, 2.36462, 2.306, 2.26216, 2.22814, 2.20099, 2.17881, 2.16037,
  2.14479, 2.13145, 2.11991, 2.10982, 2.10092, 2.09302, 2.08596, 2.07961, 2.07387, 2.06866, 2.0639, 2.05954, 2.05553,
  2.05183, 2.04841, 2.04523, 2.04227,
] as const;

/**
 * The two-sided 95 % quantile of Student's t: from a table up to 30 degrees of freedom, then by the expansion around the
 * normal distribution, which is accurate to 1e-4 there.
 * @see Abramowitz and Stegun 1964, 26.7.5
 */
export function tQuantile(degrees: number): number {
  const known = quantiles[degrees - 1];
  if (known !== undefined) return known;
  const z = 1.959964;
  const first = (z ** 3 + z) / 4;
  const second = (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96;
  return z + first / degrees + second / degrees ** 2;
}

export interface MeanInterval {
  readonly mean: number;
  /** Both undefined for fewer than two values, which say nothing about their spread. */
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly count: number;
}

/**
 * The mean with its 95 % interval: mean ± t(n − 1) · s / √n, with the sample standard deviation s.
 * @param values of independent runs; NaN counts as missing
 * @param within bounds that no mean can leave, such as 0 and 1 for a share
 */
export function meanInterval(
  values: readonly number[],
  within: readonly [low: number, high: number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
): MeanInterval {
  const known = values.filter(Number.isFinite);
  const count = known.length;
  const mean = known.reduce((sum, value) => sum + value, 0) / count;
  if (count < 2) return { mean, low: undefined, high: undefined, count };
  const variance = known.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (count - 1);
  const half = tQuantile(count - 1) * Math.sqrt(variance / count);
  return { mean, low: Math.max(within[0], mean - half), high: Math.min(within[1], mean + half), count };
}
