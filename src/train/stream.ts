// One long document, read segment by segment: what the memory holds and what the model would answer after each.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { type Model, Recurrence, type SegmentView } from '../models/recurrence.ts';
import { cut, segmentBatch } from '../models/segments.ts';
import { Random } from '../random.ts';
import { spell } from '../tasks/vocabulary.ts';
import type { Event, Guess } from './protocol.ts';
import { type Drawn, drawSamples, type Work } from './workspace.ts';

/** What one segment shows. */
export type StreamedSegment = Omit<Extract<Event, { type: 'stream-segment' }>, 'type'>;

function softmax(logits: Float32Array): Float32Array {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), Number.NEGATIVE_INFINITY);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((power) => power / sum);
}

/** The layers' arrays one after the other. */
function stacked(layers: readonly (Float32Array | undefined)[]): Float32Array {
  const all = new Float32Array(layers.reduce((sum, layer) => sum + (layer?.length ?? 0), 0));
  let at = 0;
  for (const layer of layers) {
    if (layer) all.set(layer, at);
    at += layer?.length ?? 0;
  }
  return all;
}

/** A segment's results, and the time they took: from the end of the one before, or its own beginning. */
interface Arrival {
  readonly view: SegmentView;
  readonly milliseconds: number;
}

export class Stream {
  readonly sample: Drawn;
  private readonly segments: readonly (readonly (Int32Array | undefined)[])[];
  private readonly borders: readonly (readonly [number, number])[];
  private index = 0;
  /** What the model expects to come next, once it has read something: the logits at the last word. */
  private ahead: Float32Array | undefined;
  private expectedRightly = 0;
  /** The segment after this one: the GPU is at it already. */
  private coming: Promise<Arrival> | undefined;
  /** When the last segment was done. */
  private arrived = 0;

  private constructor(
    private readonly gpu: Gpu,
    private readonly model: Model,
    private readonly work: Work,
    private readonly recurrence: Recurrence,
    sample: Drawn,
    private readonly attention: boolean,
  ) {
    this.sample = sample;
    this.segments = segmentBatch([sample.inputs], model.config).segments;
    this.borders = cut(sample.inputs.length, model.config.segment_size, model.config.segment_alignment);
    recurrence.reset();
  }

  /** Draw the document and record the segment program. */
  static async create(
    gpu: Gpu,
    model: Model,
    work: Work,
    segments: number,
    seed: number,
    attention: boolean,
  ): Promise<Stream> {
    const [sample] = drawSamples(work, new Random(seed), 1, segments, model.config.segment_size, 'validation');
    if (!sample) throw new RangeError('stream: no sample was drawn');
    const recurrence = await Recurrence.create(model, {
      batch: 1,
      training: false,
      attention: attention ? 'memory' : 'none',
    });
    return new Stream(gpu, model, work, recurrence, sample, attention);
  }

  get length(): number {
    return this.segments.length;
  }

  get done(): boolean {
    return this.index >= this.length;
  }

  /** The right answer, in words. */
  get expected(): string {
    const { words, from, to } = this.sample;
    return this.inWords(words.subarray(from, to));
  }

  /** Of a generative model, words of the answer that it expected rightly so far, and how many there are. */
  get score(): { readonly right: number; readonly asked: number } | undefined {
    const { from, to } = this.sample;
    return this.model.blueprint.answers === 'tokens' ? { right: this.expectedRightly, asked: to - from } : undefined;
  }

  private inWords(ids: Int32Array): string {
    return spell(Array.from(ids, (id) => this.work.vocabulary.word(id)));
  }

  /** Submit a segment. */
  private async read(index: number): Promise<Arrival> {
    const started = performance.now();
    const view = await this.recurrence.step(this.segments[index] ?? []);
    const now = performance.now();
    const milliseconds = now - Math.max(started, this.arrived);
    this.arrived = now;
    return { view, milliseconds };
  }

  /** Read the next segment. */
  async next(): Promise<StreamedSegment> {
    const index = this.index;
    const segment = this.segments[index] ?? [];
    const now = this.coming ?? this.read(index);
    this.coming = index + 1 < this.length ? this.read(index + 1) : undefined;
    // If it fails while nobody waits for it, whoever asks for it next is told.
    this.coming?.catch(() => {});
    const { view, milliseconds } = await now;
    this.index++;
    const [start = 0, end = 0] = this.borders[index] ?? [];
    const marks = this.sample.sample.marks
      .filter((mark) => mark.start < end && mark.end > start)
      .map((mark) => ({
        kind: mark.kind,
        start: Math.max(mark.start, start) - start,
        end: Math.min(mark.end, end) - start,
      }));
    const text = segment[0] ?? new Int32Array(0);
    const { write, read } = this.model.blueprint.looks;
    const looks = [write ? ('write' as const) : undefined, read ? ('read' as const) : undefined].filter(Boolean);
    const attention = this.attention
      ? Object.fromEntries(looks.map((name, i) => [name, stacked(view.attentions.map((layer) => layer[i]))]))
      : {};
    return {
      index,
      words: Array.from(text, (id) => this.work.vocabulary.word(id)),
      marks,
      memory: stacked([...view.states.values()]),
      ...this.answers(view.logits, text, start),
      ...attention,
      milliseconds,
      gpuBytes: this.gpu.bytes,
    };
  }

  /** Class probabilities after this segment; of a generative model also what it expected at each word. */
  private answers(logits: readonly Float32Array[], text: Int32Array, start: number) {
    const { task, vocabulary, classTokens } = this.work;
    if (this.model.blueprint.answers === 'class') {
      const classes = task.kind === 'classification' ? task.classes.length : 0;
      return { probabilities: softmax((logits[0] ?? new Float32Array(0)).slice(0, classes)) };
    }
    const { words, from, to } = this.sample;
    const guesses: Guess[] = [];
    let behind: { readonly word: string; readonly guess: Guess } | undefined;
    for (let t = 0; t <= text.length; t++) {
      const before = t === 0 ? this.ahead : logits[t - 1];
      const next = t < text.length ? (text[t] as number) : start + t === words.length - 1 ? words.at(-1) : undefined;
      if (next === undefined) continue;
      const chances = before && softmax(before);
      const best = chances ? chances.reduce((at, chance, id) => (chance > (chances[at] as number) ? id : at), 0) : -1;
      const guess = { word: chances ? vocabulary.word(best) : '', probability: chances?.[next] ?? 0 };
      if (t < text.length) guesses.push(guess);
      else if (to > start + t) behind = { word: vocabulary.word(next), guess };
      if (start + t >= from && start + t < to && best === next) this.expectedRightly++;
    }
    this.ahead = text.length > 0 ? logits[text.length - 1] : this.ahead;
    // What it would say now, if it had to say a class.
    const now = this.ahead;
    const probabilities =
      now && classTokens.length > 0
        ? softmax(Float32Array.from(classTokens, (id) => now[id] as number))
        : new Float32Array(0);
    return { probabilities, guesses, ...(behind ? { behind } : {}) };
  }

  release(): void {
    this.recurrence.release();
  }
}
