// The stops of the slider for the number of segments: powers of two, and one between each pair.
const powers = Array.from({ length: 13 }, (_, k) => 2 ** k);

/** 1, 2, 3, 4, 6, 8, 12, … 4096 */
export const segmentSteps: readonly number[] = powers.flatMap((power) =>
  power >= 2 && power < 4096 ? [power, power * 1.5] : [power],
);

/** The stop nearest to a number of segments, on the logarithmic scale. */
export function nearestStep(segments: number): number {
  let best = 0;
  segmentSteps.forEach((step, i) => {
    if (Math.abs(Math.log(step / segments)) < Math.abs(Math.log((segmentSteps[best] ?? 1) / segments))) best = i;
  });
  return best;
}
