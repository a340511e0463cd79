// What a backward pass leaves at every segment: the states that the segment received, their gradients, and what each of its
// words contributes. It is read in chunks, so that its size does not grow with the document.
import { Readback } from '../engine/gpu/readback.ts';
import { bytesOf, elements, type Tensor } from '../engine/tensor.ts';
import type { SegmentPrograms } from './recording.ts';

export interface SegmentTrail {
  readonly segment: number;
  /** Each differentiable state that it received, (B, …), and the gradient of the loss with respect to it. */
  readonly states: readonly Float32Array[];
  readonly gradients: readonly Float32Array[];
  /** (B, S) gradient × embedding of each word; undefined unless it was recorded with `attribution`. */
  readonly contributions: Float32Array | undefined;
}

/** Keeps what a backward pass leaves; used for one batch. */
export interface BackwardTrail {
  /** Encode what has to come before the backward pass of segment n. */
  prepare?(encoder: GPUCommandEncoder, n: number): void;
  /** Encode keeping what the backward pass of segment n has just left. */
  keep(encoder: GPUCommandEncoder, n: number): void;
  /** Whether it has to be read before another segment leaves something. */
  readonly isFull: boolean;
  /** Read what waits, once its commands have been submitted. */
  read(): Promise<void>;
  release(): void;
}

/** Bytes read at once, if a segment leaves fewer. */
const CHUNK = 2 ** 22;
const aligned = (bytes: number) => Math.ceil(bytes / 256) * 256;

export class Trail implements BackwardTrail {
  private readonly readback: Readback;
  /** The segments whose numbers wait in the buffer, in the order of its slots. */
  private waiting: number[] = [];

  private constructor(
    private readonly programs: SegmentPrograms,
    private readonly buffer: GPUBuffer,
    private readonly slots: number,
    private readonly visit: (left: SegmentTrail) => void,
  ) {
    this.readback = new Readback(programs.model.gpu);
  }

  /** Bytes that a segment leaves. */
  static bytesOf({ states, contributions }: Pick<SegmentPrograms, 'states' | 'contributions'>): number {
    return 2 * states.gradientBytes + (contributions ? aligned(bytesOf(contributions)) : 0);
  }

  /**
   * @param visit called with what each segment leaves, from the last to the first
   * @throws RangeError if there is not enough GPU memory
   */
  static async create(
    programs: SegmentPrograms,
    segments: number,
    visit: (left: SegmentTrail) => void,
  ): Promise<Trail> {
    const { gpu } = programs.model;
    const bytes = Trail.bytesOf(programs);
    const slots = Math.min(segments, Math.max(1, Math.floor(CHUNK / Math.max(1, bytes))));
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const buffer = await gpu.guarded('trail of gradients', () =>
      gpu.allocate('trail of gradients', slots * bytes, usage),
    );
    return new Trail(programs, buffer, slots, visit);
  }

  keep(encoder: GPUCommandEncoder, n: number): void {
    const { states, contributions } = this.programs;
    const { gradientBytes, gradients } = states;
    let at = this.waiting.length * Trail.bytesOf(this.programs);
    this.waiting.push(n);
    for (const buffer of [states.before.storage.buffer, gradients?.before.storage.buffer])
      if (buffer && gradientBytes > 0) {
        encoder.copyBufferToBuffer(buffer, 0, this.buffer, at, gradientBytes);
        at += gradientBytes;
      }
    const words = contributions?.storage.buffer;
    if (contributions && words)
      encoder.copyBufferToBuffer(words, contributions.offset, this.buffer, at, bytesOf(contributions));
  }

  get isFull(): boolean {
    return this.waiting.length === this.slots;
  }

  async read(): Promise<void> {
    const { states, contributions } = this.programs;
    const { gradientBytes, gradients } = states;
    const bytes = Trail.bytesOf(this.programs);
    const length = (this.waiting.length * bytes) / 4;
    if (length === 0) return;
    const storage = { label: 'trail of gradients', bytes: 4 * length, buffer: this.buffer };
    const [values = new Float32Array(0)] = await this.readback.now([
      { label: storage.label, shape: [length], dtype: 'f32', storage, offset: 0 },
    ]);
    const part = (start: number, { offset, shape }: Pick<Tensor, 'offset' | 'shape'>) =>
      values.slice((start + offset) / 4, (start + offset) / 4 + elements(shape));
    const differentiable = gradients?.before.tensors ?? [];
    for (const [slot, segment] of this.waiting.entries()) {
      const start = slot * bytes;
      this.visit({
        segment,
        states: differentiable.map((tensor) => part(start, tensor)),
        gradients: differentiable.map((tensor) => part(start + gradientBytes, tensor)),
        contributions: contributions && part(start + 2 * gradientBytes, { offset: 0, shape: contributions.shape }),
      });
    }
    this.waiting = [];
  }

  release(): void {
    this.readback.release();
    this.programs.model.gpu.release(this.buffer);
  }
}
