// The recorded programs of a model: the initial states, and one segment's forward and, for training, backward pass.
import { Program, type RecordedDispatch } from '../engine/gpu/program.ts';
import { type Work, workOf } from '../engine/gpu/work.ts';
import { everything, type Rectangle } from '../engine/ops/attention.ts';
import { type EmbeddedWords, gradientTimesWord, shareWords } from '../engine/ops/attribution.ts';
import { Tape } from '../engine/tape.ts';
import type { Tensor } from '../engine/tensor.ts';
import type { Blueprint, RecordedSegment, State } from './blueprint.ts';
import type { Model } from './model.ts';
import { type PartAt, Parts } from './parts.ts';
import { SegmentInputs } from './segments.ts';
import { Sites } from './sites.ts';
import { checkStateOrder, States } from './states.ts';

export interface RecordingOptions {
  /** Sequences in a batch; a smaller batch leaves rows empty. */
  readonly batch: number;
  /** Record the backward pass. */
  readonly training: boolean;
  /** Whether training drops out at random, by default; a gradient that is only looked at has no masks. */
  readonly dropout?: boolean;
  /** Standard deviation of Gaussian noise on the memory passed on, in training. */
  readonly memoryNoise?: number;
  /** With the backward pass: also the contribution of every word, gradient × embedding. */
  readonly attribution?: boolean;
  /** The share of each row's words in their embeddings, 1 by default: a row of 0 reads the baseline without words. */
  readonly shares?: readonly number[];
  /** Which attention to keep: none, what memory reads from and which positions read it, or all. */
  readonly attention?: 'none' | 'memory' | 'full';
  /** Whether a segment stops at its sites, to be looked into or changed there. */
  readonly sites?: boolean;
  /** The tensors to keep, to be looked at; in training with their gradients. */
  readonly parts?: readonly PartAt[];
}

/** One recorded segment. */
export interface SegmentProgram {
  readonly program: Program;
  readonly recorded: RecordedSegment;
  /** The gradient of what the head reads; zero where a segment is not scored. */
  readonly d_head: Tensor | undefined;
  /** With `attribution`: (B, S) gradient × embedding of each word; 0 for memory and padding. */
  readonly contributions: Tensor | undefined;
}

/** Dispatches of one segment, by section, and bytes of its planned activations. */
export interface SegmentCost {
  readonly dispatches: Readonly<Record<string, number>>;
  readonly activationBytes: number;
}

/**
 * The attention rectangles for `attention: 'memory'`: what memory reads from (write), and which positions read memory
 * (read).
 */
export function memoryRegions({ attentionRegions }: Pick<Blueprint, 'attentionRegions'>): Rectangle[] {
  return [attentionRegions.write, attentionRegions.read].filter((region) => region !== undefined);
}

export function regionsFor(blueprint: Blueprint, attention: RecordingOptions['attention']): Rectangle[] {
  const { layout, shape } = blueprint;
  if (attention === 'full') return [everything(layout.S, shape.cacheSize)];
  return attention === 'memory' ? memoryRegions(blueprint) : [];
}

export class SegmentPrograms {
  private readonly recorded: SegmentProgram[] = [];

  private constructor(
    readonly model: Model,
    private readonly options: RecordingOptions,
    readonly inputs: SegmentInputs,
    readonly states: States,
    private readonly beginning: Program,
  ) {}

  /**
   * Record and plan everything that one batch shape needs.
   * @throws RangeError if there is not enough GPU memory
   */
  static async create(model: Model, options: RecordingOptions): Promise<SegmentPrograms> {
    const { gpu, blueprint, parameters } = model;
    const { config, layout, shape } = blueprint;
    const { batch, training } = options;
    const specs = blueprint.states(batch);
    checkStateOrder(specs);
    const programs = await gpu.guarded('segment buffers', () => {
      const inputs = new SegmentInputs(gpu, config, layout, batch, shape.cacheSize);
      return new SegmentPrograms(model, options, inputs, new States(gpu, specs, training), new Program(gpu, 'memory'));
    });
    try {
      const tape = programs.tapeFor(programs.beginning);
      blueprint.begin(tape, parameters, programs.states.before.tensors);
      if (training) tape.backward();
      await Promise.all([programs.beginning.finish(), programs.record(0)]);
    } catch (error) {
      programs.release();
      throw error;
    }
    return programs;
  }

  /** Maximum sequences run at once. */
  get batch(): number {
    return this.options.batch;
  }

  get cost(): SegmentCost {
    const { program } = this.at(0);
    return { dispatches: program.counts(), activationBytes: program.plan().bytes };
  }

