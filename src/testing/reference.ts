// The oracles: every op as the formula in its kernel's header says it, in f64 and plain loops, to be read and believed.
// Nothing here is fast and nothing imports the engine. Arrays are dense and row-major, as on the GPU.

export type Numbers = ArrayLike<number>;

/** x[i]; an index outside is an error in the oracle, not a NaN. */
function at(x: Numbers, i: number): number {
  const value = x[i];
  if (value === undefined) throw new RangeError(`reference: index ${i} of ${x.length}`);
  return value;
}

/** x[i] += value */
function add(x: Float64Array, i: number, value: number): void {
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

/** The gradient of f at x by central differences: error of order h², and rounding of order 1e-16 / h. */
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

// ── Sums ────────────────────────────────────────────────────────────────────────────────────────────────────────────

/** out[c] = Σ_r inp[r,c] */
export function sumRows(inp: Numbers, R: number, C: number): Float64Array {
  const out = new Float64Array(C);
  for (let r = 0; r < R; r++) for (let c = 0; c < C; c++) add(out, c, at(inp, r * C + c));
  return out;
}

/** memory[b] = initial for every b */
export function memoryBroadcast(initial: Numbers, B: number): Float64Array {
  const memory = new Float64Array(B * initial.length);
  for (let b = 0; b < B; b++) memory.set(Float64Array.from(initial), b * initial.length);
  return memory;
}

// ── Embedding ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface SegmentSizes {
  readonly B: number;
  readonly S: number;
  readonly D: number;
  readonly M: number;
}

/** out[b,s] = (1 ≤ s ≤ M ? memory[b,s-1] : word[ids[b,s]]) + position[s] + token_type[0] */
export function embedding(
  { B, S, D, M }: SegmentSizes,
  ids: Numbers,
  word: Numbers,
  position: Numbers,
  tokenType: Numbers,
  memory: Numbers,
): Float64Array {
  const out = new Float64Array(B * S * D);
  for (let b = 0; b < B; b++)
    for (let s = 0; s < S; s++)
      for (let c = 0; c < D; c++) {
        const isMemory = s >= 1 && s <= M;
        const value = isMemory ? at(memory, (b * M + s - 1) * D + c) : at(word, at(ids, b * S + s) * D + c);
        out[(b * S + s) * D + c] = value + at(position, s * D + c) + at(tokenType, c);
      }
  return out;
}

/** Every table's gradient, each added up over the places it was read at. V words, P positions. */
export function embeddingBackward(
  { B, S, D, M }: SegmentSizes,
  ids: Numbers,
  d_out: Numbers,
  V: number,
  P: number,
): { word: Float64Array; position: Float64Array; tokenType: Float64Array; memory: Float64Array } {
  const word = new Float64Array(V * D);
  const position = new Float64Array(P * D);
  const tokenType = new Float64Array(D);
  const memory = new Float64Array(B * M * D);
  for (let b = 0; b < B; b++)
    for (let s = 0; s < S; s++)
      for (let c = 0; c < D; c++) {
        const d = at(d_out, (b * S + s) * D + c);
        if (s >= 1 && s <= M) add(memory, (b * M + s - 1) * D + c, d);
        else add(word, at(ids, b * S + s) * D + c, d);
        add(position, s * D + c, d);
        add(tokenType, c, d);
      }
  return { word, position, tokenType, memory };
}

// ── Layer norm ──────────────────────────────────────────────────────────────────────────────────────────────────────

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

// ── Linear and feed-forward ─────────────────────────────────────────────────────────────────────────────────────────

export interface LinearSizes {
  readonly R: number;
  readonly N: number;
  readonly K: number;
}

