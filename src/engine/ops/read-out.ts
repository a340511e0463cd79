// The memory's read-out: what a segment hands on, and the [CLS] state the head reads.
import random from '../../../shaders/lib/random.wgsl?raw';
import broadcastSource from '../../../shaders/memory_broadcast.wgsl?raw';
import backwardSource from '../../../shaders/read_out_backward.wgsl?raw';
import forwardSource from '../../../shaders/read_out_forward.wgsl?raw';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { elements, expectShape, type Tensor } from '../tensor.ts';
import { invocations, sumRows } from './add.ts';
import type { DropoutSource } from './dropout.ts';

const forward = defineKernel({
  name: 'read_out_forward',
  source: [random, forwardSource],
  reads: ['hidden', 'memory', 'started', 'counter'],
  writes: ['next', 'cls'],
  params: ['B', 'S', 'D', 'M', 'NOISE', 'STREAM'],
});
const backward = defineKernel({
  name: 'read_out_backward',
  source: backwardSource,
  reads: ['d_next', 'd_cls', 'started', 'row_weight'],
  writes: ['d_hidden', 'd_memory'],
  params: ['B', 'S', 'D', 'M'],
});
const broadcast = defineKernel({
  name: 'memory_broadcast',
  source: broadcastSource,
  reads: ['initial'],
  writes: ['memory'],
  params: ['B', 'N'],
});

/**
 * The hidden states at positions 1..M become the next memory; a sequence that has not started keeps its own.
 * @param hidden    (B, S, D), last layer
 * @param memory    (B, M, D), as it was read in this segment
 * @param started    (B) u32, 1 where the sequence has text in this segment
 * @param rowWeight (B), the share of this segment's loss; where it is 0 no gradient comes through [CLS]
 * @param next      (B, M, D), written; its gradient must be bound
 * @param noise     standard deviation of Gaussian noise added to `next` in training, drawn from `masks`
 * @returns cls (B, D), the hidden state at position 0
 */
export function readOut(
  tape: Tape,
  hidden: Tensor,
  memory: Tensor,
  started: Tensor,
  rowWeight: Tensor,
  next: Tensor,
  noise: number,
  { counter, stream }: DropoutSource,
): Tensor {
  const [B = 0, S = 0, D = 0] = hidden.shape;
  const M = memory.shape[1] ?? 0;
  expectShape('read_out', 'memory', memory.shape, [B, M, D]);
  expectShape('read_out', 'next', next.shape, [B, M, D]);
  const cls = tape.tensor('cls', [B, D]);
  tape.emit(
    forward,
    { hidden, memory, started, counter, next, cls },
    { B, S, D, M, NOISE: tape.training ? noise : 0, STREAM: stream },
    invocations(B * (M + 1) * (D / 4)),
  );
  tape.onBackward(() => {
    const d_next = tape.gradient(next);
    const d_cls = tape.gradient(cls);
    const d_hidden = tape.claim(hidden);
    const d_memory = tape.claim(memory);
    if (!d_next || !d_cls || d_hidden.accumulate || d_memory.accumulate)
      throw new Error('read_out: must be the last use of hidden and memory, before a head');
    tape.emit(
      backward,
      { d_next, d_cls, started, row_weight: rowWeight, d_hidden: d_hidden.into, d_memory: d_memory.into },
      { B, S, D, M },
      invocations(B * S * (D / 4)),
    );
  });
  return cls;
}

/** memory (B, M, D) = initial (M, D) for every sequence; backward: d_initial += Σ_b d_memory. */
export function memoryBroadcast(tape: Tape, initial: Tensor, memory: Tensor): void {
  const [B = 0] = memory.shape;
  const N = elements(initial.shape);
  tape.emit(broadcast, { initial, memory }, { B, N }, invocations(B * (N / 4)));
  tape.onBackward(() => {
    const d_memory = tape.gradient(memory);
    if (d_memory) sumRows(tape, d_memory, B, tape.claim(initial).into, true);
  });
}
