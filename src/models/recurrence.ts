// The recurrence: segment after segment hands the memory on, and the way back carries the gradient (BPTT).
import type { Gpu } from '../engine/gpu/adapter.ts';
import { Program } from '../engine/gpu/program.ts';
import { Readback } from '../engine/gpu/readback.ts';
import type { Rectangle } from '../engine/ops/attention.ts';
import { Tape } from '../engine/tape.ts';
import { bytesOf, type Tensor } from '../engine/tensor.ts';
import {
  type RecordedSegment,
  type RmtEncoderConfig,
  rmtEncoderBegin,
  rmtEncoderParameters,
  rmtEncoderSegment,
} from './memory/rmt-encoder.ts';
import { Parameters } from './parameters.ts';
import { positions, type SegmentedBatch, SegmentInputs } from './segments.ts';

export interface RecurrenceOptions {
  /** Sequences in a batch; a smaller batch leaves rows empty. */
  readonly batch: number;
  /** Record the way back. */
  readonly training: boolean;
  /** Recompute each segment on the way back (memory flat in the number of segments), or keep every segment's activations. */
  readonly bptt?: 'recompute' | 'keep';
  /** Loss of the last segment only, or the mean over all. */
  readonly loss?: 'last' | 'mean';
  /** Standard deviation of Gaussian noise on the memory handed on, in training. */
  readonly memoryNoise?: number;
  /** Attention to keep: none, the memory's rows and columns, or everything. */
  readonly attention?: 'none' | 'memory' | 'full';
}

/** One batch with what is wanted of it. */
export interface Batch extends SegmentedBatch {
  readonly labels: ArrayLike<number>;
}

/** Loss and answers of a batch. */
export interface BatchResult {
  /** The batch's loss, in nats. */
  readonly loss: number;
  /** Right answers after the last segment. */
  readonly right: number;
  /** Predicted class of each sequence after the last segment. */
  readonly predicted: number[];
}

/** What one segment of a stream leaves to look at. */
export interface SegmentView {
  /** (B, classes) */
  readonly logits: Float32Array[];
  /** (B, M, D) */
  readonly memory: Float32Array;
  /** For each layer and rectangle: (B, heads, rows, columns). */
  readonly attentions: readonly (readonly Float32Array[])[];
}

interface Instance {
  readonly program: Program;
  readonly recorded: RecordedSegment;
}

/** The rectangles of attention behind `attention: 'memory'`: what memory reads from (write), and who reads memory (read). */
export function memoryLooks(config: RmtEncoderConfig): Rectangle[] {
  const S = positions(config);
  const M = config.num_mem_tokens;
  if (M === 0) return [];
  return [
    { row: 1, rows: M, column: 0, columns: S },
    { row: 0, rows: S, column: 1, columns: M },
  ];
}

/** Weights without any recorded program: shared by the recurrences that train, evaluate and stream them. */
export class Model {
  private constructor(
    readonly gpu: Gpu,
    readonly config: RmtEncoderConfig,
    readonly parameters: Parameters,
  ) {}

  static async create(gpu: Gpu, config: RmtEncoderConfig): Promise<Model> {
    const parameters = await gpu.guarded('parameters', () => new Parameters(gpu, rmtEncoderParameters(config)));
    return new Model(gpu, config, parameters);
  }

  release(): void {
    this.parameters.release();
  }
}

export class Recurrence {
  private readonly readback: Readback;
  private readonly instances: Instance[] = [];
  private begin!: Program;
  /** Memory before each segment, for the way back; grows to the longest batch seen. */
  private states: GPUBuffer | undefined;
  private statesFor = 0;
  /** (segments, B, 2) results of the segments that bear a loss. */
  private results: GPUBuffer | undefined;
  private resultsFor = 0;

  private constructor(
    private readonly model: Model,
    private readonly options: Required<RecurrenceOptions>,
    private readonly inputs: SegmentInputs,
    private readonly memory: Tensor,
    private readonly next: Tensor,
    private readonly d_memory: Tensor | undefined,
    private readonly d_next: Tensor | undefined,
  ) {
    this.readback = new Readback(model.gpu);
  }

