// The recurrence: segment after segment hands its states on, and the way back carries the gradient (BPTT).
import type { Gpu } from '../engine/gpu/adapter.ts';
import { Pace } from '../engine/gpu/pace.ts';
import { Program } from '../engine/gpu/program.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { type Work, workOf } from '../engine/gpu/work.ts';
import type { Rectangle } from '../engine/ops/attention.ts';
import { Tape } from '../engine/tape.ts';
import { bytesOf, type Storage, type Tensor } from '../engine/tensor.ts';
import type { Blueprint, RecordedSegment, State } from './blueprint.ts';
import { Parameters } from './parameters.ts';
import { positionsOf, type SegmentedBatch, SegmentInputs } from './segments.ts';
import type { Batch } from './targets.ts';

export interface RecurrenceOptions {
  /** Sequences in a batch; a smaller batch leaves rows empty. */
  readonly batch: number;
  /** Record the way back. */
  readonly training: boolean;
  /** Recompute each segment on the way back (memory flat in the number of segments), or keep every segment's activations. */
  readonly bptt?: 'recompute' | 'keep';
  /**
   * Truncated BPTT: how many segments back the loss of a segment sends its gradient through the states; all when left
   * out, and 0 for none.
   */
  readonly depth?: number | undefined;
  /** Standard deviation of Gaussian noise on the memory handed on, in training. */
  readonly memoryNoise?: number;
  /** Attention to keep: none, what memory reads from and who reads it, or everything. */
  readonly attention?: 'none' | 'memory' | 'full';
}

/** Loss and answers of a batch. */
export interface BatchResult {
  /** The batch's loss, in nats. */
  readonly loss: number;
  /** Right answers among those scored: sequences of a classifier, words of a generative model. */
  readonly right: number;
  readonly scored: number;
  /** Sequences with every answer right. */
  readonly whole: number;
  /** The answers scored, row by row in the order of segments: the predicted class or word. */
  readonly predicted: number[];
  /** For each segment, (rows, 2): cross-entropy in nats and predicted class; undefined where the head was not run. */
  readonly rows: readonly (Float32Array | undefined)[];
}

/** What a training batch leaves: its result, and the tensors asked for besides. */
export interface Trained {
  readonly result: BatchResult;
  readonly also: Float32Array[];
}

/** What one segment of a stream leaves to look at. */
export interface SegmentView {
  /** Each row of the head: (classes). Rows are the batch's, for a generative model those of every text position. */
  readonly logits: Float32Array[];
  /** The states after it, by label, each with the batch in front. */
  readonly states: ReadonlyMap<string, Float32Array>;
  /** The memory vectors after it, (B, M, D); empty for a model that hands none on. */
  readonly memory: Float32Array;
  /** For each layer and rectangle: (B, heads, rows, columns). */
  readonly attentions: readonly (readonly Float32Array[])[];
}

interface Instance {
  readonly program: Program;
  readonly recorded: RecordedSegment;
  readonly d_head: Tensor | undefined;
}

/** The rectangles of attention behind `attention: 'memory'`: what memory reads from (write), and who reads memory (read). */
export function memoryLooks({ looks }: Pick<Blueprint, 'looks'>): Rectangle[] {
  return [looks.write, looks.read].filter((look) => look !== undefined);
}

/** Weights without any recorded program: shared by the recurrences that train, evaluate and stream them. */
export class Model {
  private constructor(
    readonly gpu: Gpu,
    readonly blueprint: Blueprint,
    readonly parameters: Parameters,
  ) {}

  static async create(gpu: Gpu, blueprint: Blueprint): Promise<Model> {
    const parameters = await gpu.guarded('parameters', () => new Parameters(gpu, blueprint.parameters()));
    return new Model(gpu, blueprint, parameters);
  }

  get config(): Blueprint['config'] {
    return this.blueprint.config;
  }

  release(): void {
    this.parameters.release();
  }
}

/** Arrays one after the other. */
export function joined(parts: readonly (Float32Array | undefined)[]): Float32Array<ArrayBuffer> {
  const all = new Float32Array(parts.reduce((sum, part) => sum + (part?.length ?? 0), 0));
  let at = 0;
  for (const part of parts) {
    if (part) all.set(part, at);
    at += part?.length ?? 0;
  }
  return all;
}

