// ARMT's associations: what each write changed, and how much of what a query recalls comes from each of them.
// Source: Rodkin et al. 2024, arXiv:2407.04841
import { addScaled, dot, type Matrix, matrix, rowOf } from './linear-algebra.ts';

/** Added to the normaliser zᵀφ, as in the published code. */
const EPSILON = 1e-5;

/** The parameters of one layer's associative memory. */
export interface AssociativeLayer {
  /** (d_mem, D) */
  readonly query: Matrix;
  readonly key: Matrix;
  /** (D, D) */
  readonly value: Matrix;
  /** (D), and its bias: the logit of β. */
  readonly gate: Float64Array;
  readonly gateBias: number;
  /** Keys are divided by their length. */
  readonly normalise: boolean;
  /** γ corrects the normaliser; otherwise it is 1. */
  readonly correction: boolean;
}

/** The state of one layer: A and z side by side, (K, D + 4), of which column D is z and the rest is padding. */
export interface Associations {
  readonly values: ArrayLike<number>;
  readonly width: number;
}

/** y[o] = Σ_i weight[o, i] x[i] */
const apply = (weight: Matrix, x: ArrayLike<number>): Float64Array =>
  Float64Array.from({ length: weight.rows }, (_, o) => dot(rowOf(weight, o), x));

/**
 * The DPFP-3 features φ (6·d_mem) of a projected key or query.
 * @see Schlag et al. 2021, arXiv:2102.11174
 */
export function features(x: ArrayLike<number>, normalise: boolean): Float64Array {
  const K = x.length;
  const half = (i: number) => Math.max(0, i < K ? (x[i] as number) : -(x[i - K] as number));
  const out = new Float64Array(6 * K);
  for (let shift = 1; shift <= 3; shift++)
    for (let i = 0; i < 2 * K; i++) out[(shift - 1) * 2 * K + i] = half(i) * half((i - shift + 2 * K) % (2 * K));
  if (!normalise) return out;
  const length = Math.max(Math.sqrt(dot(out, out)), 1e-12);
  return out.map((value) => value / length);
}

/** φᵀA (D) and zᵀφ. */
function read({ values, width: D }: Associations, key: Float64Array): { found: Float64Array; normaliser: number } {
  const found = new Float64Array(D);
  let normaliser = 0;
  for (let k = 0; k < key.length; k++) {
    const factor = key[k] as number;
    if (factor === 0) continue;
    const at = k * (D + 4);
    for (let c = 0; c < D; c++) found[c] = (found[c] as number) + factor * (values[at + c] as number);
    normaliser += factor * (values[at + D] as number);
  }
  return { found, normaliser };
}

/** The write of one memory token: A += φ ⊗ change, z += γ φ. */
export interface Write {
  readonly key: Float64Array;
  /** β (v − v̄), where v̄ is what was stored under the key. */
  readonly change: Float64Array;
  /** The share of the difference that is written. */
  readonly beta: number;
  /** The share of the key that the normaliser does not have yet. */
  readonly gamma: number;
}

/**
 * What a memory token writes.
 * @param hidden  (D), the layer's output at the memory token
 * @param before  the associations before the segment; undefined in the first one
 */
export function writeOf(layer: AssociativeLayer, hidden: ArrayLike<number>, before: Associations | undefined): Write {
  const key = features(apply(layer.key, hidden), layer.normalise);
  const change = apply(layer.value, hidden);
  const beta = 1 / (1 + Math.exp(-(dot(layer.gate, hidden) + layer.gateBias)));
  let gamma = 1;
  if (before) {
    const { found, normaliser } = read(before, key);
    const held = normaliser + EPSILON;
    addScaled(change, -1 / held, found);
    // Keys that are not normalised may be zero.
    const squares = dot(key, key) + (layer.normalise ? 0 : 1e-5);
    if (layer.correction) gamma = Math.min(1, Math.max(0, 1 - held / squares));
  }
  return { key, change: change.map((value) => beta * value), beta, gamma };
}

export interface Recall {
  /** (D): φᵀA / (zᵀφ + 1e-5), which is added to the query's position. */
  readonly recalled: Float64Array;
  /**
   * For each state of a history, the share of `recalled` that what it added to the state before it accounts for: the
   * projection of its part onto `recalled`, over the squared length of `recalled`. The shares add up to 1; one that took
   * something back is negative. NaN where nothing is recalled.
   */
  readonly shares: Float64Array;
}

/**
 * What a position recalls, split by when it was written. For a given query φ, reading is linear in A, and A is the sum of
 * its changes A_t − A_(t−1), so that the split is exact. The normaliser is that of the last state. A change holds new
 * values less what they replaced: a later write that erases an earlier one has a negative part.
 * @param hidden  (D), the layer's input at the position that recalls
 * @param history the states from the first to the one that is read; before the first there are zeros
 */
export function recallOf(layer: AssociativeLayer, hidden: ArrayLike<number>, history: readonly Associations[]): Recall {
  const query = features(apply(layer.query, hidden), layer.normalise);
  const reads = history.map((state) => read(state, query));
  const last = reads.at(-1);
  const scale = 1 / ((last?.normaliser ?? 0) + EPSILON);
  const recalled = (last?.found ?? new Float64Array(hidden.length)).map((value) => value * scale);
  const squares = dot(recalled, recalled);
  let before = 0;
  const shares = Float64Array.from(reads, ({ found }) => {
    const along = dot(found, recalled) * scale;
    const share = (along - before) / squares;
    before = along;
    return share;
  });
  return { recalled, shares };
}

/** A of a state (K, D), without the normaliser and the padding. */
export function matrixOf({ values, width: D }: Associations): Matrix {
  const K = values.length / (D + 4);
  const out = matrix(K, D);
  for (let k = 0; k < K; k++) for (let c = 0; c < D; c++) out.values[k * D + c] = values[k * (D + 4) + c] as number;
  return out;
}
