// Exponential smoothing of a series whose points may stand for several steps each.

/**
 * The exponential moving average over about `steps` steps: the weight of a step falls by 1 − 1/steps with each later one.
 * Divided by the sum of the weights, so that the beginning is not drawn towards zero. A point that is the mean of several
 * steps counts as that many. Missing numbers are skipped and stay missing.
 * @param counts steps that each value stands for
 * @see Kingma and Ba 2015, arXiv:1412.6980, section 3 (the correction of the beginning)
 */
export function movingAverage(values: readonly number[], counts: readonly number[], steps: number): readonly number[] {
  if (steps <= 1) return values;
  const keep = 1 - 1 / steps;
  let [sum, weight] = [0, 0];
  return values.map((value, i) => {
    if (!Number.isFinite(value)) return Number.NaN;
    const kept = keep ** (counts[i] ?? 1);
    sum = kept * sum + (1 - kept) * value;
    weight = kept * weight + (1 - kept);
    return sum / weight;
  });
}