  /**
   * Record and plan everything one batch shape needs.
   * @throws RangeError if the GPU's memory does not suffice
   */
  static async create(model: Model, options: RecurrenceOptions): Promise<Recurrence> {
    const { gpu, config } = model;
    const full = { bptt: 'recompute', loss: 'last', attention: 'none', memoryNoise: 0, ...options } as const;
    const shape = [options.batch, config.num_mem_tokens, config.hidden_size];
    const bytes = Math.max(
      16,
      shape.reduce((a, b) => a * b, 4),
    );
    const recurrence = await gpu.guarded('recurrence', () => {
      const state = (label: string): Tensor => ({
        label,
        shape,
        dtype: 'f32',
        storage: gpu.storage(label, bytes),
        offset: 0,
      });
      const inputs = new SegmentInputs(gpu, config, options.batch);
      const training = options.training;
      return new Recurrence(
        model,
        full,
        inputs,
        state('memory'),
        state('next memory'),
        training ? state('d memory') : undefined,
        training ? state('d next memory') : undefined,
      );
    });
    recurrence.begin = new Program(gpu, 'memory');
    try {
      const tape = recurrence.tapeFor(recurrence.begin);
      rmtEncoderBegin(tape, config, model.parameters, recurrence.memory);
      if (options.training) tape.backward();
      await recurrence.begin.finish();
      await recurrence.instance(0);
    } catch (error) {
      recurrence.release();
      throw error;
    }
    return recurrence;
  }

  private tapeFor(program: Program): Tape {
    const tape = new Tape(program, this.options.training);
    if (this.options.training) {
      for (const [parameter, gradient] of this.model.parameters.gradients())
        tape.bindGradient(parameter, gradient, true);
      if (this.d_memory && this.d_next) {
        tape.bindGradient(this.memory, this.d_memory, program === this.begin);
        tape.bindGradient(this.next, this.d_next, true);
      }
    }
    return tape;
  }

  /** The recorded segment program; with `keep`, one for each segment number. */
  private async instance(n: number): Promise<Instance> {
    const known = this.instances[n];
    if (known) return known;
    const { gpu, config, parameters } = this.model;
    const S = positions(config);
    const looks: Rectangle[] =
      this.options.attention === 'full'
        ? [{ row: 0, rows: S, column: 0, columns: S }]
        : this.options.attention === 'memory'
          ? memoryLooks(config)
          : [];
    const program = new Program(gpu, `segment ${n}`);
    const tape = this.tapeFor(program);
    const recorded = rmtEncoderSegment(
      tape,
      config,
      parameters,
      this.inputs,
      { memory: this.memory, next: this.next },
      looks,
      this.options.memoryNoise,
    );
    if (this.options.training) tape.backward();
    await program.finish();
    const instance = { program, recorded };
    this.instances[n] = instance;
    return instance;
  }

  /** Sequences it can run at once. */
  get batch(): number {
    return this.options.batch;
  }

  /** Dispatches of one segment, by section, and bytes of its planned activations. */
  get cost(): { dispatches: Record<string, number>; activationBytes: number } {
    const program = this.instances[0]?.program;
    return { dispatches: program?.counts() ?? {}, activationBytes: program?.plan().bytes ?? 0 };
  }

  private get stateBytes(): number {
    return bytesOf(this.memory);
  }

  /** Buffers that depend on how many segments a batch has; made only when a longer one comes. */
  private async makeRoom(segments: number, bearing: number): Promise<void> {
    const { gpu } = this.model;
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    if (this.options.training && segments > this.statesFor) {
      gpu.release(this.states);
      // Should there be no room for the larger one, none is left.
      this.states = undefined;
      this.statesFor = 0;
      this.states = await gpu.guarded('memory states', () =>
        gpu.allocate('memory states', segments * this.stateBytes, usage),
      );
      this.statesFor = segments;
    }
    if (bearing > this.resultsFor) {
      gpu.release(this.results);
      this.results = undefined;
      this.resultsFor = 0;
      this.results = await gpu.guarded('results', () =>
        gpu.allocate('results', bearing * this.options.batch * 8, usage),
      );
      this.resultsFor = bearing;
    }
    if (this.options.bptt === 'keep' && this.options.training)
      for (let n = 0; n < segments; n++) await this.instance(n);
  }

  private at(n: number): Instance {
    return this.instances[this.options.bptt === 'keep' && this.options.training ? n : 0] as Instance;
  }

  /** Each row's share of the batch's loss in segment n. */
  private rowWeights(batch: Batch, n: number): Float32Array {
    const weights = new Float32Array(this.options.batch);
    const N = batch.segments.length;
    const rows = batch.segments[n] ?? [];
    if (this.options.loss === 'last') {
      if (n === N - 1) weights.fill(1 / batch.sequences, 0, batch.sequences);
    } else {
      const started = rows.filter((text) => text !== undefined).length;
      rows.forEach((text, b) => {
        if (text) weights[b] = 1 / (started * N);
      });
    }
    return weights;
  }

