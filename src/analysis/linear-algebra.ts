// Small dense linear algebra in f64, row-major, as the analysis of memories needs it.

/** A matrix of numbers, row-major. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

export const matrix = (rows: number, columns: number): Matrix => ({
  rows,
  columns,
  values: new Float64Array(rows * columns),
});

/** Row `i` as a view. */
export const rowOf = ({ columns, values }: Matrix, i: number): Float64Array =>
  values.subarray(i * columns, (i + 1) * columns);

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] as number) * (b[i] as number);
  return sum;
}

/** a += factor · b */
export function addScaled(a: Float64Array, factor: number, b: ArrayLike<number>): void {
  for (let i = 0; i < a.length; i++) a[i] = (a[i] as number) + factor * (b[i] as number);
}

/** The products of all rows of `a` (m, d) with all rows of `b` (n, d): (m, n). */
export function rowProducts(a: Matrix, b: Matrix): Matrix {
  const out = matrix(a.rows, b.rows);
  for (let i = 0; i < a.rows; i++) {
    const row = rowOf(a, i);
    const into = rowOf(out, i);
    for (let j = 0; j < b.rows; j++) into[j] = dot(row, rowOf(b, j));
  }
  return out;
}

/** The products of all rows of `a` (m, d) with each other: (m, m), symmetric. */
export function gramOf(a: Matrix): Matrix {
  const out = matrix(a.rows, a.rows);
  for (let i = 0; i < a.rows; i++) {
    const row = rowOf(a, i);
    for (let j = 0; j <= i; j++) {
      const product = dot(row, rowOf(a, j));
      out.values[i * a.rows + j] = product;
      out.values[j * a.rows + i] = product;
    }
  }
  return out;
}

export function transposed({ rows, columns, values }: Matrix): Matrix {
  const out = matrix(columns, rows);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++) out.values[j * rows + i] = values[i * columns + j] as number;
  return out;
}

/** The Cholesky factor of a Gram matrix of rank r, with the rows it was pivoted on. */
export interface GramFactor {
  /** (n, r): its products of rows are the Gram matrix. Row `pivots[k]` has zeros after column k. */
  readonly factor: Matrix;
  readonly pivots: readonly number[];
}

/**
 * Features with the same products as the given ones, in as few numbers as their rank: the pivoted Cholesky factor of
 * their Gram matrix. A linear model with an L2 penalty has the same solution in both.
 * @param gram (n, n), positive semidefinite
 * @param tolerance pivots below this share of the largest count as zero
 */
export function gramFactor(gram: Matrix, tolerance = 1e-12): GramFactor {
  const n = gram.rows;
  const rest = Float64Array.from({ length: n }, (_, i) => gram.values[i * n + i] as number);
  const largest = rest.reduce((a, b) => Math.max(a, b), 0);
  const columns: Float64Array[] = [];
  const pivots: number[] = [];
  while (pivots.length < n) {
    let pivot = -1;
    for (let i = 0; i < n; i++) if (pivot < 0 || (rest[i] as number) > (rest[pivot] as number)) pivot = i;
    const square = rest[pivot] as number;
    if (!(square > tolerance * largest)) break;
    const root = Math.sqrt(square);
    const column = new Float64Array(n);
    for (let i = 0; i < n; i++) {
      let value = gram.values[i * n + pivot] as number;
      for (const before of columns) value -= (before[i] as number) * (before[pivot] as number);
      column[i] = value / root;
    }
    for (const done of pivots) column[done] = 0;
    column[pivot] = root;
    for (let i = 0; i < n; i++) rest[i] = (rest[i] as number) - (column[i] as number) ** 2;
    rest[pivot] = Number.NEGATIVE_INFINITY;
    columns.push(column);
    pivots.push(pivot);
  }
  const factor = matrix(n, columns.length);
  columns.forEach((column, k) => {
    for (let i = 0; i < n; i++) factor.values[i * columns.length + k] = column[i] as number;
  });
  return { factor, pivots };
}

