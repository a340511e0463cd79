// Layer normalisation, linear and feed-forward layers, and the cross-entropy.

import { add, at, type Numbers, sumRows } from './numbers.ts';

/** (x - mean) / √(variance + eps) of each row, and the 1 / √… it was divided by. */
function normalise(x: Numbers, R: number, D: number, eps: number): { normal: Float64Array; rstd: Float64Array } {
  const normal = new Float64Array(R * D);
  const rstd = new Float64Array(R);
  for (let r = 0; r < R; r++) {
    let mean = 0;
    for (let c = 0; c < D; c++) mean += at(x, r * D + c) / D;
    let variance = 0;
    for (let c = 0; c < D; c++) variance += (at(x, r * D + c) - mean) ** 2 / D;
    const scale = 1 / Math.sqrt(variance + eps);
    rstd[r] = scale;
    for (let c = 0; c < D; c++) normal[r * D + c] = (at(x, r * D + c) - mean) * scale;
  }
  return { normal, rstd };
}

/** out[r,c] = weight[c] · x̂[r,c] + bias[c]; affine (2,D) is weight, then bias. */
export function layerNorm(x: Numbers, affine: Numbers, R: number, D: number, eps: number): Float64Array {
  const { normal } = normalise(x, R, D, eps);
  return normal.map((value, i) => at(affine, i % D) * value + at(affine, D + (i % D)));
}

/** d_inp = rstd · (g - mean(g) - x̂ · mean(g x̂)), g = d_out · weight; d_affine = (Σ_r d_out x̂, Σ_r d_out) */
export function layerNormBackward(
  d_out: Numbers,
  x: Numbers,
  affine: Numbers,
  R: number,
  D: number,
  eps: number,
): { inp: Float64Array; affine: Float64Array } {
  const { normal, rstd } = normalise(x, R, D, eps);
  const inp = new Float64Array(R * D);
  const d_affine = new Float64Array(2 * D);
  for (let r = 0; r < R; r++) {
    let mean = 0;
    let product = 0;
    for (let c = 0; c < D; c++) {
      const i = r * D + c;
      const g = at(d_out, i) * at(affine, c);
      mean += g / D;
      product += (g * at(normal, i)) / D;
      add(d_affine, c, at(d_out, i) * at(normal, i));
      add(d_affine, D + c, at(d_out, i));
    }
    for (let c = 0; c < D; c++) {
      const i = r * D + c;
      inp[i] = at(rstd, r) * (at(d_out, i) * at(affine, c) - mean - at(normal, i) * product);
    }
  }
  return { inp, affine: d_affine };
}

export interface LinearSizes {
  readonly R: number;
  readonly N: number;
  readonly K: number;
}

/** out[r,n] = Σ_k inp[r,k] · weight[n,k] + bias[n], or no bias */
export function linear(
  inp: Numbers,
  weight: Numbers,
  bias: Numbers | undefined,
  { R, N, K }: LinearSizes,
): Float64Array {
  const out = new Float64Array(R * N);
  for (let r = 0; r < R; r++)
    for (let n = 0; n < N; n++) {
      let sum = bias ? at(bias, n) : 0;
      for (let k = 0; k < K; k++) sum += at(inp, r * K + k) * at(weight, n * K + k);
      out[r * N + n] = sum;
    }
  return out;
}

/** d_inp = d_out W, d_weight = d_outᵀ inp, d_bias = Σ_r d_out */
export function linearBackward(
  d_out: Numbers,
  inp: Numbers,
  weight: Numbers,
  { R, N, K }: LinearSizes,
): { inp: Float64Array; weight: Float64Array; bias: Float64Array } {
  const d_inp = new Float64Array(R * K);
  const d_weight = new Float64Array(N * K);
  for (let r = 0; r < R; r++)
    for (let n = 0; n < N; n++) {
      const d = at(d_out, r * N + n);
      for (let k = 0; k < K; k++) {
        add(d_inp, r * K + k, d * at(weight, n * K + k));
        add(d_weight, n * K + k, d * at(inp, r * K + k));
      }
    }
  return { inp: d_inp, weight: d_weight, bias: sumRows(d_out, R, N) };
}

