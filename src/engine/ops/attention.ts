// Segment-local multi-head attention that never stores S×S, its gradients, and the weights for display.
import backwardKeyValueSource from '../../../shaders/attention_backward_key_value.wgsl?raw';
import backwardKeyValueQuadsSource from '../../../shaders/attention_backward_key_value_quads.wgsl?raw';
import backwardQuerySource from '../../../shaders/attention_backward_query.wgsl?raw';
import backwardQueryQuadsSource from '../../../shaders/attention_backward_query_quads.wgsl?raw';
import forwardSource from '../../../shaders/attention_forward.wgsl?raw';
import forwardQuadsSource from '../../../shaders/attention_forward_quads.wgsl?raw';
import weightsSource from '../../../shaders/attention_weights.wgsl?raw';
import layout from '../../../shaders/lib/attention.wgsl?raw';
import quads from '../../../shaders/lib/attention_quads.wgsl?raw';
import rows from '../../../shaders/lib/attention_rows.wgsl?raw';
import random from '../../../shaders/lib/random.wgsl?raw';
import splitsSingle from '../../../shaders/lib/splits_single.wgsl?raw';
import tile from '../../../shaders/lib/tile.wgsl?raw';
import { ShapeError } from '../../errors.ts';
import { defineKernel, type Params } from '../gpu/kernel.ts';
import { grid } from '../gpu/program.ts';
import { attentionFor, splitsFor } from '../gpu/tuning.ts';
import type { Tape } from '../tape.ts';
import { showShape, type Tensor } from '../tensor.ts';
import { invocations } from './add.ts';
import type { DropoutSource } from './dropout.ts';
import { emitSplit, type Splittable, splittable } from './splits.ts';

const sharedConstants = ['DH', 'SCALE', 'MASK', 'AT_END'] as const;
const sharedSizes = ['B', 'S', 'H', 'M'] as const;
const forward = splittable(
  defineKernel({
    name: 'attention_forward',
    source: [layout, random, splitsSingle, forwardSource],
    reads: ['qkv', 'lengths', 'counter'],
    writes: ['out', 'lse'],
    constants: [...sharedConstants, 'P_DROP', 'QUERIES'],
    sizes: [...sharedSizes, 'Q', 'STREAM'],
    unrolled: ['r', 'd'],
  }),
);
const backwardQuery = splittable(
  defineKernel({
    name: 'attention_backward_query',
    source: [layout, random, splitsSingle, backwardQuerySource],
    reads: ['qkv', 'out', 'd_out', 'lse', 'lengths', 'counter'],
    writes: ['d_qkv', 'delta'],
    constants: [...sharedConstants, 'P_DROP', 'QUERIES'],
    sizes: [...sharedSizes, 'STREAM'],
    unrolled: ['r', 'd'],
  }),
);
const backwardKeyValue = splittable(
  defineKernel({
    name: 'attention_backward_key_value',
    source: [layout, random, splitsSingle, backwardKeyValueSource],
    reads: ['qkv', 'd_out', 'lse', 'delta', 'lengths', 'counter'],
    writes: ['d_qkv'],
    constants: [...sharedConstants, 'P_DROP', 'KEYS'],
    sizes: [...sharedSizes, 'STREAM'],
    unrolled: ['r', 'd'],
  }),
);
const forwardQuads = defineKernel({
  name: 'attention_forward_quads',
  source: [layout, tile, quads, rows, random, forwardQuadsSource],
  reads: ['qkv', 'lengths', 'counter'],
  writes: ['out', 'lse'],
  constants: [...sharedConstants, 'P_DROP', 'QUADS'],
  sizes: [...sharedSizes, 'STREAM'],
  unrolled: ['c'],
});
const backwardQueryQuads = defineKernel({
  name: 'attention_backward_query_quads',
  source: [layout, tile, quads, rows, random, backwardQueryQuadsSource],
  reads: ['qkv', 'out', 'd_out', 'lse', 'lengths', 'counter'],
  writes: ['d_qkv', 'delta'],
  constants: [...sharedConstants, 'P_DROP', 'QUADS'],
  sizes: [...sharedSizes, 'STREAM'],
});
const backwardKeyValueQuads = defineKernel({
  name: 'attention_backward_key_value_quads',
  source: [layout, tile, quads, rows, random, backwardKeyValueQuadsSource],
  reads: ['qkv', 'd_out', 'lse', 'delta', 'lengths', 'counter'],
  writes: ['d_qkv'],
  constants: [...sharedConstants, 'P_DROP', 'QUADS'],
  sizes: [...sharedSizes, 'STREAM'],
});
const weightsKernel = defineKernel({
  name: 'attention_weights',
  source: [layout, weightsSource],
  reads: ['qkv', 'lse', 'lengths'],
  writes: ['out'],
  constants: [...sharedConstants, 'FROM_END'],
  sizes: [...sharedSizes, 'ROW', 'ROWS', 'COLUMN', 'COLUMNS'],
});

/**
 * Which positions a query may attend to: all that are not padding; those up to itself; or, as in LM-RMT, M memory
 * tokens in front attend to themselves, text attends to them and to preceding text, and M tokens at the end attend to
 * everything.
 */
export type Mask =
  | { readonly kind: 'full' }
  | { readonly kind: 'causal' }
  | { readonly kind: 'block'; readonly memory: number; readonly atEnd: boolean };

/** A mask as kernel parameters. */
export function maskParams(mask: Mask): { MASK: number; M: number; AT_END: boolean } {
  const MASK = { full: 0, causal: 1, block: 2 }[mask.kind];
  return { MASK, M: mask.kind === 'block' ? mask.memory : 0, AT_END: mask.kind === 'block' && mask.atEnd };
}

