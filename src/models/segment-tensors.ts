// What a backward pass leaves inside one segment: the values and gradients of its parts, and the gradients of its states.
import { Readback } from '../engine/gpu/readback.ts';
import { bytesOf, elements, type Tensor } from '../engine/tensor.ts';
import type { Part } from './parts.ts';
import type { SegmentPrograms } from './recording.ts';
import type { BackwardTrail } from './trail.ts';

export interface SegmentTensors {
  /** For each part that is kept: its value, and its gradient unless the backward pass does not compute it. */
  readonly parts: readonly { readonly part: Part; readonly value: Float32Array; readonly gradient?: Float32Array }[];
  /** By label: the gradients of the differentiable states that the segment receives, and of those that it passes on. */
  readonly received: ReadonlyMap<string, Float32Array>;
  readonly passedOn: ReadonlyMap<string, Float32Array>;
}

export class SegmentTensorsTrail implements BackwardTrail {
  readonly isFull = false;
  private readonly readback: Readback;
  private readonly parts: readonly Part[];
  private readonly tensors: readonly Tensor[];
  private copied: (() => Promise<Float32Array[]>) | undefined;
  private values: readonly Float32Array[] = [];

  private constructor(
    private readonly programs: SegmentPrograms,
    private readonly segment: number,
  ) {
    this.readback = new Readback(programs.model.gpu);
    this.parts = programs.at(0).recorded.sites.parts.all;
    const { gradients } = programs.states;
    this.tensors = [
      ...this.parts.flatMap(({ value, gradient }) => (gradient ? [value, gradient] : [value])),
      ...(gradients?.before.tensors ?? []),
      ...(gradients?.next.tensors ?? []),
    ];
  }

  /**
   * @param segment its index
   * @throws RangeError if there is not enough GPU memory
   */
  static async create(programs: SegmentPrograms, segment: number): Promise<SegmentTensorsTrail> {
    const trail = new SegmentTensorsTrail(programs, segment);
    const bytes = trail.tensors.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    await programs.model.gpu.guarded('tensors of a segment', () => trail.readback.reserve(bytes));
    return trail;
  }

  prepare(encoder: GPUCommandEncoder, n: number): void {
    // The head of a segment that is not scored leaves the gradients of its parts as they were.
    if (n === this.segment)
      for (const { gradient } of this.parts)
        if (gradient?.storage.buffer) encoder.clearBuffer(gradient.storage.buffer, gradient.offset, bytesOf(gradient));
  }

  keep(encoder: GPUCommandEncoder, n: number): void {
    if (n === this.segment) this.copied = this.readback.copy(encoder, this.tensors);
  }

  async read(): Promise<void> {
    if (this.copied) this.values = await this.copied();
  }

  /** What was read; everything is zero if the segment took no part in the batch. */
  get left(): SegmentTensors {
    const { before, gradients } = this.programs.states;
    const of = (tensor: Tensor) =>
      this.values[this.tensors.indexOf(tensor)] ?? new Float32Array(elements(tensor.shape));
    const named = (list: readonly Tensor[] = []) =>
      new Map(list.map((tensor, i) => [before.tensors[i]?.label ?? '', of(tensor)] as const));
    return {
      parts: this.parts.map((part) => ({
        part,
        value: of(part.value),
        ...(part.gradient ? { gradient: of(part.gradient) } : {}),
      })),
      received: named(gradients?.before.tensors),
      passedOn: named(gradients?.next.tensors),
    };
  }

  release(): void {
    this.readback.release();
  }
}
