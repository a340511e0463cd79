// Reading by diagonals: layer l of segment n beside layer l − 1 of segment n + 1, for models whose layers pass on states
// of their own. A step is a segment of the model's first layer, whose batch holds all layers: fewer dispatches, each with
// more to do. Every layer computes what it computes segment by segment.
// Source: Sivtsov et al. 2025, arXiv:2506.05229
import { Program } from '../engine/gpu/program.ts';
import { Readback } from '../engine/gpu/readback.ts';
import { Tape } from '../engine/tape.ts';
import type { Tensor } from '../engine/tensor.ts';
import { bytesOf } from '../engine/tensor.ts';
import type { Blueprint, RecordedSegment } from './blueprint.ts';
import type { Model } from './model.ts';
import type { Parameters } from './parameters.ts';
import { Parts } from './parts.ts';
import type { SegmentView } from './reader.ts';
import { type RecordingOptions, regionsFor } from './recording.ts';
import { positionsOf, SegmentInputs } from './segments.ts';
import { type Site, Sites } from './sites.ts';
import { States } from './states.ts';

/** One step of the stream: the results of every layer, each about another segment. */
interface Step {
  readonly logits: Float32Array;
  /** Of all layers, one after the other. */
  readonly states: Float32Array;
  /** For each rectangle the weights of all layers, one after the other. */
  readonly attentions: readonly Float32Array[];
}

/** Milliseconds that a submit should take: the page's own drawing waits for it. */
const TARGET = 20;
/** The most steps in a submit, and the most bytes of their results. */
const [MOST_STEPS, MOST_BYTES] = [16, 2 ** 21];

/** A parameter of the first layer stands for those of all. */
function parameterOf({ shape, layerName }: Blueprint, parameters: Parameters, label: string): Tensor {
  const first = `${layerName(0)}.`;
  if (!label.startsWith(first)) return parameters.get(label);
  const rest = label.slice(first.length);
  return parameters.ofLayers(Array.from({ length: shape.layers }, (_, l) => `${layerName(l)}.${rest}`));
}

/** Reads documents from their beginning to their end; without interventions, which need a segment before the next begins. */
export class DiagonalReader {
  private readonly program: Program;
  private readonly readback: Readback;
  private recorded!: RecordedSegment;
  /** The steps whose results are still needed, by number. */
  private readonly steps = new Map<number, Promise<Step>>();
  private submitted = 0;
  /** Steps in a submit: one, until its time is known; and how many at most. */
  private group = 1;
  private most = 1;
  /** When the last group was done. */
  private done = 0;
  /** Milliseconds of a step, a moving average; undefined until one is done. */
  each: number | undefined;
  /** The text of each segment, and the positions before it. */
  private document: readonly (Int32Array | undefined)[] = [];
  private starts: readonly number[] = [];

  private constructor(
    private readonly model: Model,
    private readonly depth: number,
    private readonly inputs: SegmentInputs,
    private readonly states: States,
    /** What layer 1, 2, … reads next: (layers − 1, S, D). */
    private readonly carried: GPUBuffer,
  ) {
    this.program = new Program(model.gpu, 'diagonal');
    this.readback = new Readback(model.gpu);
  }

  /** The number of steps: the last layer reads the last segment depth − 1 steps after the first one does. */
  private get last(): number {
    return this.document.length + this.depth - 1;
  }

  /** Whether a model can be read so: each parameter of all layers has to fit into one binding. */
  static supports({ gpu, blueprint, parameters }: Model): boolean {
    if (!blueprint.independentLayers) return false;
    const limit = gpu.device.limits.maxStorageBufferBindingSize;
    return blueprint.oneLayer
      .parameters()
      .every(({ label }) => bytesOf(parameterOf(blueprint, parameters, label)) <= limit);
  }

  /**
   * Record a step; `begin` comes next.
   * @throws RangeError if there is not enough GPU memory
   */
  static async create(
    model: Model,
    { attention = 'none' }: Pick<RecordingOptions, 'attention'> = {},
  ): Promise<DiagonalReader> {
    const { gpu, blueprint } = model;
    const { layout, shape, oneLayer, config } = blueprint;
    const depth = shape.layers;
    const reader = await gpu.guarded('diagonal buffers', () => {
      const inputs = new SegmentInputs(gpu, config, layout, depth);
      inputs.prepare();
      const states = new States(gpu, oneLayer.states(depth), false);
      const usage = GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
      const carried = gpu.allocate('diagonal', 4 * (depth - 1) * layout.S * shape.hiddenSize, usage);
      return new DiagonalReader(model, depth, inputs, states, carried);
    });
    try {
      await reader.record(attention);
    } catch (error) {
      reader.release();
      throw error;
    }
    return reader;
  }

  private async record(attention: RecordingOptions['attention']): Promise<void> {
    const { model, program, inputs, depth } = this;
    const { blueprint } = model;
    const { before, next } = this.states;
    const tape = new Tape(program);
    const recording = {
      tape,
      parameters: { get: (label: string) => parameterOf(blueprint, model.parameters, label) },
      inputs,
      layout: blueprint.layout,
      sites: new Sites(program, 'hidden', new Parts(tape)),
      depth,
    };
    const states = before.tensors.map((tensor, i) => ({ before: tensor, next: next.tensors[i] as Tensor }));
    this.recorded = blueprint.oneLayer.segment(recording, states, regionsFor(blueprint, attention), 0);
    await program.finish();
    const bytes = this.results.reduce((sum, tensor) => sum + bytesOf(tensor), 0);
    this.most = Math.max(1, Math.min(MOST_STEPS, Math.floor(MOST_BYTES / bytes)));
    // One group is read while the next one runs, and the segment after the one that is looked at is awaited too.
    await model.gpu.guarded('staging', () => this.readback.reserve(bytes, 2 * this.most + 2));
  }