  /** All recorded dispatches: of the initial states, and of a segment. */
  get dispatches(): readonly RecordedDispatch[] {
    return [...this.beginning.recorded, ...this.at(0).program.recorded];
  }

  /** What the sections of a segment compute and move. */
  get work(): Readonly<Record<string, Work>> {
    return workOf(this.at(0).program);
  }

  /** A recorded segment; number 0 always exists, others after `record`. */
  at(n: number): SegmentProgram {
    const known = this.recorded[n];
    if (!known) throw new Error(`recording: no program of segment ${n}, expected it to be recorded`);
    return known;
  }

  /** With `attribution`: what each word of a segment contributes; the first program's, which recomputes all segments. */
  get contributions(): Tensor | undefined {
    return this.at(0).contributions;
  }

  /** Encode setting the states to their initial values. */
  begin(encoder: GPUCommandEncoder): void {
    const { before, bytes } = this.states;
    // States that the memory does not initialise start as zero.
    if (bytes > 0 && before.storage.buffer) encoder.clearBuffer(before.storage.buffer);
    this.beginning.replay(encoder, 'begin');
  }

  /** Encode adding the initial states' gradient to their parameter's. */
  beginBackward(encoder: GPUCommandEncoder): void {
    this.beginning.replay(encoder, 'begin backward');
  }

  private tapeFor(program: Program): Tape {
    const { training, dropout = training } = this.options;
    const tape = new Tape(program, training, dropout);
    if (!training) return tape;
    for (const [parameter, gradient] of this.model.parameters.gradients()) tape.bindGradient(parameter, gradient, true);
    const { before, next, gradients } = this.states;
    gradients?.before.tensors.forEach((gradient, i) => {
      tape.bindGradient(before.tensors[i] as Tensor, gradient, program === this.beginning);
    });
    gradients?.next.tensors.forEach((gradient, i) => {
      tape.bindGradient(next.tensors[i] as Tensor, gradient, true);
    });
    return tape;
  }

  /** Wait until everything that is recorded is compiled; in training, it is not when it is recorded. */
  async compiled(): Promise<void> {
    await Promise.all(this.recorded.map((each) => each?.program.until()));
  }

  /**
   * Record a segment program with its own activations, if this number has none yet. In training it may still be compiled
   * when this resolves.
   */
  async record(n: number): Promise<void> {
    if (this.recorded[n]) return;
    const { gpu, blueprint, parameters } = this.model;
    const { attention, batch, memoryNoise = 0, parts = [], shares, sites = false, training } = this.options;
    const program = new Program(gpu, `segment ${n}`);
    const tape = this.tapeFor(program);
    const { before, next } = this.states;
    const states = before.tensors.map((tensor, i): State => ({ before: tensor, next: next.tensors[i] as Tensor }));
    const recording = {
      tape,
      parameters,
      inputs: this.inputs,
      layout: blueprint.layout,
      sites: new Sites(program, sites, new Parts(tape, parts), (embedded) => {
        if (!shares) return;
        shareWords(tape, this.words, tape.constant('shares', [batch], Float32Array.from(shares)), embedded);
      }),
    };
    const recorded = blueprint.segment(recording, states, regionsFor(blueprint, attention), memoryNoise);
    let d_head: Tensor | undefined;
    let contributions: Tensor | undefined;
    if (training) {
      tape.backward();
      // If a segment is not scored, the head's backward pass does not run and this gradient must be zero.
      d_head = tape.gradient(recorded.head);
      if (d_head) program.keep(d_head);
      if (this.options.attribution) contributions = program.keep(this.recordContributions(tape, recorded));
    }
    await (training ? program.start() : program.finish());
    this.recorded[n] = { program, recorded, d_head, contributions };
  }

  /** Record what each word contributes, behind the backward pass of a segment. */
  private recordContributions(tape: Tape, { sites }: RecordedSegment): Tensor {
    const embedded = sites.all.find(({ kind }) => kind === 'embedding');
    const gradient = embedded && tape.gradient(embedded.tensor);
    if (!gradient) throw new Error('attribution: no gradient reached the embeddings');
    tape.program.section('encode backward');
    return gradientTimesWord(tape, this.words, gradient);
  }

  private get words(): EmbeddedWords {
    const { blueprint, parameters } = this.model;
    const { words, layout } = blueprint;
    const { ids, lengths } = this.inputs;
    const word = parameters.get(words.table);
    return { ids, lengths, word, scale: words.scale, count: layout.memory.count, slots: layout.memory };
  }

  release(): void {
    for (const each of this.recorded) each?.program.release();
    this.beginning.release();
    this.inputs.release();
    this.states.release();
  }
}
