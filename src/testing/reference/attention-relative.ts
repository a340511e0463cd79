// Attention with relative positions over a cache and a segment, as in Transformer-XL, and the cache itself.
import { type Mask, sees } from './attention.ts';
import { add, at, type Numbers } from './numbers.ts';

/** S queries; their keys are preceded by the C entries of the cache, of which the last cached[b] are filled. */
export interface RelativeSizes {
  readonly B: number;
  readonly S: number;
  readonly H: number;
  readonly DH: number;
  readonly C: number;
  readonly lengths: Numbers;
  readonly cached: Numbers;
  readonly mask: Mask;
  /** Row `below` of r is distance 0. */
  readonly below: number;
  /** Shift the matrix of position scores as LM-RMT does, instead of taking each distance's vector. */
  readonly shift?: boolean;
}

export interface RelativeInputs {
  /** (B, C + S, 3·H·DH) */
  readonly qkv: Numbers;
  /** (distances, H·DH) */
  readonly r: Numbers;
  /** (2, H·DH): u, then v */
  readonly biases: Numbers;
}

/**
 * Whose position score LM-RMT's shift leaves at query i and key j of `queries` and `keys`: row r of the matrix holds the
 * scores of query r with distances keys − 1 … 0. A zero goes before each row, the first `queries` numbers go away, and
 * the rest is read again in rows of `keys`.
 * @returns undefined for a zero
 */
function shifted(queries: number, keys: number, i: number, j: number) {
  const row = (query: number) => [
    undefined,
    ...Array.from({ length: keys }, (_, column) => ({ query, distance: keys - 1 - column })),
  ];
  return Array.from({ length: queries }, (_, query) => row(query))
    .flat()
    .slice(queries)[i * keys + j];
}

/**
 * The terms of one score: the offsets of query i and of key and value j, and the query and distance of its position term,
 * if it has one; undefined if i does not see j.
 */
function pairAt(sizes: RelativeSizes, b: number, h: number, i: number, j: number) {
  const { S, H, DH, C, lengths, cached, mask, below, shift = false } = sizes;
  const [length, filled] = [at(lengths, b), at(cached, b)];
  const inCache = j < C;
  if (inCache ? j < C - filled : !sees(mask, length, i, j - C)) return undefined;
  const row = (position: number, part: 0 | 1 | 2) => (((b * (C + S) + position) * 3 + part) * H + h) * DH;
  const from =
    // Queries of padding do not matter.
    shift && i < length ? shifted(length, filled + length, i, j - (C - filled)) : { query: i, distance: C + i - j };
  const position = from && { q: row(C + from.query, 0), r: ((below + from.distance) * H + h) * DH };
  return { q: row(C + i, 0), k: row(j, 1), v: row(j, 2), position };
}

/** P = softmax_j of ((q[i]+u)·k[j] + (q[i]+v)·r[i-j]) / √DH;  out[b,i,h] = Σ_j P · v[j]; weights (B,H,S,C+S) */
export function attentionRelative(
  { qkv, r, biases }: RelativeInputs,
  sizes: RelativeSizes,
): { out: Float64Array; lse: Float64Array; weights: Float64Array } {
  const { B, S, H, DH, C } = sizes;
  const out = new Float64Array(B * S * H * DH);
  const lse = new Float64Array(B * H * S);
  const weights = new Float64Array(B * H * S * (C + S));
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let i = 0; i < S; i++) {
        const row = (b * H + h) * S + i;
        const scores = new Map<number, number>();
        for (let j = 0; j < C + S; j++) {
          const pair = pairAt(sizes, b, h, i, j);
          if (!pair) continue;
          let s = 0;
          for (let d = 0; d < DH; d++) {
            const { position } = pair;
            s += (at(qkv, pair.q + d) + at(biases, h * DH + d)) * at(qkv, pair.k + d);
            if (position) s += (at(qkv, position.q + d) + at(biases, (H + h) * DH + d)) * at(r, position.r + d);
          }
          scores.set(j, s / Math.sqrt(DH));
        }
        const highest = Math.max(...scores.values());
        let sum = 0;
        for (const s of scores.values()) sum += Math.exp(s - highest);
        lse[row] = highest + Math.log(sum);
        for (const [j, s] of scores) {
          const p = Math.exp(s - at(lse, row));
          weights[row * (C + S) + j] = p;
          const { v = 0 } = pairAt(sizes, b, h, i, j) ?? {};
          for (let d = 0; d < DH; d++) add(out, ((b * S + i) * H + h) * DH + d, p * at(qkv, v + d));
        }
      }
  return { out, lse, weights };
}

