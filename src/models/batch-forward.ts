// A batch's forward pass through all its segments and the head's results: shared by training and evaluation.
import { Pace } from '../engine/gpu/pace.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { noWork, sum, times, type Work } from '../engine/gpu/work.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { SegmentPrograms } from './recording.ts';
import { type BatchResult, scoreBatch } from './score.ts';
import { positionsAfter, type SegmentedBatch } from './segments.ts';
import { type Batch, scoredFlags, scoredSegments } from './targets.ts';

/** The outcome of a batch: its result, and the additional tensors requested. */
export interface BatchOutcome {
  readonly result: BatchResult;
  readonly also: Float32Array[];
}

/** Options beyond a plain forward pass. */
export interface ForwardOptions {
  /** Seed of the dropout masks. */
  readonly seed: number;
  /** Encoded before each segment, once its states are in `before`. */
  readonly entering?: (encoder: GPUCommandEncoder, n: number) => void;
  /** Called after each segment that was encoded, with the number of segments so far; false ends the pass there. */
  readonly proceed?: ((segments: number) => boolean) | undefined;
}

/** Work units of a pass through a segment, for pacing: a backward pass is about two forward passes. */
export const UNITS = { forward: 1, backward: 2 } as const;

/** Without states, the segments before the first scored one have no effect. */
export function firstSegment({ states }: SegmentPrograms, scored: readonly boolean[]): number {
  return states.bytes > 0 ? 0 : Math.max(0, scored.indexOf(true));
}

/** The work of a batch's forward pass, given which segments are scored. */
export function forwardWork(programs: SegmentPrograms, scored: readonly boolean[]): Work {
  const { encode = noWork, head = noWork } = programs.work;
  const all = scored.slice(firstSegment(programs, scored));
  return sum(times(encode, all.length), times(head, all.filter(Boolean).length));
}

/** Bytes of a row of results: cross-entropy and prediction. */
const ROW_BYTES = 8;

export class BatchForward {
  readonly pace: Pace;
  readonly readback: Readback;
  /** (segments, rows, 2) results of the scored segments. */
  private results: GPUBuffer | undefined;
  private resultsFor = 0;
  /** Buffers for the inputs of several segments exist. */
  private prepared = false;

  constructor(
    private readonly programs: SegmentPrograms,
    /** The program of each segment. */
    private readonly numberOf: (n: number) => number = () => 0,
  ) {
    const { gpu } = programs.model;
    this.readback = new Readback(gpu);
    this.pace = new Pace(gpu, () => programs.inputs.upload());
  }

  /** Rows of the head for the whole batch. */
  private get headRows(): number {
    return this.programs.batch * this.programs.model.blueprint.layout.head.rows;
  }

  /** Allocate the buffers that depend on the number of scored segments; reallocated only when it grows. */
  async makeRoom(scored: number): Promise<void> {
    const { gpu } = this.programs.model;
    if (scored > this.resultsFor) {
      gpu.release(this.results);
      // If the larger allocation fails, the old buffer must not be used.
      this.results = undefined;
      this.resultsFor = 0;
      const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      this.results = await gpu.guarded('results', () =>
        gpu.allocate('results', scored * this.headRows * ROW_BYTES, usage),
      );
      this.resultsFor = scored;
    }
    if (!this.prepared) await gpu.guarded('segment inputs', () => this.programs.inputs.prepare());
    this.prepared = true;
  }

  /** Allocate the read-back buffers for the results of this many segments ahead of time. @param also additional bytes */
  async reserve(scored: number, also: number): Promise<void> {
    const bytes = scored * this.headRows * ROW_BYTES + also;
    await this.programs.model.gpu.guarded('staging', () => this.readback.reserve(bytes));
  }

  /** @throws RangeError if the batch is larger than the programs were recorded for */
  check(batch: Batch): void {
    const most = this.programs.batch;
    if (batch.sequences > most) throw new RangeError(`batch: ${batch.sequences} sequences (expected at most ${most})`);
  }

