// The associative memory of ARMT: keys, reading, and the delta rule that writes.
import { add, at, dot, type Numbers } from './numbers.ts';

/** y = (relu(x), relu(-x)) */
const halves = (x: readonly number[]) => [
  ...x.map((value) => Math.max(0, value)),
  ...x.map((value) => Math.max(0, -value)),
];

/** Row r of x (R, n). */
const rowOf = (x: Numbers, r: number, n: number) => Array.from({ length: n }, (_, i) => at(x, r * n + i));

/** f[j·2K+i] = y[i] · y[(i-j-1) mod 2K], j = 0 … 2 */
function features(x: readonly number[]): number[] {
  const y = halves(x);
  return [1, 2, 3].flatMap((shift) => y.map((value, i) => value * at(y, (i - shift + y.length) % y.length)));
}

/** out = f / max(‖f‖, 1e-12) of each row, or f; inp (R,K), out (R,6·K) */
export function dpfp(inp: Numbers, R: number, K: number, normalise = true): Float64Array {
  const rows = Array.from({ length: R }, (_, r) => {
    const f = features(rowOf(inp, r, K));
    const norm = normalise ? Math.max(Math.sqrt(dot(f, f)), 1e-12) : 1;
    return f.map((value) => value / norm);
  });
  return Float64Array.from(rows.flat());
}

/** d_f = (d_out - out (out·d_out)) / ‖f‖, then the product rule; the gradient of relu at 0 is 0. */
export function dpfpBackward(d_out: Numbers, inp: Numbers, R: number, K: number, normalise = true): Float64Array {
  const d_inp = new Float64Array(R * K);
  for (let r = 0; r < R; r++) {
    const x = rowOf(inp, r, K);
    const [y, f] = [halves(x), features(x)];
    const length = Math.sqrt(dot(f, f));
    const norm = normalise ? Math.max(length, 1e-12) : 1;
    const d = rowOf(d_out, r, 6 * K);
    // A norm clamped to 1e-12 is constant in f.
    const along = normalise && length > 1e-12 ? dot(f, d) / norm ** 2 : 0;
    const d_y = new Float64Array(2 * K);
    for (let j = 0; j < 3; j++)
      for (let i = 0; i < 2 * K; i++) {
        const other = (i - j - 1 + 2 * K) % (2 * K);
        const d_f = (at(d, j * 2 * K + i) - at(f, j * 2 * K + i) * along) / norm;
        add(d_y, i, d_f * at(y, other));
        add(d_y, other, d_f * at(y, i));
      }
    x.forEach((value, i) => {
      if (value !== 0) d_inp[r * K + i] = value > 0 ? at(d_y, i) : -at(d_y, K + i);
    });
  }
  return d_inp;
}

export interface AssociativeSizes {
  readonly B: number;
  readonly R: number;
  readonly K: number;
  readonly W: number;
}

/** out[b,r,w] = Σ_k keys[b,r,k] · state[b,k,w] */
export function associativeRead(keys: Numbers, state: Numbers, { B, R, K, W }: AssociativeSizes): Float64Array {
  const out = new Float64Array(B * R * W);
  for (let b = 0; b < B; b++)
    for (let r = 0; r < R; r++)
      for (let k = 0; k < K; k++)
        for (let w = 0; w < W; w++)
          add(out, (b * R + r) * W + w, at(keys, (b * R + r) * K + k) * at(state, (b * K + k) * W + w));
  return out;
}

/** d_keys = d_out stateᵀ, d_state = keysᵀ d_out */
export function associativeReadBackward(
  d_out: Numbers,
  keys: Numbers,
  state: Numbers,
  { B, R, K, W }: AssociativeSizes,
): { keys: Float64Array; state: Float64Array } {
  const d_keys = new Float64Array(B * R * K);
  const d_state = new Float64Array(B * K * W);
  for (let b = 0; b < B; b++)
    for (let r = 0; r < R; r++)
      for (let k = 0; k < K; k++)
        for (let w = 0; w < W; w++) {
          const d = at(d_out, (b * R + r) * W + w);
          add(d_keys, (b * R + r) * K + k, d * at(state, (b * K + k) * W + w));
          add(d_state, (b * K + k) * W + w, d * at(keys, (b * R + r) * K + k));
        }
  return { keys: d_keys, state: d_state };
}

/** next[b,k,w] = state[b,k,w] + Σ_r keys[b,r,k] · values[b,r,w] */
export function associativeWrite(
  keys: Numbers,
  values: Numbers,
  state: Numbers,
  { B, R, K, W }: AssociativeSizes,
): Float64Array {
  const next = Float64Array.from(state);
  for (let b = 0; b < B; b++)
    for (let r = 0; r < R; r++)
      for (let k = 0; k < K; k++)
        for (let w = 0; w < W; w++)
          add(next, (b * K + k) * W + w, at(keys, (b * R + r) * K + k) * at(values, (b * R + r) * W + w));
  return next;
}