/** dV = Pᵀ dO;  dS = P ∘ (dO Vᵀ - Σ_j P dO Vᵀ) / √DH;  then the product rule for each of a score's factors */
export function attentionRelativeBackward(
  d_out: Numbers,
  { qkv, r, biases }: RelativeInputs,
  sizes: RelativeSizes,
): { qkv: Float64Array; r: Float64Array; biases: Float64Array } {
  const { B, S, H, DH, C } = sizes;
  const { weights } = attentionRelative({ qkv, r, biases }, sizes);
  const [d_qkv, d_r, d_biases] = [qkv, r, biases].map((x) => new Float64Array(x.length)) as [
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let i = 0; i < S; i++) {
        const o = ((b * S + i) * H + h) * DH;
        const d_p = new Map<number, number>();
        let mean = 0;
        for (let j = 0; j < C + S; j++) {
          const pair = pairAt(sizes, b, h, i, j);
          if (!pair) continue;
          const p = at(weights, ((b * H + h) * S + i) * (C + S) + j);
          let sum = 0;
          for (let d = 0; d < DH; d++) {
            sum += at(d_out, o + d) * at(qkv, pair.v + d);
            add(d_qkv, pair.v + d, p * at(d_out, o + d));
          }
          d_p.set(j, sum);
          mean += p * sum;
        }
        for (const [j, dp] of d_p) {
          const pair = pairAt(sizes, b, h, i, j);
          if (!pair) continue;
          const d_s = (at(weights, ((b * H + h) * S + i) * (C + S) + j) * (dp - mean)) / Math.sqrt(DH);
          for (let d = 0; d < DH; d++) {
            const [u, v] = [h * DH + d, (H + h) * DH + d];
            const [q, k] = [pair.q + d, pair.k + d];
            add(d_qkv, q, d_s * at(qkv, k));
            add(d_qkv, k, d_s * (at(qkv, q) + at(biases, u)));
            add(d_biases, u, d_s * at(qkv, k));
            if (!pair.position) continue;
            const [other, distance] = [pair.position.q + d, pair.position.r + d];
            add(d_qkv, other, d_s * at(r, distance));
            add(d_r, distance, d_s * (at(qkv, other) + at(biases, v)));
            add(d_biases, v, d_s * at(r, distance));
          }
        }
      }
  return { qkv: d_qkv, r: d_r, biases: d_biases };
}

/** One sequence's rows (n, D) of x, from row `from` on. */
const rowsOf = (x: Numbers, from: number, n: number, D: number) =>
  Array.from({ length: n }, (_, row) => Array.from({ length: D }, (_, c) => at(x, (from + row) * D + c)));

export interface CacheSizes {
  readonly B: number;
  readonly S: number;
  readonly D: number;
  readonly C: number;
}

/** out[b] = the cache's C rows, then the segment's S */
export function cacheConcat(cache: Numbers, hidden: Numbers, { B, S, D, C }: CacheSizes): Float64Array {
  const rows = Array.from({ length: B }, (_, b) => [...rowsOf(cache, b * C, C, D), ...rowsOf(hidden, b * S, S, D)]);
  return Float64Array.from(rows.flat(2));
}

/** d_hidden[b,s] = d_out[b,C+s] */
export function cacheConcatBackward(d_out: Numbers, { B, S, D, C }: CacheSizes): Float64Array {
  const rows = Array.from({ length: B }, (_, b) => rowsOf(d_out, b * (C + S) + C, S, D));
  return Float64Array.from(rows.flat(2));
}

/** next[b] = the last C of the cache's rows and the segment's first lengths[b]; the cache's alone if b has not started */
export function cacheUpdate(
  cache: Numbers,
  hidden: Numbers,
  started: Numbers,
  lengths: Numbers,
  { B, S, D, C }: CacheSizes,
): Float64Array {
  const rows = Array.from({ length: B }, (_, b) => {
    const read = at(started, b) ? rowsOf(hidden, b * S, at(lengths, b), D) : [];
    return [...rowsOf(cache, b * C, C, D), ...read].slice(read.length);
  });
  return Float64Array.from(rows.flat(2));
}