  private bears(batch: Batch, n: number): boolean {
    return this.options.loss === 'mean' || n === batch.segments.length - 1;
  }

  /** Without memory, segments before the last change nothing unless they bear a loss. */
  private firstSegment(batch: Batch): number {
    return this.model.config.num_mem_tokens === 0 && this.options.loss === 'last' ? batch.segments.length - 1 : 0;
  }

  private write(batch: Batch, n: number, seed: number): void {
    this.inputs.write(
      batch.segments[n] ?? [],
      batch.labels,
      this.rowWeights(batch, n),
      [seed, n],
      this.options.training,
    );
  }

  private copyState(encoder: GPUCommandEncoder, from: Tensor, to: Tensor): void {
    if (this.stateBytes > 0)
      encoder.copyBufferToBuffer(
        from.storage.buffer as GPUBuffer,
        0,
        to.storage.buffer as GPUBuffer,
        0,
        this.stateBytes,
      );
  }

  private submit(encode: (encoder: GPUCommandEncoder) => void): void {
    const { device } = this.model.gpu;
    const encoder = device.createCommandEncoder();
    encode(encoder);
    device.queue.submit([encoder.finish()]);
  }

  private check(batch: Batch): void {
    if (batch.sequences > this.options.batch)
      throw new RangeError(
        `recurrence: the batch has ${batch.sequences} sequences, expected at most ${this.options.batch}`,
      );
  }

  /** Submit the forward pass. The memory's own value ends in `memory`. */
  private async forwardAll(batch: Batch, seed: number): Promise<void> {
    const { device } = this.model.gpu;
    const first = this.firstSegment(batch);
    this.submit((encoder) => this.begin.replay(encoder, 'begin'));
    for (let n = first; n < batch.segments.length; n++) {
      this.write(batch, n, seed);
      this.submit((encoder) => {
        if (this.states && this.stateBytes > 0)
          encoder.copyBufferToBuffer(
            this.memory.storage.buffer as GPUBuffer,
            0,
            this.states,
            n * this.stateBytes,
            this.stateBytes,
          );
        const { program, recorded } = this.at(n);
        if (this.bears(batch, n)) {
          program.replay(encoder, 'encode', 'head');
          const row = this.options.loss === 'mean' ? n : 0;
          const bytes = this.options.batch * 8;
          encoder.copyBufferToBuffer(
            recorded.result.storage.buffer as GPUBuffer,
            0,
            this.results as GPUBuffer,
            row * bytes,
            bytes,
          );
        } else program.replay(encoder, 'encode');
        this.copyState(encoder, this.next, this.memory);
      });
      // Long sequences: let the queue drain now and then, so that what is in flight stays bounded.
      if (n % 16 === 15) await device.queue.onSubmittedWorkDone();
    }
  }

  /** Submit the backward pass of the batch `forwardAll` just ran. */
  private async backwardAll(batch: Batch, seed: number): Promise<void> {
    const { device } = this.model.gpu;
    const N = batch.segments.length;
    const first = this.firstSegment(batch);
    for (let n = N - 1; n >= first; n--) {
      const { program } = this.at(n);
      const bears = this.bears(batch, n);
      this.write(batch, n, seed);
      this.submit((encoder) => {
        if (n === N - 1) encoder.clearBuffer(this.d_next?.storage.buffer as GPUBuffer);
        else if (this.d_memory && this.d_next) this.copyState(encoder, this.d_memory, this.d_next);
        if (this.stateBytes > 0)
          encoder.copyBufferToBuffer(
            this.states as GPUBuffer,
            n * this.stateBytes,
            this.memory.storage.buffer as GPUBuffer,
            0,
            this.stateBytes,
          );
        // The last segment's activations are still there; the others' were overwritten unless kept.
        if (this.options.bptt === 'recompute' && n !== N - 1)
          program.replay(encoder, 'encode', ...(bears ? ['head'] : []));
        program.replay(encoder, ...(bears ? ['head backward'] : []), 'encode backward');
      });
      if (n % 16 === 15) await device.queue.onSubmittedWorkDone();
    }
    this.submit((encoder) => this.begin.replay(encoder, 'begin backward'));
  }

