// Inference: segment by segment with access to every result, or whole batches for their loss and predictions.
import type { Work } from '../engine/gpu/work.ts';
import { bytesOf } from '../engine/tensor.ts';
import { BatchForward, forwardWork } from './batch-forward.ts';
import type { Model } from './model.ts';
import type { Part } from './parts.ts';
import { type RecordingOptions, SegmentPrograms } from './recording.ts';
import type { BatchResult } from './score.ts';
import { positionsAfter } from './segments.ts';
import type { Site } from './sites.ts';
import { joined } from './states.ts';
import { type Batch, scoredSegments } from './targets.ts';

export type ReaderOptions = Pick<RecordingOptions, 'batch' | 'attention' | 'sites' | 'parts' | 'shares'>;

/** The results of one segment of a stream. */
export interface SegmentView {
  /** Each row of the head: (classes). One row per sequence or, for a generative model, per text position. */
  readonly logits: Float32Array[];
  /** The states after it, by label, each with the batch first. */
  readonly states: ReadonlyMap<string, Float32Array>;
  /** The memory vectors after it, (B, M, D); empty for a model without memory vectors. */
  readonly memory: Float32Array;
  /** For each layer and rectangle: (B, heads, rows, columns). */
  readonly attentions: readonly (readonly Float32Array[])[];
  /** The values of the parts that the reader keeps, in the order of `parts`. */
  readonly parts: readonly Float32Array[];
}

export class SegmentReader {
  private readonly forward: BatchForward;
  /** Positions that each sequence of a stream has passed. */
  private seen: number[] = [];

  private constructor(
    private readonly model: Model,
    private readonly programs: SegmentPrograms,
  ) {
    this.forward = new BatchForward(programs);
  }

  /**
   * Record and plan everything that one batch shape needs.
   * @throws RangeError if there is not enough GPU memory
   */
  static async create(model: Model, options: ReaderOptions): Promise<SegmentReader> {
    return new SegmentReader(model, await SegmentPrograms.create(model, { ...options, training: false }));
  }

  /** Maximum sequences read at once. */
  get batch(): number {
    return this.programs.batch;
  }

  /** Dispatches of one segment, by section, and bytes of its planned activations. */
  get cost(): SegmentPrograms['cost'] {
    return this.programs.cost;
  }

  /** The sites of a segment, in the order in which it computes them. */
  get sites(): readonly Site[] {
    return this.programs.at(0).recorded.sites.all;
  }

  /** The parts that are kept, in the order in which a segment computes them. */
  get parts(): readonly Part[] {
    return this.programs.at(0).recorded.sites.parts.all;
  }

  /** What evaluating a batch computes and moves, given which segments are scored. */
  workFor(scored: readonly boolean[]): Work {
    return forwardWork(this.programs, scored);
  }

  /** Allocate everything that evaluating a batch needs ahead of time. @param scored number of scored segments */
  async reserve(scored: number): Promise<void> {
    await this.forward.makeRoom(scored);
    await this.forward.reserve(scored, 0);
  }

  /**
   * Forward through all segments of a batch, from the initial states.
   * @param proceed called after each segment with the number of segments so far; false stops there
   * @returns loss and predictions; undefined if it was stopped
   */
  evaluate(batch: Batch): Promise<BatchResult>;
  evaluate(batch: Batch, proceed?: (segments: number) => boolean): Promise<BatchResult | undefined>;
  async evaluate(batch: Batch, proceed?: (segments: number) => boolean): Promise<BatchResult | undefined> {
    const { forward } = this;
    forward.check(batch);
    await forward.makeRoom(scoredSegments(batch).length);
    this.seen = new Array<number>(this.batch).fill(0);
    if (!(await forward.run(batch, { seed: 0, proceed }))) return undefined;
    const read = await forward.finish(batch);
    return (await read()).result;
  }

  /** Set the states to their initial values, before the first `step`. */
  reset(): void {
    this.seen = new Array<number>(this.batch).fill(0);
    this.submit((encoder) => this.programs.begin(encoder));
  }

  private submit(encode: (encoder: GPUCommandEncoder) => void): void {
    const { device } = this.model.gpu;
    const encoder = device.createCommandEncoder();
    encode(encoder);
    device.queue.submit([encoder.finish()]);
  }