  /** What is read back of each step. */
  private get results(): readonly Tensor[] {
    return [this.recorded.logits, ...this.states.next.tensors, ...this.recorded.attentions.flat()];
  }

  /** Go to the beginning of a document. @param document the text of each segment */
  begin(document: readonly (Int32Array | undefined)[]): void {
    this.document = document;
    let passed = 0;
    this.starts = document.map((text) => {
      const start = passed;
      passed += positionsOf(this.model.blueprint.layout, text?.length ?? 0);
      return start;
    });
    this.steps.clear();
    this.submitted = 0;
    this.submit((encoder) => {
      encoder.clearBuffer(this.carried);
      if (this.states.before.storage.buffer) encoder.clearBuffer(this.states.before.storage.buffer);
    });
  }

  private submit(encode: (encoder: GPUCommandEncoder) => void): void {
    const { device } = this.model.gpu;
    const encoder = device.createCommandEncoder();
    encode(encoder);
    device.queue.submit([encoder.finish()]);
  }

  /** The results of segment n, which must not be read again. Steps are submitted as far as it needs them. */
  async read(n: number): Promise<SegmentView> {
    const { depth, steps } = this;
    // One group ahead, so that the GPU has work while this one is looked at.
    while (this.submitted < Math.min(n + depth + this.group, this.last)) this.submitGroup();
    const views = await Promise.all(Array.from({ length: depth }, (_, l) => steps.get(n + l)));
    steps.delete(n);
    return this.assemble(views.filter((step) => step !== undefined));
  }

  /** Layer l of a segment from the l-th step. */
  private assemble(steps: readonly Step[]): SegmentView {
    const { depth, model } = this;
    const { layout, shape, states: statesOf } = model.blueprint;
    const part = (values: Float32Array | undefined, l: number): Float32Array => {
      const size = (values?.length ?? 0) / depth;
      return values?.slice(l * size, (l + 1) * size) ?? new Float32Array(0);
    };
    const logits = steps.at(-1)?.logits ?? new Float32Array(0);
    const columns = this.recorded.logits.shape[1] ?? 0;
    return {
      logits: Array.from({ length: layout.head.rows }, (_, row) =>
        logits.slice(row * columns, row * columns + shape.classes),
      ),
      states: new Map(statesOf(1).map(({ label }, l) => [label, part(steps[l]?.states, l)])),
      memory: new Float32Array(0),
      parts: [],
      attentions: steps.map(({ attentions }, l) => attentions.map((values) => part(values, l))),
    };
  }

  /** Submit as many steps as take about as long as a submit should. */
  private submitGroup(): void {
    const { inputs, steps, last } = this;
    const begun = performance.now();
    const first = this.submitted;
    const reads: (() => Promise<Step>)[] = [];
    this.submit((encoder) => {
      for (; this.submitted < Math.min(first + this.group, last) && inputs.room; this.submitted++)
        reads.push(this.encode(encoder, this.submitted));
      inputs.upload();
    });
    const results = reads.map((read) => read());
    for (const [i, result] of results.entries()) {
      steps.set(first + i, result);
      // A failure reaches what reads a segment that needs this step.
      result.catch(() => {});
    }
    void Promise.all(results).then(
      () => {
        const now = performance.now();
        const each = (now - Math.max(begun, this.done)) / results.length;
        // A moving average: two groups may be reported at once.
        this.each = this.each === undefined ? each : this.each + (each - this.each) / 4;
        this.group = Math.max(1, Math.min(this.most, Math.floor(TARGET / this.each)));
        this.done = now;
      },
      () => {},
    );
  }

  /** Encode a step. @returns a function that reads its results, once it is submitted */
  private encode(encoder: GPUCommandEncoder, number: number): () => Promise<Step> {
    const { inputs, program, recorded, states, document, depth } = this;
    const { sites } = recorded;
    const at = Array.from({ length: depth }, (_, l) => number - l);
    // Before its first segment and after its last one a layer has not started: it changes no state.
    const rows = at.map((n) => document[n]);
    const before = at.map((n) => this.starts[n] ?? 0);
    inputs.enqueue(encoder, rows, before, undefined, [0, 0], false);
    sites.replay(encoder, (site) => this.carry(encoder, site));
    program.replay(encoder, 'head');
    states.advance(encoder);
    const read = this.readback.copy(encoder, this.results);
    return async () => {
      const [logits = new Float32Array(0), left = new Float32Array(0), ...attentions] = await read();
      return { logits, states: left, attentions };
    };
  }

  /** What a layer left in the last step is the input of the next one in this step. */
  private carry(encoder: GPUCommandEncoder, { kind, layer, tensor }: Site): void {
    if (kind !== 'hidden') return;
    const bytes = bytesOf(tensor);
    const each = bytes / this.depth;
    const buffer = tensor.storage.buffer as GPUBuffer;
    if (layer === 0) encoder.copyBufferToBuffer(this.carried, 0, buffer, tensor.offset + each, bytes - each);
    else encoder.copyBufferToBuffer(buffer, tensor.offset, this.carried, 0, bytes - each);
  }

  release(): void {
    this.readback.release();
    this.program.release();
    this.inputs.release();
    this.states.release();
    this.model.gpu.release(this.carried);
  }
}