  /** For each segment, the positions each sequence has passed before it. */
  positionsBefore({ segments }: SegmentedBatch): number[][] {
    const { layout } = this.programs.model.blueprint;
    let before = new Array<number>(this.programs.batch).fill(0);
    return segments.map((rows) => {
      const now = before;
      before = positionsAfter(layout, before, rows);
      return now;
    });
  }

  /**
   * Encode loading segment n's inputs, as a piece of work of its own.
   * @param back also load what only the backward pass reads
   */
  async enter(batch: Batch, n: number, positions: readonly number[][], seed: number, back = false): Promise<void> {
    const { inputs } = this.programs;
    if (!inputs.room) await this.pace.submit();
    const given = [batch.segments[n] ?? [], positions[n] ?? [], batch.targets[n], [seed, n]] as const;
    this.pace.encode((encoder) => inputs.enqueue(encoder, ...given, back));
  }

  /** Encode segment n forward, and its head if it is scored. */
  async replay(batch: Batch, n: number): Promise<void> {
    const { program } = this.programs.at(this.numberOf(n));
    await this.pace.replay(program, UNITS.forward, 'encode', ...(batch.targets[n] ? ['head'] : []));
  }

  /**
   * Encode the forward pass, submitting as encoders fill up. The states' final values end in `before`.
   * @returns whether it reached the end
   */
  async run(batch: Batch, { seed, entering, proceed }: ForwardOptions): Promise<boolean> {
    const { pace, programs } = this;
    const positions = this.positionsBefore(batch);
    pace.encode((encoder) => programs.begin(encoder));
    let row = 0;
    for (let n = firstSegment(programs, scoredFlags(batch)); n < batch.segments.length; n++) {
      await this.enter(batch, n, positions, seed);
      if (entering) pace.encode((encoder) => entering(encoder, n));
      await this.replay(batch, n);
      const { result } = programs.at(this.numberOf(n)).recorded;
      pace.encode((encoder) => {
        const bytes = this.headRows * ROW_BYTES;
        if (batch.targets[n])
          encoder.copyBufferToBuffer(
            result.storage.buffer as GPUBuffer,
            0,
            this.results as GPUBuffer,
            row++ * bytes,
            bytes,
          );
        programs.states.advance(encoder);
      });
      if (proceed?.(n + 1) === false) {
        await pace.submit();
        return false;
      }
    }
    return true;
  }

  /**
   * Encode the end of a batch, and submit it.
   * @param then encoded first, in the same submit as the copies of the results
   * @param also tensors to read back with the results
   * @returns a function that reads the results
   */
  async finish(
    batch: Batch,
    then: (encoder: GPUCommandEncoder) => void = () => {},
    also: readonly Tensor[] = [],
  ): Promise<() => Promise<BatchOutcome>> {
    const scored = scoredSegments(batch);
    const R = this.headRows;
    const results: Tensor = {
      label: 'results',
      shape: [scored.length, R, 2],
      dtype: 'f32',
      storage: { label: 'results', bytes: scored.length * R * ROW_BYTES, buffer: this.results },
      offset: 0,
    };
    let read: () => Promise<Float32Array[]> = async () => [];
    this.pace.encode((encoder) => {
      then(encoder);
      read = this.readback.copy(encoder, [results, ...also]);
    });
    const submitted = this.pace.submit();
    // Start reading now: the numbers arrive while the next batch is being submitted.
    const numbers = read();
    numbers.catch(() => {});
    await submitted;
    return async () => {
      const [values = new Float32Array(0), ...rest] = await numbers;
      const rows = batch.targets.map((targets, n) => {
        const i = scored.indexOf(n);
        return targets && values.subarray(i * R * 2, (i + 1) * R * 2);
      });
      const { layout } = this.programs.model.blueprint;
      return { result: scoreBatch(batch, rows, layout.head.rows), also: rest };
    };
  }

  release(): void {
    this.readback.release();
    this.programs.model.gpu.release(this.results);
  }
}
