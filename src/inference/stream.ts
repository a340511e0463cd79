// One long document, read segment by segment: the memory and the model's answer after each; and, where interventions
// change the memory, its answer without them.

import type { Gpu } from '../engine/gpu/adapter.ts';
import { InputError } from '../errors.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { Work } from '../experiment/workspace.ts';
import { DiagonalReader } from '../models/diagonals.ts';
import type { Model } from '../models/model.ts';
import { SegmentReader, type SegmentView } from '../models/reader.ts';
import { positionsOf } from '../models/segments.ts';
import { joined } from '../models/states.ts';
import { Asker } from './asker.ts';
import {
  applies,
  checkInterventions,
  type Intervention,
  intervene,
  type StateLayout,
  stateLayoutOf,
} from './interventions.ts';
import { Predictions, type SegmentPrediction, type StreamAnswer } from './predictions.ts';
import { type SegmentText, StreamedDocument } from './streamed-document.ts';

/** The results of one segment. */
export interface StreamedSegment extends SegmentText, SegmentPrediction {
  readonly index: number;
  /** What is passed on after this segment: memory vectors (M, D), or the model's other states, flat. */
  readonly memory: Float32Array;
  /** Where interventions changed it: what the segment had written, and what was done to it. */
  readonly left?: Float32Array;
  readonly interventions?: readonly Intervention[];
  /** From the first intervention on: the predictions for the same segment without interventions. */
  readonly untouched?: SegmentPrediction;
  /** (layers, heads, rows, columns) of `attentionRegions.write`: how much each memory row attends to every key. */
  readonly write?: Float32Array;
  /** (layers, heads, rows, columns) of `attentionRegions.read`: how much every position attends to memory or cache. */
  readonly read?: Float32Array;
  readonly milliseconds: number;
  readonly gpuBytes: number;
}

/** Which document is streamed, and which interventions are applied. */
export interface StreamSettings extends Pick<DocumentRequest, 'segments' | 'seed' | 'document'> {
  /** Include the attention of memory with every segment. */
  readonly attention: boolean;
  /** From the first intervention on, the unchanged stream runs in parallel. */
  readonly interventions?: readonly Intervention[];
}

/** A segment's results, and the time they took: since the end of the previous one, or its own beginning. */
interface Arrival {
  readonly view: SegmentView;
  /** The logits of the document's question, asked after it; undefined if it is not asked, or an intervention comes first. */
  readonly asked: Float32Array | undefined;
  /** The same segment read without interventions, once there were any, and the question after it. */
  readonly untouched: SegmentView | undefined;
  readonly untouchedAsked: Float32Array | undefined;
  /** What the same segment of the other documents passes on, by seed. */
  readonly others: ReadonlyMap<number, Float32Array>;
  readonly milliseconds: number;
}

/** Another document, read as far as memory is swapped with it. */
interface Other {
  readonly document: StreamedDocument;
  readonly reader: SegmentReader;
  readonly until: number;
}

const statesOf = ({ states }: SegmentView): Float32Array<ArrayBuffer> => joined([...states.values()]);

/** Documents of as many segments are read by diagonals: shorter ones would wait for its kernels. */
const FROM_SEGMENTS = 64;

/** A segment without words. */
const wordless = [new Int32Array(0)];