/** All states of one moment, in one buffer; the differentiable ones come first. */
interface StateSet {
  readonly storage: Storage;
  readonly tensors: readonly Tensor[];
}

/** The work in a pass through a segment, for the pacing: a way back is about two passes forward. */
const UNITS = { forward: 1, backward: 2 } as const;

export class Recurrence {
  private readonly readback: Readback;
  private readonly pace: Pace;
  private readonly instances: Instance[] = [];
  private begin!: Program;
  /** States before each segment, for the way back; grows to the longest batch seen. */
  private states: GPUBuffer | undefined;
  private statesFor = 0;
  /** (segments, rows, 2) results of the segments that bear a loss. */
  private results: GPUBuffer | undefined;
  private resultsFor = 0;
  /** With truncated BPTT: the gradients on their way back, by how many segments they have come. */
  private ages: GPUBuffer[] = [];
  /** The inputs of several segments have room. */
  private prepared = false;
  /** Positions that each sequence of a stream has been through. */
  private seen: number[] = [];

  private constructor(
    private readonly model: Model,
    private readonly options: Required<Omit<RecurrenceOptions, 'depth'>> & { readonly depth: number },
    private readonly inputs: SegmentInputs,
    private readonly before: StateSet,
    private readonly next: StateSet,
    private readonly d_before: StateSet | undefined,
    private readonly d_next: StateSet | undefined,
    /** Bytes of the states, and of those that gradients go through. */
    private readonly stateBytes: number,
    private readonly gradientBytes: number,
  ) {
    this.readback = new Readback(model.gpu);
    this.pace = new Pace(model.gpu, () => inputs.upload());
  }

  /**
   * Record and plan everything one batch shape needs.
   * @throws RangeError if the GPU's memory does not suffice
   */
  static async create(model: Model, options: RecurrenceOptions): Promise<Recurrence> {
    const { gpu, blueprint } = model;
    const { depth = Number.POSITIVE_INFINITY, ...rest } = options;
    const full = { bptt: 'recompute', attention: 'none', memoryNoise: 0, ...rest, depth } as const;
    const specs = blueprint.states(options.batch);
    const place = (storage: Storage, which: typeof specs): { tensors: Tensor[]; bytes: number } => {
      let bytes = 0;
      const tensors = which.map(({ label, shape }): Tensor => {
        const tensor: Tensor = { label, shape, dtype: 'f32', storage, offset: bytes };
        bytes += Math.ceil(bytesOf(tensor) / 256) * 256;
        return tensor;
      });
      return { tensors, bytes };
    };
    if (specs.some((spec, i) => spec.differentiable && specs.slice(0, i).some((other) => !other.differentiable)))
      throw new Error('recurrence: a state with a gradient comes after one without');
    const nowhere: Storage = { label: '', bytes: 0, buffer: undefined };
    const stateBytes = place(nowhere, specs).bytes;
    const gradientBytes = place(
      nowhere,
      specs.filter(({ differentiable }) => differentiable),
    ).bytes;
    const recurrence = await gpu.guarded('recurrence', () => {
      const set = (label: string, bytes: number): StateSet => {
        const storage = gpu.storage(label, bytes);
        const { tensors } = place(storage, bytes === stateBytes ? specs : specs.filter((spec) => spec.differentiable));
        return { storage, tensors };
      };
      const { config, layout, shape } = blueprint;
      const inputs = new SegmentInputs(gpu, config, layout, options.batch, shape.cacheSize);
      const { training } = options;
      return new Recurrence(
        model,
        full,
        inputs,
        set('memory', stateBytes),
        set('next memory', stateBytes),
        training ? set('d memory', gradientBytes) : undefined,
        training ? set('d next memory', gradientBytes) : undefined,
        stateBytes,
        gradientBytes,
      );
    });
    recurrence.begin = new Program(gpu, 'memory');
    try {
      const tape = recurrence.tapeFor(recurrence.begin);
      blueprint.begin(tape, model.parameters, recurrence.before.tensors);
      if (options.training) tape.backward();
      await recurrence.begin.finish();
      await recurrence.instance(0);
      if (options.training && recurrence.truncated)
        recurrence.ages = await gpu.guarded('gradients on their way', () => recurrence.allocateAges());
    } catch (error) {
      recurrence.release();
      throw error;
    }
    return recurrence;
  }

