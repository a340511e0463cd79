// The cache of Transformer-XL: a layer's last inputs, prepended to the segment's and passed on without a gradient.
import concatSource from '../../../shaders/cache_concat.wgsl?raw';
import concatBackwardSource from '../../../shaders/cache_concat_backward.wgsl?raw';
import updateSource from '../../../shaders/cache_update.wgsl?raw';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { expectShape, type Tensor } from '../tensor.ts';
import { invocations } from './add.ts';

const concat = defineKernel({
  name: 'cache_concat',
  source: concatSource,
  reads: ['cache', 'hidden'],
  writes: ['out'],
  constants: [],
  sizes: ['B', 'S', 'D', 'CACHE'],
});
const concatBackward = defineKernel({
  name: 'cache_concat_backward',
  source: concatBackwardSource,
  reads: ['d_out'],
  writes: ['d_hidden'],
  constants: ['ACCUMULATE'],
  sizes: ['B', 'S', 'D', 'CACHE'],
});
const update = defineKernel({
  name: 'cache_update',
  source: updateSource,
  reads: ['cache', 'hidden', 'started', 'extents'],
  writes: ['next'],
  constants: [],
  sizes: ['B', 'S', 'D', 'CACHE'],
});

/**
 * The cache's entries, then the segment's: the input of keys and values.
 * @param cache  (B, CACHE, D), receives no gradient
 * @param hidden (B, S, D)
 * @returns (B, CACHE + S, D)
 * @throws ShapeError if batch or width differ
 * @see Dai et al. 2019, arXiv:1901.02860, section 3.2
 */
export function cacheConcat(tape: Tape, cache: Tensor, hidden: Tensor): Tensor {
  const [B = 0, S = 0, D = 0] = hidden.shape;
  const CACHE = cache.shape[1] ?? 0;
  expectShape('cache_concat', 'cache', cache.shape, [B, CACHE, D]);
  const sizes = { B, S, D, CACHE };
  const out = tape.tensor(`${hidden.label} with cache`, [B, CACHE + S, D]);
  tape.emit(concat, { cache, hidden, out }, sizes, invocations(B * (CACHE + S) * (D / 4)));
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const { into: d_hidden, accumulate } = tape.claim(hidden);
    const params = { ...sizes, ACCUMULATE: accumulate };
    tape.emit(concatBackward, { d_out, d_hidden }, params, invocations(B * S * (D / 4)));
  });
  return out;
}

/**
 * Advance the cache over a segment: next = the last CACHE entries of the cache followed by the segment.
 * @param started (B) u32; a row that has not started keeps its cache
 * @param extents (B, 2) u32; the first is the number of the segment's positions that are not padding
 * @throws ShapeError if the shapes do not fit
 */
export function cacheUpdate(
  tape: Tape,
  cache: Tensor,
  hidden: Tensor,
  started: Tensor,
  extents: Tensor,
  next: Tensor,
): void {
  const [B = 0, S = 0, D = 0] = hidden.shape;
  const CACHE = cache.shape[1] ?? 0;
  expectShape('cache_update', 'cache', cache.shape, [B, CACHE, D]);
  expectShape('cache_update', 'next', next.shape, [B, CACHE, D]);
  tape.emit(update, { cache, hidden, started, extents, next }, { B, S, D, CACHE }, invocations(B * CACHE * (D / 4)));
}