  /**
   * Forward and backward through all segments: leaves the gradient of the batch's loss in the parameters' gradients.
   * @param seed of the dropout masks; the same seed draws the same masks
   * @param then encoded after the gradient, in the same submit as the copies of the results
   * @param also tensors to read back with the results
   */
  async train(
    batch: Batch,
    seed: number,
    then: (encoder: GPUCommandEncoder) => void = () => {},
    also: readonly Tensor[] = [],
  ): Promise<{ readonly result: BatchResult; readonly also: Float32Array[] }> {
    this.check(batch);
    await this.makeRoom(batch.segments.length, this.options.loss === 'mean' ? batch.segments.length : 1);
    const gradients = this.model.parameters.flatGradient.storage.buffer as GPUBuffer;
    this.submit((encoder) => encoder.clearBuffer(gradients));
    await this.forwardAll(batch, seed);
    await this.backwardAll(batch, seed);
    return this.finish(batch, then, also);
  }

  /** Forward through all segments: loss and answers. */
  async evaluate(batch: Batch): Promise<BatchResult> {
    this.check(batch);
    await this.makeRoom(batch.segments.length, this.options.loss === 'mean' ? batch.segments.length : 1);
    await this.forwardAll(batch, 0);
    return (await this.finish(batch, () => {}, [])).result;
  }

  private async finish(batch: Batch, then: (encoder: GPUCommandEncoder) => void, also: readonly Tensor[]) {
    const N = this.options.loss === 'mean' ? batch.segments.length : 1;
    const B = this.options.batch;
    const results: Tensor = {
      label: 'results',
      shape: [N, B, 2],
      dtype: 'f32',
      storage: { label: 'results', bytes: N * B * 8, buffer: this.results },
      offset: 0,
    };
    let read: () => Promise<Float32Array[]> = async () => [];
    this.submit((encoder) => {
      then(encoder);
      read = this.readback.copy(encoder, [results, ...also]);
    });
    const [values = new Float32Array(0), ...rest] = await read();
    let loss = 0;
    for (let i = 0; i < N; i++) {
      const n = N === 1 ? batch.segments.length - 1 : i;
      const weights = this.rowWeights(batch, n);
      for (let b = 0; b < batch.sequences; b++)
        if (weights[b]) loss += (weights[b] as number) * (values[(i * B + b) * 2] as number);
    }
    const predicted = Array.from({ length: batch.sequences }, (_, b) => values[((N - 1) * B + b) * 2 + 1] as number);
    const right = predicted.filter((answer, b) => answer === batch.labels[b]).length;
    return { result: { loss, right, predicted }, also: rest };
  }

  /** Set the memory to its initial value, before the first `step`. */
  reset(): void {
    this.submit((encoder) => this.begin.replay(encoder, 'begin'));
  }

  /** Run one segment and read what it left. `segment[b]` is undefined where sequence b has not started. */
  async step(segment: readonly (Int32Array | undefined)[]): Promise<SegmentView> {
    const { program, recorded } = this.at(0);
    this.inputs.write(segment, [], [], [0, 0], false);
    const looks = recorded.attentions.flat();
    let read: () => Promise<Float32Array[]> = async () => [];
    this.submit((encoder) => {
      program.replay(encoder, 'encode', 'head');
      this.copyState(encoder, this.next, this.memory);
      read = this.readback.copy(encoder, [recorded.logits, this.memory, ...looks]);
    });
    const [logits = new Float32Array(0), memory = new Float32Array(0), ...attention] = await read();
    const columns = recorded.logits.shape[1] ?? 0;
    const perLayer = recorded.attentions[0]?.length ?? 0;
    return {
      logits: segment.map((_, b) => logits.slice(b * columns, b * columns + this.model.config.num_labels)),
      memory,
      attentions: recorded.attentions.map((_, l) => attention.slice(l * perLayer, (l + 1) * perLayer)),
    };
  }

  /** The memory as it is now, (B, M, D). */
  async readMemory(): Promise<Float32Array> {
    const [memory = new Float32Array(0)] = await this.readback.now([this.memory]);
    return memory;
  }

  release(): void {
    const { gpu } = this.model;
    for (const { program } of this.instances) program?.release();
    this.begin.release();
    this.inputs.release();
    this.readback.release();
    for (const tensor of [this.memory, this.next, this.d_memory, this.d_next]) gpu.release(tensor?.storage.buffer);
    gpu.release(this.states);
    gpu.release(this.results);
  }
}