/** out[r,n] = Σ_k inp[r,k] · weight[n,k] + bias[n] */
export function linear(inp: Numbers, weight: Numbers, bias: Numbers, { R, N, K }: LinearSizes): Float64Array {
  const out = new Float64Array(R * N);
  for (let r = 0; r < R; r++)
    for (let n = 0; n < N; n++) {
      let sum = at(bias, n);
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
 * The error function to f64 rounding: 2/√π · exp(-x²) · Σ_n 2ⁿ x²ⁿ⁺¹ / (1·3·…·(2n+1)), whose terms are all of one sign.
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

/** gelu(inp · W₁ᵀ + b₁) · W₂ᵀ + b₂ */
export function feedForward(
  inp: Numbers,
  { inner, outer }: FeedForwardParameters,
  { R, D, F }: FeedForwardSizes,
): Float64Array {
  const pre = linear(inp, inner.weight, inner.bias, { R, N: F, K: D });
  return linear(pre.map(gelu), outer.weight, outer.bias, { R, N: D, K: F });
}

type LinearGradients = ReturnType<typeof linearBackward>;

export function feedForwardBackward(
  d_out: Numbers,
  inp: Numbers,
  { inner, outer }: FeedForwardParameters,
  { R, D, F }: FeedForwardSizes,
): { inner: LinearGradients; outer: LinearGradients } {
  const pre = linear(inp, inner.weight, inner.bias, { R, N: F, K: D });
  const back = linearBackward(d_out, pre.map(gelu), outer.weight, { R, N: D, K: F });
  const d_pre = back.inp.map((d, i) => d * geluDerivative(at(pre, i)));
  return { inner: linearBackward(d_pre, inp, inner.weight, { R, N: F, K: D }), outer: back };
}

// ── Attention ───────────────────────────────────────────────────────────────────────────────────────────────────────

export interface AttentionSizes {
  readonly B: number;
  readonly S: number;
  readonly H: number;
  readonly DH: number;
}

/** Where query (part 0), key (1) or value (2) of position s and head h begins in qkv (B,S,3·H·DH). */
function partAt({ S, H, DH }: AttentionSizes, part: 0 | 1 | 2, b: number, s: number, h: number): number {
  return (((b * S + s) * 3 + part) * H + h) * DH;
}

/**
 * P = softmax over the first lengths[b] keys of q·k / √DH;  out[b,i,h] = Σ_j mask[b,h,i,j] · P[b,h,i,j] · v[b,j,h]
 * @param mask (B,H,S,S) factors of dropout on the weights; all 1 if left out
 */
export function attention(
  qkv: Numbers,
  lengths: Numbers,
  sizes: AttentionSizes,
  mask?: Numbers,
): { out: Float64Array; lse: Float64Array; weights: Float64Array } {
  const { B, S, H, DH } = sizes;
  const out = new Float64Array(B * S * H * DH);
  const lse = new Float64Array(B * H * S);
  const weights = new Float64Array(B * H * S * S);
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let i = 0; i < S; i++) {
        const row = (b * H + h) * S + i;
        const scores: number[] = [];
        for (let j = 0; j < at(lengths, b); j++) {
          let s = 0;
          for (let d = 0; d < DH; d++)
            s += at(qkv, partAt(sizes, 0, b, i, h) + d) * at(qkv, partAt(sizes, 1, b, j, h) + d);
          scores.push(s / Math.sqrt(DH));
        }
        const highest = Math.max(...scores);
        const log_sum = highest + Math.log(scores.reduce((sum, s) => sum + Math.exp(s - highest), 0));
        lse[row] = log_sum;
        scores.forEach((s, j) => {
          const p = Math.exp(s - log_sum);
          weights[row * S + j] = p;
          const kept = mask ? p * at(mask, row * S + j) : p;
          for (let d = 0; d < DH; d++)
            add(out, ((b * S + i) * H + h) * DH + d, kept * at(qkv, partAt(sizes, 2, b, j, h) + d));
        });
      }
  return { out, lse, weights };
}

/** d_qkv: dV = (mask ∘ P)ᵀ dO;  dP = mask ∘ (dO Vᵀ);  dS = P ∘ (dP - Σ_j P dP);  dQ = dS K / √DH;  dK = dSᵀ Q / √DH */
export function attentionBackward(
  d_out: Numbers,
  qkv: Numbers,
  lengths: Numbers,
  sizes: AttentionSizes,
  mask?: Numbers,
): Float64Array {
  const { B, S, H, DH } = sizes;
  const { weights } = attention(qkv, lengths, sizes);
  const d_qkv = new Float64Array(qkv.length);
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let i = 0; i < S; i++) {
        const row = ((b * H + h) * S + i) * S;
        const o = ((b * S + i) * H + h) * DH;
        const d_p: number[] = [];
        let mean = 0;
        for (let j = 0; j < at(lengths, b); j++) {
          const p = at(weights, row + j);
          const factor = mask ? at(mask, row + j) : 1;
          let sum = 0;
          for (let d = 0; d < DH; d++) {
            const v = partAt(sizes, 2, b, j, h) + d;
            sum += at(d_out, o + d) * at(qkv, v);
            add(d_qkv, v, factor * p * at(d_out, o + d));
          }
          d_p.push(factor * sum);
          mean += p * factor * sum;
        }
        d_p.forEach((dp, j) => {
          const d_s = (at(weights, row + j) * (dp - mean)) / Math.sqrt(DH);
          for (let d = 0; d < DH; d++) {
            const q = partAt(sizes, 0, b, i, h) + d;
            const k = partAt(sizes, 1, b, j, h) + d;
            add(d_qkv, q, d_s * at(qkv, k));
            add(d_qkv, k, d_s * at(qkv, q));
          }
        });
      }
  return d_qkv;
}