/** The same features of another row, given its products with the n rows: forward substitution. */
export function factorRow({ factor, pivots }: GramFactor, products: ArrayLike<number>): Float64Array {
  const out = new Float64Array(pivots.length);
  pivots.forEach((pivot, k) => {
    const row = rowOf(factor, pivot);
    let value = products[pivot] as number;
    for (let j = 0; j < k; j++) value -= (row[j] as number) * (out[j] as number);
    out[k] = value / (row[k] as number);
  });
  return out;
}

/**
 * The eigenvalues of a symmetric matrix, descending: Householder reflections to a tridiagonal one, then QL with implicit
 * shifts.
 * @see Golub and Van Loan 2013, Matrix Computations, section 8.3
 */
export function symmetricEigenvalues({ rows: n, values }: Matrix): Float64Array {
  const a = values.slice();
  const diagonal = new Float64Array(n);
  const off = new Float64Array(n);
  for (let k = 0; k < n - 1; k++) {
    // Reflect column k below the diagonal onto its first entry.
    const m = n - k - 1;
    const x = new Float64Array(m);
    for (let i = 0; i < m; i++) x[i] = a[(k + 1 + i) * n + k] as number;
    const length = Math.sqrt(dot(x, x));
    const first = x[0] as number;
    const head = first > 0 ? -length : length;
    diagonal[k] = a[k * n + k] as number;
    off[k] = length === 0 ? 0 : head;
    if (length === 0 || m === 1) {
      off[k] = first;
      continue;
    }
    x[0] = first - head;
    const scale = 2 / dot(x, x);
    // A ← A − v wᵀ − w vᵀ with p = scale · A v and w = p − (scale · pᵀv / 2) v
    const w = new Float64Array(m);
    for (let i = 0; i < m; i++) {
      const at = (k + 1 + i) * n + k + 1;
      w[i] = scale * dot(a.subarray(at, at + m), x);
    }
    addScaled(w, (-scale * dot(w, x)) / 2, x);
    for (let i = 0; i < m; i++) {
      const at = (k + 1 + i) * n + k + 1;
      const [xi, wi] = [x[i] as number, w[i] as number];
      for (let j = 0; j < m; j++) a[at + j] = (a[at + j] as number) - xi * (w[j] as number) - wi * (x[j] as number);
    }
  }
  if (n > 0) diagonal[n - 1] = a[n * n - 1] as number;
  tridiagonalEigenvalues(diagonal, off);
  return diagonal.sort((one, two) => two - one);
}

/** Overwrites `d` by the eigenvalues of the tridiagonal matrix with diagonal d and neighbours e (the last unused). */
function tridiagonalEigenvalues(d: Float64Array, e: Float64Array): void {
  const n = d.length;
  const at = (values: Float64Array, i: number) => values[i] as number;
  for (let l = 0; l < n; l++) {
    for (let round = 0; ; round++) {
      let m = l;
      for (; m < n - 1; m++) {
        const near = Math.abs(at(d, m)) + Math.abs(at(d, m + 1));
        if (Math.abs(at(e, m)) <= Number.EPSILON * near) break;
      }
      if (m === l) break;
      if (round === 60) throw new RangeError('eigenvalues: no convergence (expected finite numbers)');
      let g = (at(d, l + 1) - at(d, l)) / (2 * at(e, l));
      let r = Math.hypot(g, 1);
      g = at(d, m) - at(d, l) + at(e, l) / (g + (g >= 0 ? r : -r));
      let [s, c, p] = [1, 1, 0];
      let i = m - 1;
      for (; i >= l; i--) {
        const f = s * at(e, i);
        const b = c * at(e, i);
        r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] = at(d, i + 1) - p;
          e[m] = 0;
          break;
        }
        [s, c] = [f / r, g / r];
        g = at(d, i + 1) - p;
        r = (at(d, i) - g) * s + 2 * c * b;
        p = s * r;
        d[i + 1] = g + p;
        g = c * r - b;
      }
      if (r === 0 && i >= l) continue;
      d[l] = at(d, l) - p;
      e[l] = g;
      e[m] = 0;
    }
  }
}
