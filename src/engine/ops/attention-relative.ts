// Attention with relative positions over a cache and a segment, as in Transformer-XL, its gradients, and the weights
// for display.
import deltaSource from '../../../shaders/attention_delta.wgsl?raw';
import backwardDistanceSource from '../../../shaders/attention_relative_backward_distance.wgsl?raw';
import backwardKeyValueSource from '../../../shaders/attention_relative_backward_key_value.wgsl?raw';
import backwardKeyValueSplitSource from '../../../shaders/attention_relative_backward_key_value_split.wgsl?raw';
import backwardQuerySource from '../../../shaders/attention_relative_backward_query.wgsl?raw';
import backwardQuerySplitSource from '../../../shaders/attention_relative_backward_query_split.wgsl?raw';
import forwardSource from '../../../shaders/attention_relative_forward.wgsl?raw';
import forwardSplitSource from '../../../shaders/attention_relative_forward_split.wgsl?raw';
import weightsSource from '../../../shaders/attention_relative_weights.wgsl?raw';
import layout from '../../../shaders/lib/attention.wgsl?raw';
import relative from '../../../shaders/lib/attention_relative.wgsl?raw';
import distances from '../../../shaders/lib/distances.wgsl?raw';
import lanesSingle from '../../../shaders/lib/lanes_single.wgsl?raw';
import splits from '../../../shaders/lib/splits.wgsl?raw';
import { ShapeError } from '../../errors.ts';
import type { Gpu } from '../gpu/adapter.ts';
import { defineKernel, type Kernel, type Params } from '../gpu/kernel.ts';
import { workgroupMemory } from '../gpu/kernel-layout.ts';
import { grid } from '../gpu/program.ts';
import { splitsFor } from '../gpu/tuning.ts';
import type { Tape } from '../tape.ts';
import { expectShape, showShape, type Tensor } from '../tensor.ts';
import { invocations, sumRows } from './add.ts';
import { type Mask, maskParams, type Rectangle, rectangleParams } from './attention.ts';
import { emitLanes, groupsOfSplits, type Splittable, withLanes } from './splits.ts';

const sharedConstants = ['DH', 'SCALE', 'MASK', 'AT_END', 'SHIFT'] as const;
const sharedSizes = ['B', 'S', 'H', 'M', 'CACHE', 'BELOW'] as const;
const forward = defineKernel({
  name: 'attention_relative_forward',
  source: [layout, relative, forwardSource],
  reads: ['qkv', 'r', 'biases', 'extents'],
  writes: ['out', 'lse'],
  constants: sharedConstants,
  sizes: sharedSizes,
  unrolled: ['d'],
});
const delta = withLanes(
  defineKernel({
    name: 'attention_delta',
    source: [lanesSingle, deltaSource],
    reads: ['out', 'd_out', 'lse'],
    writes: ['stats'],
    constants: ['DH'],
    sizes: ['B', 'Q', 'H'],
  }),
);
const backwardQuery = defineKernel({
  name: 'attention_relative_backward_query',
  source: [layout, relative, backwardQuerySource],
  reads: ['qkv', 'r', 'biases', 'extents', 'd_out', 'stats'],
  writes: ['d_qkv', 'parts'],
  constants: sharedConstants,
  sizes: sharedSizes,
  unrolled: ['d'],
});
const backwardKeyValue = defineKernel({
  name: 'attention_relative_backward_key_value',
  source: [layout, relative, backwardKeyValueSource],
  reads: ['qkv', 'r', 'biases', 'extents', 'd_out', 'stats'],
  writes: ['d_qkv'],
  constants: sharedConstants,
  sizes: sharedSizes,
  unrolled: ['d'],
});
const backwardDistance = defineKernel({
  name: 'attention_relative_backward_distance',
  source: [layout, relative, backwardDistanceSource],
  reads: ['qkv', 'r', 'biases', 'extents', 'd_out', 'stats'],
  writes: ['d_r'],
  constants: sharedConstants,
  sizes: [...sharedSizes, 'DISTANCES'],
  unrolled: ['d'],
});
const forwardSplit = defineKernel({
  name: 'attention_relative_forward_split',
  source: [layout, relative, splits, distances, forwardSplitSource],
  reads: ['qkv', 'r', 'biases', 'extents'],
  writes: ['out', 'lse'],
  constants: [...sharedConstants, 'SPLITS'],
  sizes: sharedSizes,
  unrolled: ['d'],
});
const backwardQuerySplit = defineKernel({
  name: 'attention_relative_backward_query_split',
  source: [layout, relative, splits, distances, backwardQuerySplitSource],
  reads: ['qkv', 'r', 'biases', 'extents', 'd_out', 'stats'],
  writes: ['d_qkv', 'parts'],
  constants: [...sharedConstants, 'SPLITS'],
  sizes: sharedSizes,
  unrolled: ['d'],
});
const backwardKeyValueSplit = defineKernel({
  name: 'attention_relative_backward_key_value_split',
  source: [layout, relative, splits, distances, backwardKeyValueSplitSource],
  reads: ['qkv', 'r', 'biases', 'extents', 'd_out', 'stats'],
  writes: ['d_qkv'],
  constants: [...sharedConstants, 'SPLITS'],
  sizes: sharedSizes,
  unrolled: ['d'],
});
const weightsKernel = defineKernel({
  name: 'attention_relative_weights',
  source: [layout, relative, weightsSource],
  reads: ['qkv', 'r', 'biases', 'extents', 'lse'],
  writes: ['out'],
  constants: [...sharedConstants, 'FROM_END'],
  sizes: [...sharedSizes, 'ROW', 'ROWS', 'COLUMN', 'COLUMNS'],
});

