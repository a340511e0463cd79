// Losses by position, smoothed and thinned out for drawing.

/** The mean of the measured values in [from, to); NaN if there are none. */
export function meanOver(values: Float32Array, from: number, to: number): number {
  let [sum, count] = [0, 0];
  for (let i = Math.max(0, from); i < Math.min(values.length, to); i++) {
    const value = values[i] ?? Number.NaN;
    if (Number.isNaN(value)) continue;
    sum += value;
    count++;
  }
  return sum / count;
}

/**
 * At most `most` points of the running mean over `window` positions.
 * @returns positions count from 1; positions without a loss are omitted
 */
export function smoothed(
  values: Float32Array,
  window: number,
  most: number,
): { readonly at: number; readonly loss: number }[] {
  const every = Math.max(1, Math.ceil(values.length / most));
  const wide = Math.max(window, every);
  const points: { at: number; loss: number }[] = [];
  for (let i = Math.floor((every - 1) / 2); i < values.length; i += every) {
    const from = i - Math.floor((wide - 1) / 2);
    const loss = meanOver(values, from, from + wide);
    if (!Number.isNaN(loss)) points.push({ at: i + 1, loss });
  }
  return points;
}