/** d_state = d_next, and the product rule for keys and values */
export function associativeWriteBackward(
  d_next: Numbers,
  keys: Numbers,
  values: Numbers,
  { B, R, K, W }: AssociativeSizes,
): { keys: Float64Array; values: Float64Array; state: Float64Array } {
  const d_keys = new Float64Array(B * R * K);
  const d_values = new Float64Array(B * R * W);
  for (let b = 0; b < B; b++)
    for (let r = 0; r < R; r++)
      for (let k = 0; k < K; k++)
        for (let w = 0; w < W; w++) {
          const d = at(d_next, (b * K + k) * W + w);
          add(d_keys, (b * R + r) * K + k, d * at(values, (b * R + r) * W + w));
          add(d_values, (b * R + r) * W + w, d * at(keys, (b * R + r) * K + k));
        }
  return { keys: d_keys, values: d_values, state: Float64Array.from(d_next) };
}

/** R rows for each of B sequences, in phase 0 (not started), 1 (the first segment) or 2 (a later one). */
export interface RecallSizes {
  readonly B: number;
  readonly R: number;
  readonly D: number;
  readonly phase: Numbers;
}

const EPSILON = 1e-5;

/** out = hidden + found[…D] / (found[D] + ε) in phase 2, else hidden; found (B,R,D+4) */
export function recall(hidden: Numbers, found: Numbers, { B, R, D, phase }: RecallSizes): Float64Array {
  const out = Float64Array.from(hidden);
  for (let row = 0; row < B * R; row++)
    if (at(phase, Math.floor(row / R)) === 2)
      for (let c = 0; c < D; c++)
        add(out, row * D + c, at(found, row * (D + 4) + c) / (at(found, row * (D + 4) + D) + EPSILON));
  return out;
}

/** d_found; d_hidden is d_out */
export function recallBackward(d_out: Numbers, found: Numbers, { B, R, D, phase }: RecallSizes): Float64Array {
  const d_found = new Float64Array(B * R * (D + 4));
  for (let row = 0; row < B * R; row++) {
    if (at(phase, Math.floor(row / R)) !== 2) continue;
    const base = row * (D + 4);
    const den = at(found, base + D) + EPSILON;
    for (let c = 0; c < D; c++) {
      d_found[base + c] = at(d_out, row * D + c) / den;
      add(d_found, base + D, (-at(d_out, row * D + c) * at(found, base + c)) / den ** 2);
    }
  }
  return d_found;
}

export interface DeltaInputs {
  /** (B,R,D) */
  readonly value: Numbers;
  /** (B,R,4), of which only the first column is used */
  readonly gate: Numbers;
  /** (B,R,D+4) */
  readonly found: Numbers;
}

/** γ = clip(1 - (found[D] + ε) / (‖key‖² + floor), 0, 1) of each row in phase 2; 1 in phase 1, 0 before */
export function novelty(keys: Numbers, found: Numbers, { B, R, D, phase }: RecallSizes, floor = 0): Float64Array {
  const K = keys.length / (B * R);
  return Float64Array.from({ length: B * R }, (_, row) => {
    const now = at(phase, Math.floor(row / R));
    if (now !== 2) return now;
    const key = rowOf(keys, row, K);
    return Math.min(1, Math.max(0, 1 - (at(found, row * (D + 4) + D) + EPSILON) / (dot(key, key) + floor)));
  });
}

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** out[r] = (σ(gate[r,0]) · (value - old), γ, 0, 0, 0), old = found[…D] / (found[D] + ε) in phase 2, else 0; 0 in phase 0 */
export function deltaRule(
  { value, gate, found }: DeltaInputs,
  gamma: Numbers,
  { B, R, D, phase }: RecallSizes,
): Float64Array {
  const out = new Float64Array(B * R * (D + 4));
  for (let row = 0; row < B * R; row++) {
    const now = at(phase, Math.floor(row / R));
    if (now === 0) continue;
    const base = row * (D + 4);
    for (let c = 0; c < D; c++) {
      const old = now === 2 ? at(found, base + c) / (at(found, base + D) + EPSILON) : 0;
      out[base + c] = sigmoid(at(gate, row * 4)) * (at(value, row * D + c) - old);
    }
    out[base + D] = at(gamma, row);
  }
  return out;
}

/** γ is treated as a constant. */
export function deltaRuleBackward(
  d_out: Numbers,
  { value, gate, found }: DeltaInputs,
  { B, R, D, phase }: RecallSizes,
): { value: Float64Array; gate: Float64Array; found: Float64Array } {
  const [d_value, d_gate, d_found] = [B * R * D, B * R * 4, B * R * (D + 4)].map((n) => new Float64Array(n)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let row = 0; row < B * R; row++) {
    const now = at(phase, Math.floor(row / R));
    if (now === 0) continue;
    const base = row * (D + 4);
    const beta = sigmoid(at(gate, row * 4));
    const den = at(found, base + D) + EPSILON;
    for (let c = 0; c < D; c++) {
      const d = at(d_out, base + c);
      const old = now === 2 ? at(found, base + c) / den : 0;
      d_value[row * D + c] = beta * d;
      add(d_gate, row * 4, beta * (1 - beta) * d * (at(value, row * D + c) - old));
      if (now !== 2) continue;
      d_found[base + c] = (-beta * d) / den;
      add(d_found, base + D, (beta * d * old) / den);
    }
  }
  return { value: d_value, gate: d_gate, found: d_found };
}
