// Shared by all references: checked access, sums, and central differences that the gradients are checked against.

export type Numbers = ArrayLike<number>;

/** x[i]; an index out of range is an error in the reference, not NaN. */
export function at(x: Numbers, i: number): number {
  const value = x[i];
  if (value === undefined) throw new RangeError(`reference: index ${i} of ${x.length}`);
  return value;
}

/** x[i] += value */
export function add(x: Float64Array, i: number, value: number): void {
  x[i] = at(x, i) + value;
}

/** Σ_i a[i] · b[i] */
export function dot(a: Numbers, b: Numbers): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += at(a, i) * at(b, i);
  return sum;
}

/** a + b, elementwise. */
export function plus(a: Numbers, b: Numbers): Float64Array {
  return Float64Array.from(a, (value, i) => value + at(b, i));
}

/** The gradient of f at x by central differences: truncation error of order h², rounding error of order 1e-16 / h. */
export function centralDifferences(f: (x: Float64Array) => number, x: Numbers, h = 1e-5): Float64Array {
  const moved = Float64Array.from(x);
  return Float64Array.from(moved, (value, i) => {
    moved[i] = value + h;
    const above = f(moved);
    moved[i] = value - h;
    const below = f(moved);
    moved[i] = value;
    return (above - below) / (2 * h);
  });
}

/** out[c] = Σ_r inp[r,c] */
export function sumRows(inp: Numbers, R: number, C: number): Float64Array {
  const out = new Float64Array(C);
  for (let r = 0; r < R; r++) for (let c = 0; c < C; c++) add(out, c, at(inp, r * C + c));
  return out;
}
