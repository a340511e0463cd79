// How gradients flow back from segment to segment: all losses together (full BPTT), or each loss on its own for a
// limited number of segments.
import type { SegmentPrograms } from './recording.ts';
import { copyStates } from './states.ts';
import type { Batch } from './targets.ts';

/** The operations of the trainer that a strategy uses. */
export interface Backward {
  /** The first segment that takes part in the batch. */
  readonly first: number;
  encode(work: (encoder: GPUCommandEncoder) => void): void;
  /**
   * One backward pass through segment n, with the gradient in the states' `next` and, with `head`, the segment's own
   * loss.
   */
  back(n: number, head: boolean): Promise<void>;
  /** Run segment n forward again: a backward pass overwrites the activations it has used. */
  recompute(n: number): Promise<void>;
}

/** How gradients flow back through the states; `through` is called for each segment from the last to the first. */
export interface BackwardStrategy {
  /** Run the backward pass of segment n, whose activations and states are loaded. */
  through(batch: Batch, n: number, backward: Backward): Promise<void>;
  /** How many backward passes segment n needs, given which segments are scored. */
  passes(scored: readonly boolean[], n: number): number;
  release(): void;
}

/** Full BPTT: the losses of all segments flow back together. */
export class FullBackward implements BackwardStrategy {
  constructor(private readonly programs: SegmentPrograms) {}

  async through(batch: Batch, n: number, { first, encode, back }: Backward): Promise<void> {
    const { states } = this.programs;
    const { before, next } = states.gradients ?? {};
    encode((encoder) => {
      if (n === batch.segments.length - 1) clear(encoder, next?.storage.buffer);
      else copyStates(encoder, before?.storage.buffer, next?.storage.buffer, states.gradientBytes);
    });
    await back(n, batch.targets[n] !== undefined);
    if (n === first) encode((encoder) => this.programs.beginBackward(encoder));
  }

  passes(): number {
    return 1;
  }

  release(): void {
    // There are no buffers to release.
  }
}

/**
 * Truncated BPTT: each loss flows back on its own and stops after `depth` segments. (For a row that has not
 * started yet, its empty segments count too.)
 */
export class TruncatedBackward implements BackwardStrategy {
  private constructor(
    private readonly programs: SegmentPrograms,
    private readonly depth: number,
    /** The gradients in flight, indexed by how many segments they have crossed. */
    private readonly ages: readonly GPUBuffer[],
  ) {}

  /** @throws RangeError if there is not enough GPU memory */
  static async create(programs: SegmentPrograms, depth: number): Promise<TruncatedBackward> {
    const { gpu } = programs.model;
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    const ages = await gpu.guarded('gradients in flight', () =>
      Array.from({ length: depth }, (_, age) =>
        gpu.allocate(`gradient ${age + 1} segments back`, programs.states.gradientBytes, usage),
      ),
    );
    return new TruncatedBackward(programs, depth, ages);
  }

  async through(batch: Batch, n: number, { first, encode, back, recompute }: Backward): Promise<void> {
    const { ages, depth, programs } = this;
    const { gradients, gradientBytes } = programs.states;
    const [before, next] = [gradients?.before.storage.buffer, gradients?.next.storage.buffer];
    let used = false;
    for (let age = Math.min(depth, batch.segments.length - 1 - n); age >= 0; age--) {
      if (batch.targets[n + age] === undefined) continue;
      if (used) await recompute(n);
      used = true;
      encode((encoder) => {
        if (age === 0) clear(encoder, next);
        else copyStates(encoder, ages[age - 1], next, gradientBytes);
      });
      await back(n, age === 0);
      encode((encoder) => {
        // The initial state is a parameter: its gradient accumulates here, once per loss that reaches it.
        if (n === first) programs.beginBackward(encoder);
        else if (age < depth) copyStates(encoder, before, ages[age], gradientBytes);
      });
    }
  }

  passes(scored: readonly boolean[], n: number): number {
    return scored.slice(n, n + this.depth + 1).filter(Boolean).length;
  }

  release(): void {
    for (const buffer of this.ages) this.programs.model.gpu.release(buffer);
  }
}

function clear(encoder: GPUCommandEncoder, buffer: GPUBuffer | undefined): void {
  if (buffer) encoder.clearBuffer(buffer);
}
