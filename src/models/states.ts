// The buffers of the states that one segment passes to the next: one buffer before a segment, and one after it.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { bytesOf, elements, type Storage, type Tensor } from '../engine/tensor.ts';
import type { StateSpec } from './blueprint.ts';

/** All states before or after a segment, in one buffer; the differentiable ones come first. */
export interface StateSet {
  readonly storage: Storage;
  readonly tensors: readonly Tensor[];
}

/** Each state's tensor in `storage`, one after the other. */
function place(storage: Storage, specs: readonly StateSpec[]): { tensors: Tensor[]; bytes: number } {
  let bytes = 0;
  const tensors = specs.map(({ label, shape }): Tensor => {
    const tensor: Tensor = { label, shape, dtype: 'f32', storage, offset: bytes };
    bytes += Math.ceil(bytesOf(tensor) / 256) * 256;
    return tensor;
  });
  return { tensors, bytes };
}

const nowhere: Storage = { label: '', bytes: 0, buffer: undefined };

function allocate(gpu: Gpu, label: string, specs: readonly StateSpec[]): StateSet {
  const storage = gpu.storage(label, place(nowhere, specs).bytes);
  return { storage, tensors: place(storage, specs).tensors };
}

/**
 * @throws Error if a state with a gradient comes after one without: the gradients are copied as a prefix of all states
 */
export function checkStateOrder(specs: readonly StateSpec[]): void {
  if (specs.some((spec, i) => spec.differentiable && specs.slice(0, i).some((other) => !other.differentiable)))
    throw new Error('states: one with a gradient comes after one without (expected those with a gradient first)');
}

export class States {
  /** The states that a segment reads, and those it produces. */
  readonly before: StateSet;
  readonly next: StateSet;
  /** The gradients of both, for differentiable states only. */
  readonly gradients: { readonly before: StateSet; readonly next: StateSet } | undefined;
  /** Bytes of all states, and of the differentiable ones. */
  readonly bytes: number;
  readonly gradientBytes: number;

  /** Call inside `guarded`. */
  constructor(
    private readonly gpu: Gpu,
    specs: readonly StateSpec[],
    training: boolean,
  ) {
    const differentiable = specs.filter((spec) => spec.differentiable);
    this.bytes = place(nowhere, specs).bytes;
    this.gradientBytes = place(nowhere, differentiable).bytes;
    this.before = allocate(gpu, 'memory', specs);
    this.next = allocate(gpu, 'next memory', specs);
    this.gradients = training
      ? { before: allocate(gpu, 'd memory', differentiable), next: allocate(gpu, 'd next memory', differentiable) }
      : undefined;
  }

  /** Encode making this segment's final states the next segment's initial ones. */
  advance(encoder: GPUCommandEncoder): void {
    copyStates(encoder, this.next.storage.buffer, this.before.storage.buffer, this.bytes);
  }

  release(): void {
    for (const set of [this.before, this.next, this.gradients?.before, this.gradients?.next])
      this.gpu.release(set?.storage.buffer);
  }
}

/** Encode a copy of the first `bytes`, if both buffers exist. */
export function copyStates(
  encoder: GPUCommandEncoder,
  from: GPUBuffer | undefined,
  to: GPUBuffer | undefined,
  bytes: number,
): void {
  if (bytes > 0 && from && to) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
}

/** The states of one sequence, stored one after the other, by label. */
export function labelledStates(specs: readonly StateSpec[], all: Float32Array): Map<string, Float32Array> {
  let at = 0;
  return new Map(
    specs.map(({ label, shape }) => {
      const start = at;
      at += elements(shape);
      return [label, all.subarray(start, at)] as const;
    }),
  );
}

/** Concatenate arrays. */
export function joined(parts: readonly (Float32Array | undefined)[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  let at = 0;
  for (const part of parts) {
    if (part) all.set(part, at);
    at += part?.length ?? 0;
  }
  return all;
}