/**
 * The position term of a key ahead of its query, which only memory blocks see. `distance`: that of the negative distance.
 * `lm-rmt`: what LM-RMT's shift of the score matrix leaves there: 0 for the next key; for the others, a term of the next
 * query, with a distance from the far end of all keys.
 */
export type Ahead = 'distance' | 'lm-rmt';

/** The inputs of relative attention besides the projection. */
export interface RelativeInputs {
  /** (B, CACHE + S, 3·H·DH): rows of the cache, then of the segment; queries of the cache's rows are not read. */
  readonly qkv: Tensor;
  /** (distances, H·DH): a vector for each distance query − key, starting at −below; `distancesOf` gives their number. */
  readonly r: Tensor;
  /** (2, H·DH): u, added to queries in products with keys, and v, in products with distances. */
  readonly biases: Tensor;
  /** (B, 2) u32: positions of the segment that are not padding; filled entries of the cache. */
  readonly extents: Tensor;
  readonly heads: number;
  /** Entries of the cache. */
  readonly cache: number;
  readonly mask: Mask;
  readonly ahead: Ahead;
}

/** The tensors that the backward pass and the heatmaps need. */
export interface RelativeAttention extends RelativeInputs {
  readonly out: Tensor;
  readonly lse: Tensor;
}

const isShifted = (mask: Mask, ahead: Ahead) => ahead === 'lm-rmt' && mask.kind !== 'causal';

/**
 * Distances that occur in a segment of `positions` after `cache` entries: negative ones only where a mask makes later
 * keys visible.
 */
export function distancesOf(
  positions: number,
  cache: number,
  mask: Mask,
  ahead: Ahead,
): { below: number; count: number } {
  const below = mask.kind === 'causal' || isShifted(mask, ahead) ? 0 : positions - 1;
  return { below, count: below + cache + positions };
}

function sizesOf({ qkv, r, biases, extents, heads: H, cache: CACHE, mask, ahead }: RelativeInputs) {
  const [B = 0, S = 0, width = 0] = qkv.shape;
  const DH = width / (3 * H);
  if (qkv.shape.length !== 3 || !Number.isInteger(DH) || DH % 4 !== 0)
    throw new ShapeError(
      `attention_relative: 'qkv' has shape ${showShape(qkv.shape)}, expected (B, S, 3 · ${H} heads · a multiple of 4)`,
    );
  const { below: BELOW, count } = distancesOf(S - CACHE, CACHE, mask, ahead);
  expectShape('attention_relative', 'r', r.shape, [count, H * DH]);
  expectShape('attention_relative', 'biases', biases.shape, [2, H * DH]);
  expectShape('attention_relative', 'extents', extents.shape, [B, 2]);
  const SHIFT = isShifted(mask, ahead);
  return { B, S, H, DH, SCALE: 1 / Math.sqrt(DH), ...maskParams(mask), SHIFT, CACHE, BELOW };
}

/** Invocations per row: one where the adapter does not split rows, or lacks the workgroup memory for it. */
function splitsOf(gpu: Gpu, split: Kernel, sizes: Params, rows: number, columns: number): number {
  if (gpu.tuning.attention.relative !== 'split') return 1;
  const SPLITS = splitsFor(gpu.tuning, rows, columns);
  const bytes = workgroupMemory(split, { ...sizes, SPLITS });
  return bytes <= gpu.device.limits.maxComputeWorkgroupStorageSize ? SPLITS : 1;
}