/** d_pre = d_out · (1 - out²), where out = tanh(pre) */
export function tanhBackward(d_out: Numbers, out: Numbers): Float64Array {
  return Float64Array.from(d_out, (d, i) => d * (1 - at(out, i) ** 2));
}

/**
 * The error function to f64 rounding: 2/√π · exp(-x²) · Σ_n 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), whose terms all have one sign.
 */
export function erf(x: number): number {
  // 1 - erf(6) is 2e-17: below f64's rounding.
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

/** x · Φ(x) */
export function gelu(x: number): number {
  return 0.5 * x * (1 + erf(x / Math.SQRT2));
}

/** Φ(x) + x · φ(x) */
export function geluDerivative(x: number): number {
  return 0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
}

/** GPT-2's approximation of GELU: x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) */
export function geluNew(x: number): number {
  return 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));
}

/** With t the tanh: (1 + t)/2 + x/2 · (1 - t²) · √(2/π) · (1 + 3 · 0.044715 x²) */
export function geluNewDerivative(x: number): number {
  const t = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3));
  return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
}

/** The activations of a feed-forward block and their derivatives; that of relu at 0 is 0. */
export const activations = {
  gelu: [gelu, geluDerivative],
  gelu_new: [geluNew, geluNewDerivative],
  relu: [(x: number) => Math.max(0, x), (x: number) => (x > 0 ? 1 : 0)],
} as const;
export type Activation = keyof typeof activations;

export interface FeedForwardParameters {
  /** (F,D) and (F) */
  readonly inner: { readonly weight: Numbers; readonly bias: Numbers };
  /** (D,F) and (D) */
  readonly outer: { readonly weight: Numbers; readonly bias: Numbers };
}

export interface FeedForwardSizes {
  readonly R: number;
  readonly D: number;
  readonly F: number;
}

/** f(inp · W₁ᵀ + b₁) · W₂ᵀ + b₂ */
export function feedForward(
  inp: Numbers,
  { inner, outer }: FeedForwardParameters,
  { R, D, F }: FeedForwardSizes,
  by: Activation = 'gelu',
): Float64Array {
  const pre = linear(inp, inner.weight, inner.bias, { R, N: F, K: D });
  const [f] = activations[by];
  return linear(pre.map(f), outer.weight, outer.bias, { R, N: D, K: F });
}

type LinearGradients = ReturnType<typeof linearBackward>;

export function feedForwardBackward(
  d_out: Numbers,
  inp: Numbers,
  { inner, outer }: FeedForwardParameters,
  { R, D, F }: FeedForwardSizes,
  by: Activation = 'gelu',
): { inner: LinearGradients; outer: LinearGradients } {
  const pre = linear(inp, inner.weight, inner.bias, { R, N: F, K: D });
  const [f, derivative] = activations[by];
  const back = linearBackward(d_out, pre.map(f), outer.weight, { R, N: D, K: F });
  const d_pre = back.inp.map((d, i) => d * derivative(at(pre, i)));
  return { inner: linearBackward(d_pre, inp, inner.weight, { R, N: F, K: D }), outer: back };
}

/** loss[r] = ln Σ_c exp(logits[r,c]) - logits[r,label], over the first C of COLUMNS columns; best[r] = the first argmax */
export function crossEntropy(
  logits: Numbers,
  labels: Numbers,
  rowWeight: Numbers,
  C: number,
  COLUMNS: number,
): { loss: Float64Array; best: Float64Array; d_logits: Float64Array } {
  const R = labels.length;
  const loss = new Float64Array(R);
  const best = new Float64Array(R);
  const d_logits = new Float64Array(R * COLUMNS);
  for (let r = 0; r < R; r++) {
    const row = Array.from({ length: C }, (_, c) => at(logits, r * COLUMNS + c));
    const highest = Math.max(...row);
    const log_sum = highest + Math.log(row.reduce((sum, value) => sum + Math.exp(value - highest), 0));
    best[r] = row.indexOf(highest);
    loss[r] = log_sum - at(row, at(labels, r));
    row.forEach((value, c) => {
      d_logits[r * COLUMNS + c] = at(rowWeight, r) * (Math.exp(value - log_sum) - (c === at(labels, r) ? 1 : 0));
    });
  }
  return { loss, best, d_logits };
}
