// Backpropagation through time: a batch's forward pass through its segments, and the backward pass of its loss.
import { noWork, sum, times, type Work } from '../engine/gpu/work.ts';
import type { Tensor } from '../engine/tensor.ts';
import { type Backward, type BackwardStrategy, FullBackward, TruncatedBackward } from './backward.ts';
import { BatchForward, type BatchOutcome, firstSegment, forwardWork, UNITS } from './batch-forward.ts';
import type { Model } from './model.ts';
import type { PartAt } from './parts.ts';
import { SegmentPrograms } from './recording.ts';
import { type SegmentTensors, SegmentTensorsTrail } from './segment-tensors.ts';
import { type Batch, scoredFlags, scoredSegments } from './targets.ts';
import { type BackwardTrail, type SegmentTrail, Trail } from './trail.ts';

export interface TrainingOptions {
  /** Sequences in a batch; a smaller batch leaves rows empty. */
  readonly batch: number;
  /**
   * Recompute each segment in the backward pass (memory constant in the number of segments), or keep every segment's
   * activations.
   */
  readonly bptt?: 'recompute' | 'keep';
  /**
   * Truncated BPTT: through how many earlier segments the loss of a segment sends its gradient; all by default,
   * and 0 for none.
   */
  readonly depth?: number | undefined;
  /** Standard deviation of Gaussian noise on the memory passed on. */
  readonly memoryNoise?: number;
  readonly dropout?: boolean;
  /** Also compute what each word contributes, for `follow`. */
  readonly attribution?: boolean;
  /** The share of each row's words in their embeddings, for integrated gradients; 1 by default. */
  readonly shares?: readonly number[];
  /** The tensors that `inspect` looks at. */
  readonly parts?: readonly PartAt[];
}

export class BpttTrainer {
  private readonly forward: BatchForward;
  /** States before each segment, for the backward pass; grows to the longest batch seen. */
  private states: GPUBuffer | undefined;
  private statesFor = 0;
  /** While `follow` or `inspect` runs: what the backward pass leaves. */
  private trail: BackwardTrail | undefined;

  private constructor(
    private readonly model: Model,
    private readonly programs: SegmentPrograms,
    /** Every segment has its own program, and so its own activations. */
    private readonly keep: boolean,
    private readonly strategy: BackwardStrategy,
  ) {
    this.forward = new BatchForward(programs, (n) => this.numberOf(n));
  }

  /**
   * Record and plan everything that one batch shape needs.
   * @throws RangeError if there is not enough GPU memory
   */
  static async create(model: Model, options: TrainingOptions): Promise<BpttTrainer> {
    const trainer = await BpttTrainer.start(model, options);
    try {
      await trainer.programs.compiled();
      return trainer;
    } catch (error) {
      trainer.release();
      throw error;
    }
  }

  /**
   * Like `create`, but without waiting for the kernels: a batch waits for those of its forward pass, later for those of
   * its backward pass, and fails if one does not compile.
   */
  static async start(model: Model, options: TrainingOptions): Promise<BpttTrainer> {
    const {
      batch,
      bptt = 'recompute',
      depth,
      memoryNoise = 0,
      dropout = true,
      attribution = false,
      shares,
      parts = [],
    } = options;
    const recording = { batch, memoryNoise, dropout, attribution, parts, ...(shares ? { shares } : {}) };
    const programs = await SegmentPrograms.create(model, { ...recording, training: true });
    try {
      const truncated = depth !== undefined && Number.isFinite(depth) && programs.states.gradientBytes > 0;
      const strategy = truncated ? await TruncatedBackward.create(programs, depth) : new FullBackward(programs);
      return new BpttTrainer(model, programs, bptt === 'keep', strategy);
    } catch (error) {
      programs.release();
      throw error;
    }
  }

  /** Dispatches of one segment, by section, and bytes of its planned activations. */
  get cost(): SegmentPrograms['cost'] {
    return this.programs.cost;
  }

  /** Bytes of the states before a segment, which are kept for the backward pass. */
  get stateBytes(): number {
    return this.programs.states.bytes;
  }

