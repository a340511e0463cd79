// Principal component analysis: the directions in which some vectors vary most.
import { addScaled, dot, gramOf, type Matrix, matrix, rowOf, rowProducts, transposed } from './linear-algebra.ts';

export interface Principal {
  /** (d) */
  readonly mean: Float64Array;
  /** (count, d), orthonormal, by descending variance; of each, the entry of largest magnitude is positive. */
  readonly axes: Matrix;
  /** The share of the total variance along each axis; 0 where nothing varies. */
  readonly explained: Float64Array;
}

/** Vectors iterated besides those wanted: the more, the faster the wanted ones converge. */
const SPARE = 6;
const MOST_ROUNDS = 1000;
/** Relative residual of an axis at which it counts as found. */
const PRECISE = 1e-9;

/** Variances below this share of the largest are rounding. */
const NOTHING = 1e-12;

/** Squared distances from the mean below this share of its own square are rounding: numbers in f32 differ by 1e-15. */
const EQUAL = 1e-20;

/** Orthonormal rows that span the same space, by modified Gram–Schmidt; a row that depends on earlier ones becomes zero. */
function orthonormalise(v: Matrix): void {
  for (let i = 0; i < v.rows; i++) {
    const row = rowOf(v, i);
    const before = Math.sqrt(dot(row, row));
    for (let pass = 0; pass < 2; pass++)
      for (let j = 0; j < i; j++) addScaled(row, -dot(row, rowOf(v, j)), rowOf(v, j));
    const length = Math.sqrt(dot(row, row));
    if (length > 1e-12 * before && length > 0)
      for (let k = 0; k < row.length; k++) row[k] = (row[k] as number) / length;
    else row.fill(0);
  }
}

/** Eigenvectors of a small symmetric matrix as rows, by descending eigenvalue: Jacobi rotations. */
function smallEigenvectors(symmetric: Matrix): { readonly vectors: Matrix; readonly values: Float64Array } {
  const n = symmetric.rows;
  const a = symmetric.values.slice();
  const v = matrix(n, n);
  for (let i = 0; i < n; i++) v.values[i * n + i] = 1;
  const get = (i: number, j: number) => a[i * n + j] as number;
  for (let sweep = 0; sweep < 50; sweep++) {
    let off = 0;
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) off += get(i, j) ** 2;
    if (off <= 1e-30 * dot(a, a)) break;
    for (let p = 0; p < n; p++)
      for (let q = p + 1; q < n; q++) {
        if (get(p, q) === 0) continue;
        const theta = (get(q, q) - get(p, p)) / (2 * get(p, q));
        const t = Math.sign(theta || 1) / (Math.abs(theta) + Math.hypot(theta, 1));
        const c = 1 / Math.hypot(t, 1);
        const s = t * c;
        for (let k = 0; k < n; k++) {
          const [x, y] = [get(k, p), get(k, q)];
          a[k * n + p] = c * x - s * y;
          a[k * n + q] = s * x + c * y;
        }
        for (let k = 0; k < n; k++) {
          const [x, y] = [get(p, k), get(q, k)];
          a[p * n + k] = c * x - s * y;
          a[q * n + k] = s * x + c * y;
          const [vx, vy] = [v.values[p * n + k] as number, v.values[q * n + k] as number];
          v.values[p * n + k] = c * vx - s * vy;
          v.values[q * n + k] = s * vx + c * vy;
        }
      }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => get(j, j) - get(i, i));
  const vectors = matrix(n, n);
  for (const [to, from] of order.entries()) rowOf(vectors, to).set(rowOf(v, from));
  return { vectors, values: Float64Array.from(order, (i) => get(i, i)) };
}

/**
 * The first principal components of some vectors of equal length, by subspace iteration on the smaller of the covariance
 * and the Gram matrix.
 * @param rows at least one vector (d)
 * @param count wanted axes; fewer than d and the number of vectors leave zero axes
 */