  private allocateAges(): GPUBuffer[] {
    const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    return Array.from({ length: this.options.depth }, (_, age) =>
      this.model.gpu.allocate(`gradient ${age + 1} segments back`, this.gradientBytes, usage),
    );
  }

  private tapeFor(program: Program): Tape {
    const tape = new Tape(program, this.options.training);
    if (this.options.training) {
      for (const [parameter, gradient] of this.model.parameters.gradients())
        tape.bindGradient(parameter, gradient, true);
      this.d_before?.tensors.forEach((gradient, i) => {
        tape.bindGradient(this.before.tensors[i] as Tensor, gradient, program === this.begin);
      });
      this.d_next?.tensors.forEach((gradient, i) => {
        tape.bindGradient(this.next.tensors[i] as Tensor, gradient, true);
      });
    }
    return tape;
  }

  /** The recorded segment program; with `keep`, one for each segment number. */
  private async instance(n: number): Promise<Instance> {
    const known = this.instances[n];
    if (known) return known;
    const { gpu, blueprint, parameters } = this.model;
    const { layout, shape } = blueprint;
    const looks: Rectangle[] =
      this.options.attention === 'full'
        ? [{ row: 0, rows: layout.S, column: 0, columns: shape.cacheSize + layout.S }]
        : this.options.attention === 'memory'
          ? memoryLooks(blueprint)
          : [];
    const program = new Program(gpu, `segment ${n}`);
    const tape = this.tapeFor(program);
    const states = this.before.tensors.map((before, i): State => ({ before, next: this.next.tensors[i] as Tensor }));
    const recording = { tape, parameters, inputs: this.inputs, layout };
    const recorded = blueprint.segment(recording, states, looks, this.options.memoryNoise);
    let d_head: Tensor | undefined;
    if (this.options.training) {
      tape.backward();
      // Where a segment bears no loss the head's way back does not run, and this must be zero.
      d_head = tape.gradient(recorded.head);
      if (d_head) program.keep(d_head);
    }
    await program.finish();
    const instance = { program, recorded, d_head };
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

  /** What its sections compute and move. */
  get work(): Readonly<Record<string, Work>> {
    const program = this.instances[0]?.program;
    return program ? workOf(program) : {};
  }

  get blueprint(): Blueprint {
    return this.model.blueprint;
  }

  private get truncated(): boolean {
    return Number.isFinite(this.options.depth) && this.gradientBytes > 0;
  }

  /** Rows of the head for the whole batch. */
  private get headRows(): number {
    return this.options.batch * this.model.blueprint.layout.head.rows;
  }

  /**
   * Make everything that a batch takes before it comes: then it makes nothing.
   * @param bearing segments that are asked something
   * @param also    bytes read back with the results
   */
  async reserve(segments: number, bearing: number, also = 0): Promise<void> {
    await this.makeRoom(segments, bearing);
    await this.model.gpu.guarded('staging', () => this.readback.reserve(bearing * this.headRows * 8 + also));
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
      this.results = await gpu.guarded('results', () => gpu.allocate('results', bearing * this.headRows * 8, usage));
      this.resultsFor = bearing;
    }
    if (!this.prepared) await gpu.guarded('segment inputs', () => this.inputs.prepare());
    this.prepared = true;
    if (this.options.bptt === 'keep' && this.options.training)
      for (let n = 0; n < segments; n++) await this.instance(n);
  }

  private at(n: number): Instance {
    return this.instances[this.options.bptt === 'keep' && this.options.training ? n : 0] as Instance;
  }

  /** Without states, segments before the first one that is asked something change nothing. */
  private firstSegment({ targets }: Batch): number {
    if (this.stateBytes > 0) return 0;
    return Math.max(
      0,
      targets.findIndex((asked) => asked !== undefined),
    );
  }

  /** Segments that are asked something, in order. */
  private bearing({ targets }: Batch): number[] {
    return targets.flatMap((asked, n) => (asked ? [n] : []));
  }

  /** For each segment, the positions each sequence has been through before it. */
  private positionsBefore({ segments }: SegmentedBatch): number[][] {
    let before = new Array<number>(this.options.batch).fill(0);
    return segments.map((rows) => {
      const now = before;
      before = now.map((count, b) => this.after(count, rows[b]));
      return now;
    });
  }

