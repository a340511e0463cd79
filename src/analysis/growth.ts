// How a measured quantity grows with length: the exponent of a power law, and a word for it.

export interface Measured {
  readonly length: number;
  readonly value: number;
}

/** The exponent is fitted to this many of the longest lengths, where fixed costs matter least. */
const LONGEST = 3;

/**
 * The k of value ≈ c · length^k, by least squares over the logarithms of the three longest lengths.
 * @returns undefined for fewer than two lengths, or where a value is not positive
 */
export function exponentOf(points: readonly Measured[]): number | undefined {
  const longest = [...points].sort((a, b) => a.length - b.length).slice(-LONGEST);
  if (longest.length < 2 || !longest.every(({ length, value }) => length > 0 && value > 0)) return undefined;
  const x = longest.map(({ length }) => Math.log(length));
  const y = longest.map(({ value }) => Math.log(value));
  const mean = (numbers: readonly number[]) => numbers.reduce((sum, n) => sum + n, 0) / numbers.length;
  const [mx, my] = [mean(x), mean(y)];
  const along = x.reduce((sum, xi, i) => sum + (xi - mx) * ((y[i] ?? Number.NaN) - my), 0);
  const square = x.reduce((sum, xi) => sum + (xi - mx) ** 2, 0);
  return square > 0 ? along / square : undefined;
}

/** An exponent in words. */
export function growthWord(exponent: number): string {
  if (exponent < -0.15) return 'falling';
  if (exponent < 0.15) return 'flat';
  if (exponent < 0.75) return 'slower than linear';
  if (exponent <= 1.25) return 'linear';
  if (exponent < 1.7) return 'faster than linear, not yet quadratic';
  if (exponent <= 2.3) return 'quadratic';
  return 'faster than quadratic';
}