export function principalComponents(rows: readonly ArrayLike<number>[], count = 2): Principal {
  const n = rows.length;
  const d = rows[0]?.length ?? 0;
  const mean = new Float64Array(d);
  for (const row of rows) addScaled(mean, 1 / n, row);
  const x = matrix(n, d);
  rows.forEach((row, i) => {
    const into = rowOf(x, i);
    into.set(row);
    addScaled(into, -1, mean);
  });
  // Equal vectors differ from their mean by rounding.
  const spread = dot(x.values, x.values);
  const total = spread > EQUAL * n * dot(mean, mean) ? spread : 0;
  const axes = matrix(count, d);
  const explained = new Float64Array(count);
  if (total === 0) return { mean, axes, explained };
  const isWide = d > n;
  const { vectors, values } = leadingEigenvectors(gramOf(isWide ? x : transposed(x)), count);
  // An eigenvector of the Gram matrix gives the weights of the vectors in the axis.
  const found = isWide ? rotate(vectors, x) : vectors;
  for (let k = 0; k < found.rows; k++) {
    const axis = rowOf(found, k);
    const length = Math.sqrt(dot(axis, axis));
    // What is left of the data in such a direction is rounding.
    if (!((values[k] as number) > NOTHING * (values[0] as number))) continue;
    let most = 0;
    for (let i = 0; i < d; i++) if (Math.abs(axis[i] as number) > Math.abs(axis[most] as number)) most = i;
    addScaled(rowOf(axes, k), Math.sign(axis[most] as number) / length, axis);
    explained[k] = Math.max(0, values[k] as number) / total;
  }
  return { mean, axes, explained };
}

/** The eigenvectors of the largest eigenvalues of a symmetric matrix, as rows: subspace iteration. */
function leadingEigenvectors(
  symmetric: Matrix,
  count: number,
): { readonly vectors: Matrix; readonly values: Float64Array } {
  const m = symmetric.rows;
  const block = Math.min(count + SPARE, m);
  const wanted = Math.min(count, m);
  let basis = matrix(block, m);
  // Any directions that no data are likely to be orthogonal to.
  for (let k = 0; k < basis.values.length; k++) basis.values[k] = Math.sin(0.618 * (k + 1) ** 2);
  orthonormalise(basis);
  let values = new Float64Array(block);
  for (let round = 0; round < MOST_ROUNDS; round++) {
    const image = rowProducts(basis, symmetric);
    // The eigenvectors of the matrix restricted to the basis are the best ones in it (Rayleigh–Ritz).
    const ritz = smallEigenvectors(rowProducts(image, basis));
    values = ritz.values as Float64Array<ArrayBuffer>;
    basis = rotate(ritz.vectors, basis);
    const next = rotate(ritz.vectors, image);
    let residual = 0;
    for (let k = 0; k < wanted; k++) {
      const rest = rowOf(next, k).slice();
      addScaled(rest, -(values[k] as number), rowOf(basis, k));
      residual = Math.max(residual, Math.sqrt(dot(rest, rest)));
    }
    if (residual <= PRECISE * (values[0] as number)) break;
    basis = next;
    orthonormalise(basis);
  }
  return { vectors: { rows: wanted, columns: m, values: basis.values.slice(0, wanted * m) }, values };
}

/** The rows of `r` (m, n) applied to those of `a` (n, d). */
function rotate(r: Matrix, a: Matrix): Matrix {
  const out = matrix(r.rows, a.columns);
  for (let i = 0; i < r.rows; i++)
    for (let j = 0; j < a.rows; j++) addScaled(rowOf(out, i), r.values[i * r.columns + j] as number, rowOf(a, j));
  return out;
}

/** The coordinates of a vector along the axes. */
export function projected({ mean, axes }: Principal, vector: ArrayLike<number>): number[] {
  return Array.from({ length: axes.rows }, (_, k) => {
    const axis = rowOf(axes, k);
    return dot(axis, vector) - dot(axis, mean);
  });
}