  /** Positions a sequence has been through after one more segment. */
  private after(count: number, text: Int32Array | undefined): number {
    return text ? count + positionsOf(this.model.blueprint.layout, text.length) : count;
  }

  private copy(
    encoder: GPUCommandEncoder,
    from: GPUBuffer | undefined,
    to: GPUBuffer | undefined,
    bytes: number,
  ): void {
    if (bytes > 0 && from && to) encoder.copyBufferToBuffer(from, 0, to, 0, bytes);
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

  /** Encode that segment n's inputs take their place, as a piece of work of its own. */
  private async enter(batch: Batch, n: number, positions: readonly number[][], seed: number): Promise<void> {
    if (!this.inputs.room) await this.pace.submit();
    const given = [batch.segments[n] ?? [], positions[n] ?? [], batch.targets[n], [seed, n]] as const;
    this.pace.encode((encoder) => this.inputs.enqueue(encoder, ...given, this.options.training));
  }

  /** Encode the forward pass, and submit what fills up. The states' own values end in `before`. */
  private async forwardAll(batch: Batch, seed: number): Promise<void> {
    const { pace } = this;
    const positions = this.positionsBefore(batch);
    pace.encode((encoder) => this.begun(encoder));
    let row = 0;
    for (let n = this.firstSegment(batch); n < batch.segments.length; n++) {
      const asked = batch.targets[n];
      await this.enter(batch, n, positions, seed);
      const { program, recorded } = this.at(n);
      if (this.states && this.stateBytes > 0)
        pace.encode((encoder) =>
          encoder.copyBufferToBuffer(
            this.before.storage.buffer as GPUBuffer,
            0,
            this.states as GPUBuffer,
            n * this.stateBytes,
            this.stateBytes,
          ),
        );
      await pace.replay(program, UNITS.forward, 'encode', ...(asked ? ['head'] : []));
      pace.encode((encoder) => {
        const bytes = this.headRows * 8;
        if (asked)
          encoder.copyBufferToBuffer(
            recorded.result.storage.buffer as GPUBuffer,
            0,
            this.results as GPUBuffer,
            row++ * bytes,
            bytes,
          );
        this.copy(encoder, this.next.storage.buffer, this.before.storage.buffer, this.stateBytes);
      });
    }
  }

  /** Encode the backward pass of the batch `forwardAll` just ran, and submit what fills up. */
  private async backwardAll(batch: Batch, seed: number): Promise<void> {
    const { pace } = this;
    const N = batch.segments.length;
    const first = this.firstSegment(batch);
    const positions = this.positionsBefore(batch);
    for (let n = N - 1; n >= first; n--) {
      const { program } = this.at(n);
      const asked = batch.targets[n];
      await this.enter(batch, n, positions, seed);
      if (this.stateBytes > 0)
        pace.encode((encoder) =>
          encoder.copyBufferToBuffer(
            this.states as GPUBuffer,
            n * this.stateBytes,
            this.before.storage.buffer as GPUBuffer,
            0,
            this.stateBytes,
          ),
        );
      // The last segment's activations are still there; the others' were overwritten unless kept.
      if (this.options.bptt === 'recompute' && n !== N - 1)
        await pace.replay(program, UNITS.forward, 'encode', ...(asked ? ['head'] : []));
      if (this.truncated) await this.backTruncated(batch, n);
      else {
        pace.encode((encoder) => {
          if (n === N - 1) this.clear(encoder, this.d_next?.storage.buffer);
          else this.copy(encoder, this.d_before?.storage.buffer, this.d_next?.storage.buffer, this.gradientBytes);
        });
        await this.back(n, asked !== undefined);
      }
    }
    if (!this.truncated) pace.encode((encoder) => this.begin.replay(encoder, 'begin backward'));
  }

  private clear(encoder: GPUCommandEncoder, buffer: GPUBuffer | undefined): void {
    if (buffer) encoder.clearBuffer(buffer);
  }

  /** Once back through segment n, with what is in `d_next` and, if it bears one, its own loss. */
  private async back(n: number, head: boolean): Promise<void> {
    const { program, d_head } = this.at(n);
    if (!head) this.pace.encode((encoder) => this.clear(encoder, d_head?.storage.buffer));
    await this.pace.replay(program, UNITS.backward, ...(head ? ['head backward'] : []), 'encode backward');
  }

  /**
   * Back through segment n once for its own loss, and once for each later loss that reaches it, so that each is
   * dropped after its own `depth` segments. (A row that has not started yet counts its empty segments, too.)
   */
  private async backTruncated(batch: Batch, n: number): Promise<void> {
    const { pace } = this;
    const { depth } = this.options;
    const buffer = (set: StateSet | undefined) => set?.storage.buffer;
    const reaches = (age: number) => batch.targets[n + age] !== undefined;
    const asked = batch.targets[n] !== undefined;
    let used = false;
    for (let age = Math.min(depth, batch.segments.length - 1 - n); age >= 0; age--) {
      if (!reaches(age)) continue;
      // The way back shares its buffers with what it has gone past: to go again takes the activations anew.
      if (used) await pace.replay(this.at(n).program, UNITS.forward, 'encode', ...(asked ? ['head'] : []));
      used = true;
      pace.encode((encoder) => {
        if (age === 0) this.clear(encoder, buffer(this.d_next));
        else this.copy(encoder, this.ages[age - 1], buffer(this.d_next), this.gradientBytes);
      });
      await this.back(n, age === 0);
      pace.encode((encoder) => {
        if (n === this.firstSegment(batch)) {
          // The initial state is a parameter: its gradient is taken here, as several may arrive.
          this.begin.replay(encoder, 'begin backward');
        } else if (age < depth) this.copy(encoder, buffer(this.d_before), this.ages[age], this.gradientBytes);
      });
    }
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
  ): Promise<Trained> {
    return (await this.submitTraining(batch, seed, then, also)).trained;
  }

  /**
   * As `train`, but resolves once all is submitted: the next batch may follow at once, while this one is computed.
   * It waits only where too much is under way.
   */
  async submitTraining(
    batch: Batch,
    seed: number,
    then: (encoder: GPUCommandEncoder) => void = () => {},
    also: readonly Tensor[] = [],
  ): Promise<{ readonly trained: Promise<Trained> }> {
    this.check(batch);
    await this.makeRoom(batch.segments.length, this.bearing(batch).length);
    const gradients = this.model.parameters.flatGradient.storage.buffer as GPUBuffer;
    this.pace.encode((encoder) => encoder.clearBuffer(gradients));
    await this.forwardAll(batch, seed);
    await this.backwardAll(batch, seed);
    const read = await this.finish(batch, then, also);
    const trained = read();
    // Whoever waits for it is told; that nobody does yet is no failure.
    trained.catch(() => {});
    return { trained };
  }

  /** Forward through all segments: loss and answers. */
  async evaluate(batch: Batch): Promise<BatchResult> {
    this.check(batch);
    await this.makeRoom(batch.segments.length, this.bearing(batch).length);
    await this.forwardAll(batch, 0);
    const read = await this.finish(batch, () => {}, []);
    return (await read()).result;
  }

  /** Encode the end of a batch, and submit it. @returns what reads the results */
  private async finish(
    batch: Batch,
    then: (encoder: GPUCommandEncoder) => void,
    also: readonly Tensor[],
  ): Promise<() => Promise<Trained>> {
    const bearing = this.bearing(batch);
    const R = this.headRows;
    const results: Tensor = {
      label: 'results',
      shape: [bearing.length, R, 2],
      dtype: 'f32',
      storage: { label: 'results', bytes: bearing.length * R * 8, buffer: this.results },
      offset: 0,
    };
    let read: () => Promise<Float32Array[]> = async () => [];
    this.pace.encode((encoder) => {
      then(encoder);
      read = this.readback.copy(encoder, [results, ...also]);
    });
    const submitted = this.pace.submit();
    // Asked for at once: the numbers are on their way while the next batch is being submitted.
    const numbers = read();
    numbers.catch(() => {});
    await submitted;
    return async () => {
      const [values = new Float32Array(0), ...rest] = await numbers;
      const rows = batch.targets.map((asked, n) => {
        const i = bearing.indexOf(n);
        return asked && values.subarray(i * R * 2, (i + 1) * R * 2);
      });
      return { result: this.score(batch, rows), also: rest };
    };
  }

  private score(batch: Batch, rows: readonly (Float32Array | undefined)[]): BatchResult {
    const perSequence = this.model.blueprint.layout.head.rows;
    const wrong = new Set<number>();
    const predicted: number[] = [];
    let [loss, right] = [0, 0];
    batch.targets.forEach((asked, n) => {
      const values = rows[n];
      if (!asked || !values) return;
      for (let row = 0; row < batch.sequences * perSequence; row++) {
        const weight = asked.weights[row] ?? 0;
        if (weight === 0) continue;
        loss += weight * (values[row * 2] as number);
        if (n < batch.scoredFrom) continue;
        const answer = values[row * 2 + 1] as number;
        predicted.push(answer);
        if (answer === asked.labels[row]) right++;
        else wrong.add(Math.floor(row / perSequence));
      }
    });
    return { loss, right, scored: predicted.length, whole: batch.sequences - wrong.size, predicted, rows };
  }

  /** Set the states to their initial values, before the first `step`. */
  reset(): void {
    this.submit((encoder) => this.begun(encoder));
  }

  private begun(encoder: GPUCommandEncoder): void {
    this.seen = new Array<number>(this.options.batch).fill(0);
    // What the memory itself does not begin with begins as zero.
    if (this.stateBytes > 0) this.clear(encoder, this.before.storage.buffer);
    this.begin.replay(encoder, 'begin');
  }

  /** The states as the next segment would find them, one after the other. */
  async handedOn(): Promise<Float32Array<ArrayBuffer>> {
    let read: () => Promise<Float32Array[]> = async () => [];
    this.submit((encoder) => {
      read = this.readback.copy(encoder, this.before.tensors);
    });
    return joined(await read());
  }

  /**
   * Put other states in their place, before the next `step`.
   * @param states    one after the other, as `handedOn` gives them
   * @param positions that each sequence has been through by now
   */
  place(states: Float32Array, positions: number): void {
    let at = 0;
    for (const tensor of this.before.tensors) {
      const count = bytesOf(tensor) / 4;
      const part = states.slice(at, at + count);
      this.model.gpu.device.queue.writeBuffer(this.before.storage.buffer as GPUBuffer, tensor.offset, part);
      at += count;
    }
    if (at !== states.length) throw new RangeError(`recurrence: ${states.length} numbers of states, expected ${at}`);
    this.seen = new Array<number>(this.options.batch).fill(positions);
  }

  /**
   * Run one segment and read what it left. `segment[b]` is undefined where sequence b has not started.
   * @param handOn whether the states go on from here; if not, the same segment can be run again, longer
   */
  async step(segment: readonly (Int32Array | undefined)[], handOn = true): Promise<SegmentView> {
    const { program, recorded } = this.at(0);
    this.inputs.write(segment, this.seen, undefined, [0, 0], false);
    const looks = recorded.attentions.flat();
    let read: () => Promise<Float32Array[]> = async () => [];
    this.submit((encoder) => {
      program.replay(encoder, 'encode', 'head');
      if (handOn) this.copy(encoder, this.next.storage.buffer, this.before.storage.buffer, this.stateBytes);
      read = this.readback.copy(encoder, [recorded.logits, ...this.next.tensors, ...looks]);
    });
    if (handOn) this.seen = this.seen.map((count, b) => this.after(count, segment[b]));
    const [logits = new Float32Array(0), ...rest] = await read();
    const states = new Map(this.before.tensors.map(({ label }, i) => [label, rest[i] as Float32Array]));
    const attention = rest.slice(this.before.tensors.length);
    const columns = recorded.logits.shape[1] ?? 0;
    const { classes } = this.model.blueprint.shape;
    const rows = segment.length * this.model.blueprint.layout.head.rows;
    const perLayer = recorded.attentions[0]?.length ?? 0;
    return {
      logits: Array.from({ length: rows }, (_, row) => logits.slice(row * columns, row * columns + classes)),
      states,
      memory: states.get('memory') ?? new Float32Array(0),
      attentions: recorded.attentions.map((_, l) => attention.slice(l * perLayer, (l + 1) * perLayer)),
    };
  }

  release(): void {
    const { gpu } = this.model;
    for (const instance of this.instances) instance?.program.release();
    this.begin.release();
    this.inputs.release();
    this.readback.release();
    for (const set of [this.before, this.next, this.d_before, this.d_next]) gpu.release(set?.storage.buffer);
    for (const buffer of [this.states, this.results, ...this.ages]) gpu.release(buffer);
  }
}