// ── Read-out ────────────────────────────────────────────────────────────────────────────────────────────────────────

/** next[b,m] = started[b] ? hidden[b,m+1] + noise[b,m] : memory[b,m];  cls[b] = hidden[b,0] */
export function readOut(
  { B, S, D, M }: SegmentSizes,
  hidden: Numbers,
  memory: Numbers,
  started: Numbers,
  noise?: Numbers,
): { next: Float64Array; cls: Float64Array } {
  const next = new Float64Array(B * M * D);
  const cls = new Float64Array(B * D);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < D; c++) {
      cls[b * D + c] = at(hidden, b * S * D + c);
      for (let m = 0; m < M; m++) {
        const i = (b * M + m) * D + c;
        const read = at(hidden, (b * S + m + 1) * D + c) + (noise ? at(noise, i) : 0);
        next[i] = at(started, b) ? read : at(memory, i);
      }
    }
  return { next, cls };
}

/** d_hidden (0 but for [CLS] of rows with a loss, and the memory of rows that started) and d_memory */
export function readOutBackward(
  { B, S, D, M }: SegmentSizes,
  d_next: Numbers,
  d_cls: Numbers,
  started: Numbers,
  rowWeight: Numbers,
): { hidden: Float64Array; memory: Float64Array } {
  const hidden = new Float64Array(B * S * D);
  const memory = new Float64Array(B * M * D);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < D; c++) {
      if (at(rowWeight, b) !== 0) hidden[b * S * D + c] = at(d_cls, b * D + c);
      for (let m = 0; m < M; m++) {
        const i = (b * M + m) * D + c;
        if (at(started, b)) hidden[(b * S + m + 1) * D + c] = at(d_next, i);
        else memory[i] = at(d_next, i);
      }
    }
  return { hidden, memory };
}

// ── Cross-entropy ───────────────────────────────────────────────────────────────────────────────────────────────────

/** loss[r] = ln Σ_c exp(logits[r,c]) - logits[r,label], over the first C of COLUMNS columns; best[r], the first of the highest */
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

// ── Randomness ──────────────────────────────────────────────────────────────────────────────────────────────────────

/** PCG3D of Jarzynski & Olano 2020, in u32 arithmetic. */
export function pcg3d(x: number, y: number, z: number): [number, number, number] {
  const mix = (v: number) => (Math.imul(v, 1664525) + 1013904223) >>> 0;
  let [a, b, c] = [mix(x), mix(y), mix(z)];
  const stir = () => {
    a = (a + Math.imul(b, c)) >>> 0;
    b = (b + Math.imul(c, a)) >>> 0;
    c = (c + Math.imul(a, b)) >>> 0;
  };
  stir();
  [a, b, c] = [(a ^ (a >>> 16)) >>> 0, (b ^ (b >>> 16)) >>> 0, (c ^ (c >>> 16)) >>> 0];
  stir();
  return [a, b, c];
}

/** The step's seed and the segment: the first two numbers of `counter`. */
export type Counter = readonly [seed: number, segment: number];