  /** What a batch computes and moves, given which segments are scored; excluding its initial states. */
  workFor(scored: readonly boolean[]): Work {
    const { programs, strategy } = this;
    const section = (name: string) => programs.work[name] ?? noWork;
    const last = scored.length - 1;
    const parts = [forwardWork(programs, scored)];
    for (let n = firstSegment(programs, scored); n <= last; n++) {
      const passes = strategy.passes(scored, n);
      const recomputed = (this.keep || n === last ? 0 : 1) + Math.max(0, passes - 1);
      const forward = sum(section('encode'), scored[n] ? section('head') : noWork);
      parts.push(times(forward, recomputed), times(section('encode backward'), passes));
      if (scored[n]) parts.push(section('head backward'));
    }
    return sum(...parts);
  }

  private numberOf(n: number): number {
    return this.keep ? n : 0;
  }

  /**
   * Allocate everything that a batch needs ahead of time: then it allocates nothing.
   * @param scored number of scored segments
   * @param also   bytes read back with the results
   */
  async reserve(segments: number, scored: number, also = 0): Promise<void> {
    await this.makeRoom(segments, scored);
    await this.programs.compiled();
    await this.forward.reserve(scored, also);
  }

  /** Allocate the buffers that depend on a batch's number of segments; reallocated only when a longer one comes. */
  private async makeRoom(segments: number, scored: number): Promise<void> {
    const { gpu } = this.model;
    if (segments > this.statesFor) {
      gpu.release(this.states);
      // If the larger allocation fails, the old buffer must not be used.
      this.states = undefined;
      this.statesFor = 0;
      const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      this.states = await gpu.guarded('memory states', () =>
        gpu.allocate('memory states', segments * this.programs.states.bytes, usage),
      );
      this.statesFor = segments;
    }
    await this.forward.makeRoom(scored);
    if (this.keep) for (let n = 0; n < segments; n++) await this.programs.record(n);
  }

  /**
   * Forward and backward through all segments: leaves the gradient of the batch's loss in the parameters' gradients.
   * @param seed seed of the dropout masks; equal seeds draw equal masks
   * @param then encoded after the gradient, in the same submit as the copies of the results
   * @param also tensors to read back with the results
   */
  async train(
    batch: Batch,
    seed: number,
    then: (encoder: GPUCommandEncoder) => void = () => {},
    also: readonly Tensor[] = [],
  ): Promise<BatchOutcome> {
    return (await this.submit(batch, seed, then, also)).trained;
  }

  /**
   * Like `train`, but resolves once everything is submitted: the next batch can follow while this one is computed.
   * It waits only if too many submits are in flight.
   */
  async submit(
    batch: Batch,
    seed: number,
    then: (encoder: GPUCommandEncoder) => void = () => {},
    also: readonly Tensor[] = [],
  ): Promise<{ readonly trained: Promise<BatchOutcome> }> {
    await this.pass(batch, seed);
    const read = await this.forward.finish(batch, then, also);
    const trained = read();
    // Avoid an unhandled rejection when nobody awaits this yet.
    trained.catch(() => {});
    return { trained };
  }

  /**
   * The backward pass for looking at: what it leaves at every segment. The gradients of the parameters are overwritten, as
   * by `train`; nothing else is.
   * @param visit   called for each segment that takes part, from the last to the first
   * @param proceed called after each segment, forward and back; false stops there
   * @returns loss and predictions; undefined if it was stopped
   * @throws Error with truncated BPTT, whose losses travel separately, and with kept activations
   */
  async follow(
    batch: Batch,
    visit: (left: SegmentTrail) => void,
    proceed?: () => boolean,
  ): Promise<BatchOutcome | undefined> {
    this.checkLookedAt();
    return this.leaving(await Trail.create(this.programs, batch.segments.length, visit), batch, proceed);
  }

  /**
   * The same for the inside of one segment: the values and gradients of its `parts`, and the gradients of its states.
   * @param segment its index; everything is zero if it takes no part in the batch
   * @throws Error with truncated BPTT and with kept activations
   */
  async inspect(batch: Batch, segment: number): Promise<SegmentTensors & { readonly outcome: BatchOutcome }> {
    this.checkLookedAt();
    const trail = await SegmentTensorsTrail.create(this.programs, segment);
    const outcome = (await this.leaving(trail, batch)) as BatchOutcome;
    return { outcome, ...trail.left };
  }

