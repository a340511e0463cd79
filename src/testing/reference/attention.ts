// Attention: segment-local, and with relative positions over a cache.

import { add, at, type Numbers } from './numbers.ts';

export interface AttentionSizes {
  readonly B: number;
  readonly S: number;
  readonly H: number;
  readonly DH: number;
}

/** Which keys each query sees; see `sees`. */
export type Mask =
  | { readonly kind: 'full' }
  | { readonly kind: 'causal' }
  | { readonly kind: 'block'; readonly memory: number; readonly atEnd: boolean };

/** Whether query i sees key j in a segment of which `length` positions are not padding. */
export function sees(mask: Mask, length: number, i: number, j: number): boolean {
  if (mask.kind === 'full') return j < length;
  if (mask.kind === 'block') {
    // Memory in front sees all of itself and nothing else; memory at the end sees everything.
    if (i < mask.memory) return j < mask.memory;
    if (mask.atEnd && i >= length - mask.memory) return j < length;
  }
  return j <= i;
}

/** The offset of query (part 0), key (1) or value (2) of position s and head h in qkv (B,S,3·H·DH). */
function partAt({ S, H, DH }: AttentionSizes, part: 0 | 1 | 2, b: number, s: number, h: number): number {
  return (((b * S + s) * 3 + part) * H + h) * DH;
}

/** Deviations from full attention without dropout. */
export interface AttentionOptions {
  readonly mask?: Mask | undefined;
  /** (B,H,S,S) dropout factors of the weights; all 1 by default. */
  readonly kept?: Numbers | undefined;
}

/** P = softmax over the keys that i sees of q·k / √DH;  out[b,i,h] = Σ_j kept[b,h,i,j] · P[b,h,i,j] · v[b,j,h] */
export function attention(
  qkv: Numbers,
  lengths: Numbers,
  sizes: AttentionSizes,
  { mask = { kind: 'full' }, kept }: AttentionOptions = {},
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
        for (let j = 0; j < S; j++) {
          if (!sees(mask, at(lengths, b), i, j)) {
            scores.push(Number.NEGATIVE_INFINITY);
            continue;
          }
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
          if (p === 0) return;
          weights[row * S + j] = p;
          const share = kept ? p * at(kept, row * S + j) : p;
          for (let d = 0; d < DH; d++)
            add(out, ((b * S + i) * H + h) * DH + d, share * at(qkv, partAt(sizes, 2, b, j, h) + d));
        });
      }
  return { out, lse, weights };
}

/** d_qkv: dV = (kept ∘ P)ᵀ dO;  dP = kept ∘ (dO Vᵀ);  dS = P ∘ (dP - Σ_j P dP);  dQ = dS K / √DH;  dK = dSᵀ Q / √DH */
export function attentionBackward(
  d_out: Numbers,
  qkv: Numbers,
  lengths: Numbers,
  sizes: AttentionSizes,
  options: AttentionOptions = {},
): Float64Array {
  const { B, S, H, DH } = sizes;
  const { weights } = attention(qkv, lengths, sizes, options);
  const d_qkv = new Float64Array(qkv.length);
  for (let b = 0; b < B; b++)
    for (let h = 0; h < H; h++)
      for (let i = 0; i < S; i++) {
        const row = ((b * H + h) * S + i) * S;
        const o = ((b * S + i) * H + h) * DH;
        const d_p: number[] = [];
        let mean = 0;
        for (let j = 0; j < S; j++) {
          const p = at(weights, row + j);
          if (p === 0) {
            d_p.push(0);
            continue;
          }
          const factor = options.kept ? at(options.kept, row + j) : 1;
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
          if (at(weights, row + j) === 0) return;
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
