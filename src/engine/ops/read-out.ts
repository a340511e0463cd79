// Reading out a segment: the memory it passes on, and the hidden states the head reads.

import gatherBackwardSource from '../../../shaders/gather_memory_backward.wgsl?raw';
import gatherForwardSource from '../../../shaders/gather_memory_forward.wgsl?raw';
import slotsSource from '../../../shaders/lib/memory_slots.wgsl?raw';
import random from '../../../shaders/lib/random.wgsl?raw';
import broadcastSource from '../../../shaders/memory_broadcast.wgsl?raw';
import backwardSource from '../../../shaders/read_out_backward.wgsl?raw';
import forwardSource from '../../../shaders/read_out_forward.wgsl?raw';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { elements, expectShape, type Tensor } from '../tensor.ts';
import { invocations, sumRows } from './add.ts';
import type { DropoutSource } from './dropout.ts';
import { type MemorySlots, slotParams } from './embedding.ts';

const forward = defineKernel({
  name: 'read_out_forward',
  source: [slotsSource, random, forwardSource],
  reads: ['hidden', 'memory', 'started', 'lengths', 'counter'],
  writes: ['next', 'head'],
  constants: ['FRONT', 'AT_END', 'NOISE'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D', 'HEAD', 'ROWS', 'STREAM'],
});
const backward = defineKernel({
  name: 'read_out_backward',
  source: [slotsSource, backwardSource],
  reads: ['d_next', 'd_head', 'started', 'lengths'],
  writes: ['d_hidden', 'd_memory'],
  constants: ['FRONT', 'AT_END'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D', 'HEAD', 'ROWS'],
});
const broadcast = defineKernel({
  name: 'memory_broadcast',
  source: broadcastSource,
  reads: ['initial'],
  writes: ['memory'],
  constants: [],
  sizes: ['B', 'N'],
});

const gatherForward = defineKernel({
  name: 'gather_memory_forward',
  source: [slotsSource, gatherForwardSource],
  reads: ['hidden', 'lengths'],
  writes: ['out'],
  constants: ['FRONT', 'AT_END'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D'],
});
const gatherBackward = defineKernel({
  name: 'gather_memory_backward',
  source: [slotsSource, gatherBackwardSource],
  reads: ['d_out', 'lengths'],
  writes: ['d_hidden'],
  constants: ['FRONT', 'AT_END'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D'],
});

/** The positions whose last hidden states the head reads: `rows` positions starting at `first`. */
export interface HeadRows {
  readonly first: number;
  readonly rows: number;
}

/**
 * The memory that is read out: the state before this segment and the next state; both (B, M, D). `next`'s gradient must be
 * bound.
 */
export interface MemoryState {
  readonly memory: Tensor;
  readonly next: Tensor;
  readonly slots: MemorySlots;
}

/**
 * The hidden states at the memory's positions become the next memory; a sequence that has not started keeps its memory.
 * @param hidden  (B, S, D), last layer
 * @param rows    `started` (B) u32, 1 where the sequence has text in this segment; `lengths` (B) u32
 * @param state   the memory, if the model has one
 * @param head    the positions the head reads. Its gradient must be cleared where the head's backward pass does not run
 * @param noise   standard deviation of Gaussian noise added to `next` in training, drawn from `masks`
 * @returns (B · head.rows, D)
 */
export function readOut(
  tape: Tape,
  hidden: Tensor,
  { started, lengths }: { readonly started: Tensor; readonly lengths: Tensor },
  state: MemoryState | undefined,
  head: HeadRows,
  noise: number,
  { counter, stream }: DropoutSource,
): Tensor {
  const [B = 0, S = 0, D = 0] = hidden.shape;
  const M = state?.memory.shape[1] ?? 0;
  if (state) {
    expectShape('read_out', 'memory', state.memory.shape, [B, M, D]);
    expectShape('read_out', 'next', state.next.shape, [B, M, D]);
  }
  const nothing = (label: string) => tape.tensor(label, [B, 0, D]);
  const memory = M > 0 && state ? state.memory : nothing('no memory');
  const next = M > 0 && state ? state.next : nothing('no next memory');
  const sizes = {
    ...slotParams(M, state?.slots ?? { first: undefined, atEnd: false }),
    B,
    S,
    D,
    HEAD: head.first,
    ROWS: head.rows,
  };
  const out = tape.tensor('head input', [B * head.rows, D]);
  tape.emit(
    forward,
    { hidden, memory, started, lengths, counter, next, head: out },
    { ...sizes, NOISE: tape.drops ? noise : 0, STREAM: stream },
    invocations(B * (M + head.rows) * (D / 4)),
  );
  tape.onBackward(() => {
    const d_next = M > 0 ? tape.gradient(next) : nothing('no d next');
    const d_head = tape.gradient(out);
    const d_hidden = tape.claim(hidden);
    const d_memory = M > 0 ? tape.claim(memory) : { into: nothing('no d memory'), accumulate: false };
    if (!d_next || !d_head || d_hidden.accumulate || d_memory.accumulate)
      throw new Error('read_out: must be the last use of hidden and memory, before a head');
    tape.emit(
      backward,
      { d_next, d_head, started, lengths, d_hidden: d_hidden.into, d_memory: d_memory.into },
      sizes,
      invocations(B * S * (D / 4)),
    );
  });
  return out;
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

/**
 * The hidden states at the memory's positions.
 * @param hidden  (B, S, D); needs a later use that its gradient comes from
 * @param lengths (B) u32, positions that are not padding
 * @returns (B, M, D)
 */
export function gatherMemory(tape: Tape, hidden: Tensor, lengths: Tensor, M: number, slots: MemorySlots): Tensor {
  const [B = 0, S = 0, D = 0] = hidden.shape;
  const sizes = { ...slotParams(M, slots), B, S, D };
  const out = tape.tensor(`${hidden.label} of memory`, [B, M, D]);
  const groups = invocations(B * M * (D / 4));
  tape.emit(gatherForward, { hidden, lengths, out }, sizes, groups);
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const d_hidden = tape.claim(hidden);
    if (!d_hidden.accumulate) throw new Error('gather_memory: hidden must have a later use');
    tape.emit(gatherBackward, { d_out, lengths, d_hidden: d_hidden.into }, sizes, groups);
  });
  return out;
}