export class Stream {
  private readonly layout: StateLayout;
  private readonly interventions: readonly Intervention[];
  private predictions: Predictions;
  private readonly readers: SegmentReader[] = [];
  /** Reads the document, unless diagonals do: a long one, where the model allows it. */
  private reader: SegmentReader | undefined;
  private diagonals: DiagonalReader | undefined;
  private index = 0;
  /** The next segments, already running on the GPU. */
  private readonly coming: Promise<Arrival>[] = [];
  /** When the last segment was done. */
  private arrived = 0;
  /** The memory received by the segment that is read next. */
  private received = new Float32Array(0);
  /** The memory kept by each freeze. */
  private readonly frozen = new Map<Intervention, Float32Array>();
  /** The stream without interventions: separate from the first intervention on. */
  private twin: SegmentReader | undefined;
  private twinPredictions: Predictions | undefined;
  private readonly others = new Map<number, Other>();
  /** Asks the document's question after each segment, where the answer depends on it. */
  private asker: Asker | undefined;
  /** The memory passed on by a segment without words at the very beginning. */
  blank: Float32Array | undefined;

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: Model,
    private readonly work: Work,
    private readonly document: StreamedDocument,
    private readonly request: StreamSettings,
  ) {
    this.layout = stateLayoutOf(model.blueprint);
    this.interventions = request.interventions ?? [];
    this.predictions = new Predictions(model, work, document.drawn);
  }

  /**
   * Record the segment program.
   * @throws InputError if the interventions do not fit
   */
  static async create(
    gpu: Gpu,
    model: Model,
    work: Work,
    document: StreamedDocument,
    request: StreamSettings,
  ): Promise<Stream> {
    const stream = new Stream(gpu, model, work, document, request);
    checkInterventions(stream.interventions, stream.layout, stream.length);
    try {
      await stream.prepare();
      return stream;
    } catch (error) {
      stream.release();
      throw error;
    }
  }

  private async prepare(): Promise<void> {
    const { model, request, interventions } = this;
    const { attention } = request;
    const make = async (kept: 'memory' | 'none') => {
      const reader = await SegmentReader.create(model, { batch: 1, attention: kept });
      this.readers.push(reader);
      reader.reset();
      return reader;
    };
    const kept = attention ? 'memory' : 'none';
    if (interventions.length === 0 && this.length >= FROM_SEGMENTS && DiagonalReader.supports(model))
      this.diagonals = await DiagonalReader.create(model, { attention: kept });
    else this.reader = await make(kept);
    await this.begin();
    const { asking } = this.document;
    if (asking && model.blueprint.answers === 'class' && this.layout.size > 0)
      this.asker = await Asker.create(model, asking);
    if (!this.reader || interventions.length === 0) return;
    this.received = await this.reader.readStates();
    this.twin = await make('none');
    for (const intervention of interventions) {
      if (intervention.kind !== 'swap' || this.others.has(intervention.seed)) continue;
      const { seed } = intervention;
      const same = interventions.filter((each) => each.kind === 'swap' && each.seed === seed);
      const until = Math.max(...same.map(({ segment }) => segment));
      const document = new StreamedDocument(model.blueprint, this.work, { segments: request.segments, seed });
      if (document.length <= until)
        throw new InputError(
          `swap: the document of seed ${seed}`,
          `${document.length} segments`,
          `more than ${until}, to swap memory after one of both`,
        );
      this.others.set(seed, { document, reader: await make('none'), until });
    }
  }

  /** Go to the beginning of the document, after a segment without words if its memory is wanted. */
  private async begin(): Promise<void> {
    const { reader, diagonals } = this;
    reader?.reset();
    if (this.request.attention && this.model.blueprint.attentionRegions.write && this.layout.size > 0) {
      diagonals?.begin(wordless);
      const view = await (diagonals?.read(0) ?? reader?.step(wordless, false));
      if (view) this.blank = statesOf(view);
    }
    diagonals?.begin(this.document.segments.map(([text]) => text));
  }

  /** Go back to the beginning, to read the document again: the model may have changed. Without interventions only. */
  async rewind(): Promise<void> {
    if (this.interventions.length > 0) throw new Error('stream: rewound with interventions (expected none)');
    this.predictions = new Predictions(this.model, this.work, this.document.drawn);
    this.index = 0;
    this.coming.length = 0;
    await this.begin();
  }

  get length(): number {
    return this.document.length;
  }

  get done(): boolean {
    return this.index >= this.length;
  }

  get answered(): StreamAnswer {
    return this.predictions.answered;
  }

  /** The answer without interventions; undefined if there were none. */
  get untouched(): StreamAnswer | undefined {
    return this.twinPredictions?.answered;
  }

  /** The correct answers of the documents that memory is swapped with. */
  get othersExpected(): { readonly seed: number; readonly expected: string }[] {
    return [...this.others].map(([seed, { document }]) => ({ seed, expected: document.expected }));
  }

  /** The interventions after a segment. */
  private acting(index: number): Intervention[] {
    return this.interventions.filter((each) => applies(each, index));
  }

  /** Submit a segment, and the question after it. */
  private async read(index: number): Promise<Arrival> {
    const segment = this.document.segments[index] ?? [];
    const reading = [...this.others].filter(([, { until }]) => index <= until);
    const acts = this.acting(index).length > 0;
    const [timed, asked, untouched, untouchedAsked, ...others] = await Promise.all([
      this.timed(this.diagonals?.read(index) ?? this.reader?.step(segment)),
      acts ? undefined : this.askAfter(this.reader, index),
      this.twinPredictions && this.twin?.step(segment),
      this.twinPredictions && this.askAfter(this.twin, index),
      ...reading.map(async ([seed, { reader, document }]) => {
        return [seed, statesOf(await reader.step(document.segments[index] ?? []))] as const;
      }),
    ]);
    return { ...timed, asked, untouched, untouchedAsked, others: new Map(others) };
  }

  /** The results of a segment that was just submitted, and the time until they came. */
  private async timed(reading: Promise<SegmentView> | undefined): Promise<Pick<Arrival, 'view' | 'milliseconds'>> {
    const started = performance.now();
    const view = await reading;
    if (!view) throw new Error('stream: read before it was prepared');
    const now = performance.now();
    // By diagonals several segments arrive at once.
    const milliseconds = this.diagonals?.each ?? now - Math.max(started, this.arrived);
    this.arrived = now;
    return { view, milliseconds };
  }

  /** Ask the document's question after the segment that was just submitted, unless it is the last. */
  private askAfter(reader: SegmentReader | undefined, index: number): Promise<Float32Array> | undefined {
    return reader && index + 1 < this.length ? this.asker?.after(reader) : undefined;
  }

  /** Submit the segment after those that are coming, unless an intervention has to change its memory first. */
  private readAhead(): boolean {
    const index = this.index + this.coming.length;
    if (index >= this.length || this.coming.some((_, k) => this.acting(this.index + k).length > 0)) return false;
    const arrival = this.read(index);
    // Avoid an unhandled rejection when nobody awaits this yet; the next call of `next` reports the error.
    arrival.catch(() => {});
    this.coming.push(arrival);
    return true;
  }

  /**
   * Read the next segment.
   * @param ahead segments to submit together once there is only one: their questions are asked in one pass
   */
  async next(ahead = 1): Promise<StreamedSegment> {
    if (this.coming.length === 0) this.readAhead();
    this.asker?.ask();
    const together = this.asker ? ahead : 1;
    if (this.coming.length === 1) for (let k = 0; k < together && this.readAhead(); k++);
    this.asker?.ask();
    const now = this.coming.shift();
    if (!now) throw new Error('stream: read beyond its end');
    const { index } = this;
    const text = this.document.idsOf(index);
    const start = this.document.startOf(index);
    const acting = this.acting(index);
    const { view, asked, untouched, untouchedAsked, others, milliseconds } = await now;
    this.index++;
    const { write, read } = this.model.blueprint.attentionRegions;
    const looks = [write ? ('write' as const) : undefined, read ? ('read' as const) : undefined].filter(Boolean);
    const attention = this.request.attention
      ? Object.fromEntries(looks.map((name, i) => [name, joined(view.attentions.map((layer) => layer[i]))]))
      : {};
    const predicted = this.predictions.read(view.logits, text, start);
    const predictedUntouched = untouched && this.twinPredictions?.read(untouched.logits, text, start);
    const left = statesOf(view);
    const memory = acting.length > 0 ? this.change(acting, left, others) : left;
    this.received = memory as Float32Array<ArrayBuffer>;
    const askedAfterwards = acting.length > 0 ? this.askAfter(this.reader, index) : undefined;
    this.asker?.ask();
    return {
      index,
      ...this.document.textOf(index),
      // Posting the message transfers the array, so keep a copy if it is still needed.
      memory: this.interventions.length > 0 ? memory.slice() : memory,
      ...(acting.length > 0 ? { left, interventions: acting } : {}),
      ...this.asked(predicted, (await askedAfterwards) ?? asked),
      ...(predictedUntouched ? { untouched: this.asked(predictedUntouched, untouchedAsked) } : {}),
      ...attention,
      milliseconds,
      gpuBytes: this.gpu.bytes,
    };
  }

  /** The prediction, with the probabilities if the question were asked in a next segment. */
  private asked<P extends SegmentPrediction>(predicted: P, logits: Float32Array | undefined): P {
    return logits ? { ...predicted, probabilities: this.predictions.probabilitiesOf([logits]) } : predicted;
  }

  /** Replace the memory that the segment just read has passed on. */
  private change(acting: readonly Intervention[], left: Float32Array, others: Arrival['others']): Float32Array {
    const positions = this.positionsSoFar();
    if (!this.twinPredictions) {
      // Up to here both streams are equal.
      this.twinPredictions = this.predictions.clone();
      this.twin?.writeStates(left, positions);
    }
    let memory = left;
    for (const intervention of acting) {
      if (!this.frozen.has(intervention)) this.frozen.set(intervention, this.received.slice());
      const received = this.frozen.get(intervention) ?? this.received;
      const other = intervention.kind === 'swap' ? others.get(intervention.seed) : undefined;
      memory = intervene(intervention, this.layout, memory, received, other);
    }
    this.reader?.writeStates(memory, positions);
    return memory;
  }

  /** Positions of the segments read so far. */
  private positionsSoFar(): number {
    const { layout } = this.model.blueprint;
    return this.document.segments
      .slice(0, this.index)
      .reduce((sum, [text]) => sum + (text ? positionsOf(layout, text.length) : 0), 0);
  }

  release(): void {
    for (const reader of this.readers) reader.release();
    this.diagonals?.release();
    this.asker?.release();
  }
}