  private checkLookedAt(): void {
    if (this.keep || !(this.strategy instanceof FullBackward))
      throw new Error('trail: kept activations or truncated BPTT (expected full BPTT by recompute)');
  }

  /** Run a batch forward and back while a trail keeps what is left. @returns undefined if it was stopped */
  private async leaving(
    trail: BackwardTrail,
    batch: Batch,
    proceed?: () => boolean,
  ): Promise<BatchOutcome | undefined> {
    this.trail = trail;
    try {
      if (!(await this.pass(batch, 0, proceed))) return undefined;
      const outcome = await (await this.forward.finish(batch))();
      await trail.read();
      return outcome;
    } finally {
      this.trail = undefined;
      trail.release();
    }
  }

  /** Encode a batch's forward and backward pass. @returns whether it reached the end */
  private async pass(batch: Batch, seed: number, proceed: () => boolean = () => true): Promise<boolean> {
    const { forward, model } = this;
    forward.check(batch);
    await this.makeRoom(batch.segments.length, scoredSegments(batch).length);
    const gradients = model.parameters.flatGradient.storage.buffer as GPUBuffer;
    forward.pace.encode((encoder) => encoder.clearBuffer(gradients));
    const entering = (encoder: GPUCommandEncoder, n: number) => this.save(encoder, n);
    return (await forward.run(batch, { seed, entering, proceed })) && (await this.backward(batch, seed, proceed));
  }

  /** Encode saving the states before segment n for the backward pass. */
  private save(encoder: GPUCommandEncoder, n: number): void {
    const { before, bytes } = this.programs.states;
    if (bytes > 0 && before.storage.buffer && this.states)
      encoder.copyBufferToBuffer(before.storage.buffer, 0, this.states, n * bytes, bytes);
  }

  /** Encode restoring the states before segment n. */
  private restore(encoder: GPUCommandEncoder, n: number): void {
    const { before, bytes } = this.programs.states;
    if (bytes > 0 && before.storage.buffer && this.states)
      encoder.copyBufferToBuffer(this.states, n * bytes, before.storage.buffer, 0, bytes);
  }

  /**
   * Encode the backward pass of the batch that just ran forward, submitting as encoders fill up.
   * @returns whether it reached the first segment
   */
  private async backward(batch: Batch, seed: number, proceed: () => boolean): Promise<boolean> {
    const { forward, strategy } = this;
    const last = batch.segments.length - 1;
    const positions = forward.positionsBefore(batch);
    const backward: Backward = {
      first: firstSegment(this.programs, scoredFlags(batch)),
      encode: (work) => forward.pace.encode(work),
      back: (n, head) => this.back(n, head),
      recompute: (n) => forward.replay(batch, n),
    };
    for (let n = last; n >= backward.first; n--) {
      await forward.enter(batch, n, positions, seed, true);
      forward.pace.encode((encoder) => this.restore(encoder, n));
      // The last segment's activations are still valid; the others were overwritten unless kept.
      if (!this.keep && n !== last) await forward.replay(batch, n);
      await strategy.through(batch, n, backward);
      if (this.trail?.isFull) {
        await forward.pace.submit();
        await this.trail.read();
      }
      if (!proceed()) {
        await forward.pace.submit();
        return false;
      }
    }
    return true;
  }

  private async back(n: number, head: boolean): Promise<void> {
    const { pace } = this.forward;
    const { program, d_head } = this.programs.at(this.numberOf(n));
    const buffer = d_head?.storage.buffer;
    if (!head && buffer) pace.encode((encoder) => encoder.clearBuffer(buffer));
    const { trail } = this;
    if (trail?.prepare) pace.encode((encoder) => trail.prepare?.(encoder, n));
    await pace.replay(program, UNITS.backward, ...(head ? ['head backward'] : []), 'encode backward');
    if (trail) pace.encode((encoder) => trail.keep(encoder, n));
  }

  release(): void {
    this.strategy.release();
    this.forward.release();
    this.model.gpu.release(this.states);
    this.programs.release();
  }
}