function draw(index: number, stream: number, [seed, segment]: Counter): [number, number, number] {
  return pcg3d(index, (seed ^ Math.imul(stream, 0x9e3779b9)) >>> 0, segment);
}

/** The n factors of a dropout: 1 / (1 - p) with probability 1 - p, else 0. Bit for bit what the kernels draw. */
export function dropoutMask(n: number, p: number, stream: number, counter: Counter): Float64Array {
  const kept = Math.fround(1 / Math.fround(1 - Math.fround(p)));
  const drop = Math.fround(p);
  return Float64Array.from({ length: n }, (_, i) => ((draw(i, stream, counter)[0] >>> 8) / 2 ** 24 >= drop ? kept : 0));
}

/** Four standard normal numbers, by Box and Muller's transform. */
export function normal4(index: number, stream: number, counter: Counter): [number, number, number, number] {
  const a = draw(index * 2, stream, counter);
  const b = draw(index * 2 + 1, stream, counter);
  const radius = (bits: number) => Math.sqrt(-2 * Math.log(((bits >>> 8) + 1) / 2 ** 24));
  const angle = (bits: number) => ((bits >>> 8) / 2 ** 24) * 2 * Math.PI;
  return [
    radius(a[0]) * Math.cos(angle(a[1])),
    radius(b[0]) * Math.cos(angle(b[1])),
    radius(a[0]) * Math.sin(angle(a[1])),
    radius(b[0]) * Math.sin(angle(b[1])),
  ];
}

/** The noise on the memory handed on, (B,M,D); numbers are drawn for the rows of (B, M+1), [CLS] included. */
export function memoryNoise(
  { B, D, M }: SegmentSizes,
  standardDeviation: number,
  stream: number,
  counter: Counter,
): Float64Array {
  const noise = new Float64Array(B * M * D);
  for (let b = 0; b < B; b++)
    for (let m = 0; m < M; m++)
      for (let c = 0; c < D / 4; c++) {
        const four = normal4((b * (M + 1) + m + 1) * (D / 4) + c, stream, counter);
        four.forEach((n, i) => {
          noise[(b * M + m) * D + c * 4 + i] = standardDeviation * n;
        });
      }
  return noise;
}

// ── The optimiser ───────────────────────────────────────────────────────────────────────────────────────────────────

export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  readonly clipNorm: number;
  readonly clipValue: number;
}

/** √Σg² */
export function globalNorm(gradient: Numbers): number {
  return Math.sqrt(dot(gradient, gradient));
}

/** The gradient scaled down to at most `norm`; 0 does not clip. As torch.nn.utils.clip_grad_norm_. */
export function clipByNorm(gradient: Numbers, norm: number): Float64Array {
  const factor = norm > 0 ? Math.min(1, norm / (globalNorm(gradient) + 1e-6)) : 1;
  return Float64Array.from(gradient, (g) => g * factor);
}

/** Every element of the gradient within ±value; 0 does not clip. */
export function clipByValue(gradient: Numbers, value: number): Float64Array {
  return Float64Array.from(gradient, (g) => (value > 0 ? Math.min(value, Math.max(-value, g)) : g));
}

/** One step of AdamW: parameters and moments in, parameters and moments out. `step` counts from 1. */
export function adamw(
  { theta, m, v }: { readonly theta: Numbers; readonly m: Numbers; readonly v: Numbers },
  gradient: Numbers,
  step: number,
  { learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, clipValue }: AdamWSettings,
): { theta: Float64Array; m: Float64Array; v: Float64Array } {
  const g = clipByValue(clipByNorm(gradient, clipNorm), clipValue);
  const moment1 = Float64Array.from(m, (value, i) => beta1 * value + (1 - beta1) * at(g, i));
  const moment2 = Float64Array.from(v, (value, i) => beta2 * value + (1 - beta2) * at(g, i) ** 2);
  const next = Float64Array.from(theta, (value, i) => {
    const mean = at(moment1, i) / (1 - beta1 ** step);
    const square = at(moment2, i) / (1 - beta2 ** step);
    return value * (1 - learningRate * weightDecay) - (learningRate * mean) / (Math.sqrt(square) + epsilon);
  });
  return { theta: next, m: moment1, v: moment2 };
}