  /** The states that the next segment would read, one after the other. */
  async readStates(): Promise<Float32Array<ArrayBuffer>> {
    let read: () => Promise<Float32Array[]> = async () => [];
    this.submit((encoder) => {
      read = this.forward.readback.copy(encoder, this.programs.states.before.tensors);
    });
    return joined(await read());
  }

  /**
   * Replace the states before the next `step`.
   * @param states    one after the other, as `readStates` gives them
   * @param positions that each sequence has passed so far
   * @throws RangeError if the number of values differs from the states'
   */
  writeStates(states: Float32Array, positions: number): void {
    const { before } = this.programs.states;
    let at = 0;
    for (const tensor of before.tensors) {
      const count = bytesOf(tensor) / 4;
      const part = states.slice(at, at + count);
      this.model.gpu.device.queue.writeBuffer(before.storage.buffer as GPUBuffer, tensor.offset, part);
      at += count;
    }
    if (at !== states.length) throw new RangeError(`states: ${states.length} numbers (expected ${at})`);
    this.seen = new Array<number>(this.batch).fill(positions);
  }

  /** Make the states that a reader of one sequence would read next those of sequence `row`, on the GPU. */
  copyStates(from: SegmentReader, row: number): void {
    const [one, all] = [from.programs.states.before, this.programs.states.before];
    if (from.batch !== 1 || row >= this.batch)
      throw new RangeError(`states: sequence ${row} from ${from.batch} (expected one of ${this.batch} from 1)`);
    this.submit((encoder) => {
      for (const [i, tensor] of one.tensors.entries()) {
        const bytes = bytesOf(tensor);
        const to = (all.tensors[i]?.offset ?? 0) + row * bytes;
        const [source, target] = [one.storage.buffer, all.storage.buffer] as [GPUBuffer, GPUBuffer];
        encoder.copyBufferToBuffer(source, tensor.offset, target, to, bytes);
      }
    });
    this.seen[row] = from.seen[0] ?? 0;
  }

  /**
   * Run one segment and read its results. `segment[b]` is undefined where sequence b has not started.
   * @param advance whether the next segment continues from this one's states; if not, this segment can be read again in
   *         a longer version
   * @param visit   called at each site, if the reader was created with `sites`: what it encodes may read and replace the
   *         tensor there
   */
  async step(
    segment: readonly (Int32Array | undefined)[],
    advance = true,
    visit?: (encoder: GPUCommandEncoder, site: Site) => void,
  ): Promise<SegmentView> {
    const { inputs, states } = this.programs;
    const { program, recorded } = this.programs.at(0);
    const { layout, shape } = this.model.blueprint;
    inputs.write(segment, this.seen, undefined, [0, 0], false);
    const regions = recorded.attentions.flat();
    const kept = this.parts.map(({ value }) => value);
    let read: () => Promise<Float32Array[]> = async () => [];
    this.submit((encoder) => {
      if (visit) {
        recorded.sites.replay(encoder, (site) => visit(encoder, site));
        program.replay(encoder, 'head');
      } else program.replay(encoder, ...recorded.sites.sections, 'head');
      if (advance) states.advance(encoder);
      read = this.forward.readback.copy(encoder, [recorded.logits, ...states.next.tensors, ...regions, ...kept]);
    });
    if (advance) this.seen = positionsAfter(layout, this.seen, segment);
    const [logits = new Float32Array(0), ...rest] = await read();
    const after = new Map(states.before.tensors.map(({ label }, i) => [label, rest[i] as Float32Array]));
    const attention = rest.slice(states.before.tensors.length, rest.length - kept.length);
    const columns = recorded.logits.shape[1] ?? 0;
    const rows = segment.length * layout.head.rows;
    const perLayer = recorded.attentions[0]?.length ?? 0;
    return {
      logits: Array.from({ length: rows }, (_, row) => logits.slice(row * columns, row * columns + shape.classes)),
      states: after,
      memory: after.get('memory') ?? new Float32Array(0),
      parts: rest.slice(rest.length - kept.length),
      attentions: recorded.attentions.map((_, l) => attention.slice(l * perLayer, (l + 1) * perLayer)),
    };
  }

  release(): void {
    this.forward.release();
    this.programs.release();
  }
}