/**
 * softmax(((q+u) kᵀ + (q+v) r(i-j)) / √DH) v for every head: queries of the segment, keys of the cache and the segment.
 * @returns out (B, S, H·DH) and lse (B, H, S), S the segment's positions
 * @throws ShapeError if the shapes do not fit
 * @see Dai et al. 2019, arXiv:1901.02860; `lm-rmt`: the code of Bulatov et al. 2022, arXiv:2207.06881
 */
export function attentionRelative(tape: Tape, inputs: RelativeInputs): RelativeAttention {
  const sizes = sizesOf(inputs);
  const { B, S: keys, H, DH, CACHE } = sizes;
  const S = keys - CACHE;
  const { qkv, r, biases, extents } = inputs;
  const read = { qkv, r, biases, extents };
  const out = tape.tensor(`${qkv.label} attended`, [B, S, H * DH]);
  const lse = tape.tensor(`${qkv.label} lse`, [B, H, S]);
  /** `blocks`: workgroups of a head, if its rows are split. */
  const emit = (
    { single, split }: Splittable,
    tensors: Readonly<Record<string, Tensor>>,
    [rows, columns]: readonly [number, number],
    blocks = groupsOfSplits(rows),
  ) => {
    const SPLITS = splitsOf(tape.program.gpu, split, sizes, B * H * rows, columns);
    if (SPLITS > 1) tape.emit(split, tensors, { ...sizes, SPLITS }, grid(B * H * blocks));
    else tape.emit(single, tensors, sizes, invocations(B * H * rows));
  };
  emit({ single: forward, split: forwardSplit }, { ...read, out, lse }, [S, keys]);
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const { into: d_qkv, accumulate } = tape.claim(qkv);
    const { into: d_r, accumulate: more } = tape.claim(r);
    if (accumulate || more) throw new Error('attention_relative: qkv or r has another use');
    const stats = tape.tensor(`${qkv.label} stats`, [B, H, S, 2]);
    emitLanes(tape, delta, { out, d_out, lse, stats }, { B, Q: S, H, DH }, [B * H * S, DH / 4]);
    const parts = tape.tensor(`${qkv.label} parts`, [B * S, 2, H * DH]);
    const ofQueries = { ...read, d_out, stats, d_qkv, parts };
    const blocks = groupsOfSplits(S) + groupsOfSplits(CACHE);
    emit({ single: backwardQuery, split: backwardQuerySplit }, ofQueries, [keys, keys], blocks);
    const ofKeys = { ...read, d_out, stats, d_qkv };
    emit({ single: backwardKeyValue, split: backwardKeyValueSplit }, ofKeys, [keys, S]);
    const DISTANCES = r.shape[0] ?? 0;
    tape.emit(backwardDistance, { ...read, d_out, stats, d_r }, { ...sizes, DISTANCES }, invocations(DISTANCES * H));
    if (!biases.constant) sumRows(tape, parts, B * S, tape.claim(biases).into, true);
  });
  return { ...inputs, out, lse };
}

/** Record the weights of one rectangle: (B, H, rows, columns); columns count the cache's entries first. */
export function attentionRelativeWeights(tape: Tape, attended: RelativeAttention, at: Rectangle): Tensor {
  const sizes = sizesOf(attended);
  const { qkv, r, biases, extents, lse } = attended;
  const out = tape.tensor(`${qkv.label} weights`, [sizes.B, sizes.H, at.rows, at.columns]);
  tape.emit(
    weightsKernel,
    { qkv, r, biases, extents, lse, out },
    { ...sizes, ...rectangleParams(at) },
    invocations(sizes.B * sizes.H * at.rows * at.columns),
  );
  return out;
}

/**
 * Sinusoids of the distances −below … count−below−1, as Transformer-XL lays them out: all sines, then all cosines.
 * @returns (count, D)
 * @see Vaswani et al. 2017, arXiv:1706.03762, section 3.5
 */
export function sinusoids(count: number, below: number, D: number): Float32Array<ArrayBuffer> {
  const half = D / 2;
  const table = new Float32Array(count * D);
  for (let t = 0; t < count; t++)
    for (let k = 0; k < half; k++) {
      const angle = (t - below) * 10000 ** (-k / half);
      table[t * D + k] = Math.sin(angle);
      table[t * D + half + k] = Math.cos(angle);
    }
  return table;
}
