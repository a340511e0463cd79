// Segment-local multi-head attention that never stores S×S, its gradients, and the weights someone asks to see.
import backwardKeyValueSource from '../../../shaders/attention_backward_key_value.wgsl?raw';
import backwardQuerySource from '../../../shaders/attention_backward_query.wgsl?raw';
import forwardSource from '../../../shaders/attention_forward.wgsl?raw';
import weightsSource from '../../../shaders/attention_weights.wgsl?raw';
import layout from '../../../shaders/lib/attention.wgsl?raw';
import random from '../../../shaders/lib/random.wgsl?raw';
import { ShapeError } from '../../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { showShape, type Tensor } from '../tensor.ts';
import { invocations } from './add.ts';
import type { DropoutSource } from './dropout.ts';

const common = ['B', 'S', 'H', 'DH', 'SCALE'] as const;
const forward = defineKernel({
  name: 'attention_forward',
  source: [layout, random, forwardSource],
  reads: ['qkv', 'lengths', 'counter'],
  writes: ['out', 'lse'],
  params: [...common, 'P_DROP', 'STREAM'],
});
const backwardQuery = defineKernel({
  name: 'attention_backward_query',
  source: [layout, random, backwardQuerySource],
  reads: ['qkv', 'out', 'd_out', 'lse', 'lengths', 'counter'],
  writes: ['d_qkv', 'delta'],
  params: [...common, 'P_DROP', 'STREAM'],
});
const backwardKeyValue = defineKernel({
  name: 'attention_backward_key_value',
  source: [layout, random, backwardKeyValueSource],
  reads: ['qkv', 'd_out', 'lse', 'delta', 'lengths', 'counter'],
  writes: ['d_qkv'],
  params: [...common, 'P_DROP', 'STREAM'],
});
const weightsKernel = defineKernel({
  name: 'attention_weights',
  source: [layout, weightsSource],
  reads: ['qkv', 'lse', 'lengths'],
  writes: ['out'],
  params: [...common, 'ROW', 'ROWS', 'COLUMN', 'COLUMNS'],
});

/** What the backward pass and the heatmaps need of one attention. */
export interface Attention {
  readonly out: Tensor;
  readonly qkv: Tensor;
  readonly lse: Tensor;
  readonly lengths: Tensor;
  readonly heads: number;
}

function sizesOf(qkv: Tensor, heads: number) {
  const [B = 0, S = 0, width = 0] = qkv.shape;
  const DH = width / (3 * heads);
  if (qkv.shape.length !== 3 || !Number.isInteger(DH) || DH % 4 !== 0)
    throw new ShapeError(
      `attention: 'qkv' has shape ${showShape(qkv.shape)}, expected (B, S, 3 · ${heads} heads · a multiple of 4)`,
    );
  return { B, S, H: heads, DH, SCALE: 1 / Math.sqrt(DH) };
}

/**
 * softmax(q kᵀ / √DH) v for every head, over the first `lengths[b]` positions of the segment.
 * @param qkv     (B, S, 3·H·DH): queries of all heads, then keys, then values; DH a multiple of 4
 * @param lengths (B) u32, how many positions are not padding; at least 1
 * @param p       share of attention weights dropped in training
 * @returns out (B, S, H·DH), and lse (B, H, S), the log-sum-exp of each row of scores
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
): Attention {
  const sizes = sizesOf(qkv, heads);
  const { B, S, H, DH } = sizes;
  const params = { ...sizes, P_DROP: tape.training ? p : 0, STREAM: stream };
  const out = tape.tensor(`${qkv.label} attended`, [B, S, H * DH]);
  const lse = tape.tensor(`${qkv.label} lse`, [B, H, S]);
  tape.emit(forward, { qkv, lengths, counter, out, lse }, params, invocations(B * H * S));
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const { into: d_qkv, accumulate } = tape.claim(qkv);
    if (accumulate) throw new Error('attention: qkv has another use, its gradient would be overwritten');
    const delta = tape.tensor(`${qkv.label} delta`, [B, H, S]);
    tape.emit(backwardQuery, { qkv, out, d_out, lse, lengths, counter, d_qkv, delta }, params, invocations(B * H * S));
    tape.emit(backwardKeyValue, { qkv, d_out, lse, delta, lengths, counter, d_qkv }, params, invocations(B * H * S));
  });
  return { out, qkv, lse, lengths, heads };
}

/** A rectangle of the attention matrix: query rows × key columns. */
export interface Rectangle {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Record the weights of one rectangle of an attention: (B, H, rows, columns), before dropout. */
export function attentionWeights(tape: Tape, { qkv, lse, lengths, heads }: Attention, at: Rectangle): Tensor {
  const sizes = sizesOf(qkv, heads);
  const out = tape.tensor(`${qkv.label} weights`, [sizes.B, heads, at.rows, at.columns]);
  tape.emit(
    weightsKernel,
    { qkv, lse, lengths, out },
    { ...sizes, ROW: at.row, ROWS: at.rows, COLUMN: at.column, COLUMNS: at.columns },
    invocations(sizes.B * heads * at.rows * at.columns),
  );
  return out;
}
