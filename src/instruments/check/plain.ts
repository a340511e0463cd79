// The layers of a Transformer in f64 and plain loops, written for clarity: the reference for GPU results.

/** One vector for each position. */
export type Rows = readonly Float64Array[];
/** Parameters by their checkpoint names. */
export type Weights = ReadonlyMap<string, Float64Array>;

/** @throws Error if a parameter is missing, because reference and model then differ in shape */
export function weight(weights: Weights, name: string): Float64Array {
  const found = weights.get(name);
  if (!found) throw new Error(`reference: no parameter '${name}'`);
  return found;
}

/** y[n] = Σ_k x[k] · W[n,k] + b[n]; with `transposed`, W is stored as (in, out). */
export function linear(rows: Rows, W: Float64Array, b: Float64Array | undefined, transposed = false): Float64Array[] {
  return rows.map((x) => {
    const K = x.length;
    const N = W.length / K;
    const y = new Float64Array(N);
    for (let n = 0; n < N; n++) {
      let sum = b ? (b[n] as number) : 0;
      for (let k = 0; k < K; k++) sum += (x[k] as number) * (W[transposed ? k * N + n : n * K + k] as number);
      y[n] = sum;
    }
    return y;
  });
}

export function plus(a: Rows, b: Rows): Float64Array[] {
  return a.map((row, i) => row.map((value, d) => value + ((b[i] as Float64Array)[d] as number)));
}

/** gain · (x − mean) / √(variance + eps) + bias, variance biased. */
export function layerNorm(rows: Rows, weights: Weights, name: string, eps: number): Float64Array[] {
  const gain = weight(weights, `${name}.weight`);
  const bias = weight(weights, `${name}.bias`);
  return rows.map((x) => {
    const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
    const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
    const scale = 1 / Math.sqrt(variance + eps);
    return x.map((value, d) => (gain[d] as number) * (value - mean) * scale + (bias[d] as number));
  });
}

/** softmax(q kᵀ / √d_head) v for each head; position i sees the first `seen(i)` positions. */
export function attention(q: Rows, k: Rows, v: Rows, heads: number, seen: (i: number) => number): Float64Array[] {
  const D = q[0]?.length ?? 0;
  const size = D / heads;
  return q.map((query, i) => {
    const out = new Float64Array(D);
    for (let at = 0; at < D; at += size) {
      const scores = k.slice(0, seen(i)).map((key) => {
        let sum = 0;
        for (let d = at; d < at + size; d++) sum += (query[d] as number) * (key[d] as number);
        return sum / Math.sqrt(size);
      });
      const highest = Math.max(...scores);
      const powers = scores.map((score) => Math.exp(score - highest));
      const total = powers.reduce((sum, power) => sum + power, 0);
      powers.forEach((power, j) => {
        const value = v[j] as Float64Array;
        for (let d = at; d < at + size; d++) out[d] = (out[d] as number) + (power / total) * (value[d] as number);
      });
    }
    return out;
  });
}

/** The error function, by its series of positive terms: 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)). */
export function erf(x: number): number {
  if (Math.abs(x) > 6) return Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}

export const gelu = (x: number) => 0.5 * x * (1 + erf(x / Math.SQRT2));
/** GPT-2's variant: the tanh approximation. */
export const geluNew = (x: number) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3)));

export const each = (rows: Rows, f: (x: number) => number): Float64Array[] => rows.map((row) => row.map(f));

/** −ln softmax(logits)[label] */
export function crossEntropy(logits: Float64Array, label: number): number {
  const highest = Math.max(...logits);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - highest), 0);
  return highest + Math.log(total) - (logits[label] as number);
}