/** The tensors of one attention that the backward pass and the heatmaps need. */
export interface Attention {
  readonly out: Tensor;
  readonly qkv: Tensor;
  readonly lse: Tensor;
  readonly lengths: Tensor;
  readonly heads: number;
  readonly mask: Mask;
}

function sizesOf(qkv: Tensor, heads: number, mask: Mask) {
  const [B = 0, S = 0, width = 0] = qkv.shape;
  const DH = width / (3 * heads);
  if (qkv.shape.length !== 3 || !Number.isInteger(DH) || DH % 4 !== 0)
    throw new ShapeError(
      `attention: 'qkv' has shape ${showShape(qkv.shape)}, expected (B, S, 3 · ${heads} heads · a multiple of 4)`,
    );
  return { B, S, H: heads, DH, SCALE: 1 / Math.sqrt(DH), ...maskParams(mask) };
}

/**
 * softmax(q kᵀ / √DH) v for every head, over the first `lengths[b]` positions of the segment.
 * @param qkv     (B, S, 3·H·DH): queries of all heads, then keys, then values; DH a multiple of 4
 * @param lengths (B) u32, how many positions are not padding; at least 1
 * @param p       fraction of attention weights dropped in training
 * @param mask    which keys each query sees
 * @param queries how many positions of each sequence query, from the first on; without a backward pass
 * @returns out (B, queries, H·DH), and lse (B, H, queries), the log-sum-exp of each row of scores
 * @throws ShapeError if qkv does not divide into three times `heads`
 * @see Vaswani et al. 2017, arXiv:1706.03762; without S×S: Dao et al. 2022, arXiv:2205.14135
 */
export function attention(
  tape: Tape,
  qkv: Tensor,
  lengths: Tensor,
  heads: number,
  p: number,
  { counter, stream }: DropoutSource,
  mask: Mask = { kind: 'full' },
  queries?: number,
): Attention {
  const sizes = sizesOf(qkv, heads, mask);
  const { B, S, H, DH } = sizes;
  const params = { ...sizes, P_DROP: tape.drops ? p : 0, STREAM: stream };
  const Q = queries ?? S;
  const out = tape.tensor(`${qkv.label} attended`, [B, Q, H * DH]);
  const lse = tape.tensor(`${qkv.label} lse`, [B, H, Q]);
  const { tuning } = tape.program.gpu;
  const variant = attentionFor(tuning, B * H * S * S * DH, DH);
  const { QUADS = 4 } = tuning.attention;
  const ROWS = variant === 'fours' ? 4 : 1;
  const inRows = (kernel: Splittable, tensors: Readonly<Record<string, Tensor>>, of: Params, count: number) => {
    const rows = B * H * Math.ceil(count / ROWS);
    const SPLITS = variant === 'split' ? splitsFor(tuning, rows, S) : 1;
    emitSplit(tape, kernel, tensors, { ...params, ...of }, rows, SPLITS);
  };
  const inQuads = { params: { ...params, QUADS }, groups: grid(B * H * Math.ceil(S / (8 * QUADS))) };
  const attended = { qkv, lengths, counter, out, lse };
  if (variant === 'quads' && Q === S) tape.emit(forwardQuads, attended, inQuads.params, inQuads.groups);
  else inRows(forward, attended, { Q, QUERIES: ROWS }, Q);
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    if (Q < S) throw new Error('attention: no backward pass for some of the queries');
    const { into: d_qkv, accumulate } = tape.claim(qkv);
    if (accumulate) throw new Error('attention: qkv has another use, its gradient would be overwritten');
    const delta = tape.tensor(`${qkv.label} delta`, [B, H, S]);
    const ofQueries = { qkv, out, d_out, lse, lengths, counter, d_qkv, delta };
    const ofKeys = { qkv, d_out, lse, delta, lengths, counter, d_qkv };
    if (variant === 'quads') {
      tape.emit(backwardQueryQuads, ofQueries, inQuads.params, inQuads.groups);
      tape.emit(backwardKeyValueQuads, ofKeys, inQuads.params, inQuads.groups);
    } else {
      inRows(backwardQuery, ofQueries, { QUERIES: ROWS }, S);
      inRows(backwardKeyValue, ofKeys, { KEYS: ROWS }, S);
    }
  });
  return { out, qkv, lse, lengths, heads, mask };
}

/** A rectangle of the attention matrix: query rows × key columns. */
export interface Rectangle {
  /** The first row; with `fromEnd`, its distance from the end of the sequence's text and memory. */
  readonly row: number;
  readonly fromEnd?: boolean;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** All of a segment's attention: `positions` queries, and keys of a cache and of the segment. */
export const everything = (positions: number, cache = 0): Rectangle => ({
  ...{ row: 0, rows: positions, column: 0, columns: cache + positions },
});

/** A rectangle as kernel parameters. */
export function rectangleParams({ row, fromEnd = false, rows, column, columns }: Rectangle) {
  return { ROW: row, FROM_END: fromEnd, ROWS: rows, COLUMN: column, COLUMNS: columns };
}

/** Record the weights of one rectangle of an attention: (B, H, rows, columns), before dropout. */
export function attentionWeights(tape: Tape, { qkv, lse, lengths, heads, mask }: Attention, at: Rectangle): Tensor {
  const sizes = sizesOf(qkv, heads, mask);
  const out = tape.tensor(`${qkv.label} weights`, [sizes.B, heads, at.rows, at.columns]);
  tape.emit(
    weightsKernel,
    { qkv, lse, lengths, out },
    { ...sizes, ...rectangleParams(at) },
    invocations(sizes.B * heads * at.rows * at.columns),
  );
  return out;
}
