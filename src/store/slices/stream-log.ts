// Everything a stream has shown so far, in bounded memory: appended to, never copied.
import { changeOf, type Decision, decide, evidenceOf, tokenChanges } from '../../analysis/attention-operations.ts';
import { ByteShelf } from '../../analysis/byte-shelf.ts';
import {
  type Activity,
  activity,
  type KeptAttention,
  keptBytes,
  type MemoryAttention,
  readingOf,
} from '../../analysis/memory-attention.ts';
import { Similarity } from '../../analysis/similarity.ts';
import type {
  Guess,
  Intervention,
  ModelFacts,
  ReportOf,
  SegmentPrediction,
  SegmentText,
} from '../../protocol/index.ts';
import { hasNoise, type Measure, measureOf, tokenName } from '../../tasks/measures.ts';
import type { Mark } from '../../tasks/task.ts';

type SegmentEvent = ReportOf<'stream-segment'>;

/**
 * Budget in bytes for attention and the incoming memory of each segment: 22 segments of a BERT-base with ten memory
 * tokens, or every segment of a small model.
 */
export const ATTENTION_BYTES = 128e6;
/** Budget in bytes for text and predictions: about 4000 segments of a decoder with 500 words each. */
export const TEXT_BYTES = 128e6;
/** Bytes per word in a list of interned strings, and per prediction object. */
const WORD_BYTES = 8;
const GUESS_BYTES = 56;

/** One segment as shown on the page. */
export interface SegmentSeen {
  /** Whether its words and predictions are kept; both are empty otherwise. */
  readonly hasText: boolean;
  readonly words: readonly string[];
  /** The token ids of the words, if they are pieces of a tokenizer. */
  readonly ids: Int32Array | undefined;
  readonly marks: readonly Mark[];
  readonly probabilities: Float32Array;
  /** The predictions of a generative model at each word, and the word after the last, which is only predicted. */
  readonly guesses: readonly Guess[] | undefined;
  readonly behind: SegmentEvent['behind'];
  readonly milliseconds: number;
  readonly activity: Activity | undefined;
  /** 1 − cosine between the incoming and the outgoing memory; undefined without memory. */
  readonly change: number | undefined;
  /** The same for each memory token; empty if the memory is not a row of tokens. */
  readonly tokenChanges: Float32Array;
  /** Whether it writes, holds or reads; undefined if the model's memory does not work by attention. */
  readonly decision: Decision | undefined;
  /** Attention to memory of the rows that produce the answer, and what there was to read: see `Evidence`. */
  readonly attended: number | undefined;
  readonly content: number | undefined;
  /** The interventions on its outgoing memory. */
  readonly interventions: readonly Intervention[];
  /** The predictions without interventions, if there were any. */
  readonly untouched: SegmentPrediction | undefined;
}

/** A scored word and the model's prediction. */
export interface ScoredWord {
  /** Position among the segment's words. */
  readonly at: number;
  readonly word: string;
  readonly guess: Guess;
  readonly right: boolean;
}

/** The optional fields of a stream's first report. */
export interface Beginning extends Pick<ReportOf<'stream-begin'>, 'blank' | 'others' | 'noise'> {
  /** The text of the first segments, known before they are read. */
  readonly opening?: readonly SegmentText[];
}

export class StreamLog {
  readonly segments: SegmentSeen[] = [];
  readonly measure: Measure;
  /** What a text is predicted by. */
  readonly token: ReturnType<typeof tokenName>;
  /** Whether unmarked text is noise around facts. */
  readonly hasNoise: boolean;
  /**
   * After each segment: for classification the probability of the expected class; else the mean probability that the
   * model gave to the scored words in it, NaN if there are none.
   */
  readonly expectedProbability: Float32Array;
  /** The same without interventions: NaN before the first of them. */
  readonly untouchedProbability: Float32Array;
  /**
   * Share of attention that reads memory in each segment: see `readingOf`. NaN where nothing is scored, except in a
   * classifier, whose [CLS] could answer after any segment.
   */
  readonly reading: Float32Array;
  readonly similarity: Similarity;
  readonly shelf: ByteShelf<KeptAttention>;
  /** Bytes of each segment's text. */
  private readonly texts: ByteShelf<number>;
  /** Segments with something marked in them, in order of arrival. */
  readonly marked: { readonly index: number; readonly kinds: readonly Mark['kind'][] }[] = [];
  /** Segments after which the memory was changed, in order of arrival. */
  readonly changed: number[] = [];
  gpuBytes = 0;
  /** The outgoing memory of the newest segment. */
  private memory: Float32Array | undefined;
  /** Whether the memory consists of memTokens vectors only. */
  isMemoryTokens = false;
  /** Sum of −ln p over the scored words, and their number. */
  private nats = 0;
  private scoredCount = 0;
  private readonly expectedClass: number;
  private readonly vocabulary = new Map<string, string>();

  constructor(
    readonly model: ModelFacts,
    readonly total: number,
    readonly expected: string,
    readonly beginning: Beginning = {},
    budgets: { readonly attention?: number; readonly text?: number } = {},
  ) {
    this.memory = beginning.blank;
    this.untouchedProbability = new Float32Array(total).fill(Number.NaN);
    this.measure = measureOf(model.task ?? '');
    this.token = tokenName(model.pieces ? 'pieces' : model.knobs?.['unit']);
    this.hasNoise = hasNoise(model.task ?? '');
    this.expectedProbability = new Float32Array(total);
    this.reading = new Float32Array(total);
    this.expectedClass = model.classes.indexOf(expected);
    this.similarity = new Similarity(model.memTokens);
    this.shelf = new ByteShelf(budgets.attention ?? ATTENTION_BYTES, keptBytes);
    this.texts = new ByteShelf(
      budgets.text ?? TEXT_BYTES,
      (bytes) => bytes,
      (index) => this.dropText(index),
    );
  }

  get length(): number {
    return this.segments.length;
  }

  /** Mean cross-entropy of the scored words so far, in nats. */
  get loss(): number {
    return this.nats / this.scoredCount;
  }

  add(event: SegmentEvent): void {
    const { index, marks, probabilities, milliseconds, gpuBytes, memory, write, read } = event;
    // Messages contain every word as a new string; interning saves memory.
    const words = event.words.map((word) => this.interned(word));
    const guesses = this.internedGuesses(event.guesses);
    const attention: MemoryAttention | undefined =
      write || read ? { write: write ?? new Float32Array(0), read: read ?? new Float32Array(0) } : undefined;
    const where = attention && activity(attention, this.model, words.length);
    const { behind, left, interventions = [] } = event;
    const untouched = event.untouched && { ...event.untouched, guesses: this.internedGuesses(event.untouched.guesses) };
    // A memory of zeros settles as the initial memory does: it is compared with the same state.
    const { blank } = this.beginning;
    const isEmpty = this.memory?.every((value) => value === 0) ?? false;
    const before = isEmpty ? (blank ?? this.memory) : this.memory;
    const content = isEmpty ? 0 : blank && this.memory && changeOf(blank, this.memory);
    const written = left ?? memory;
    const change = before && memory.length > 0 ? changeOf(before, written) : undefined;
    this.isMemoryTokens = memory.length > 0 && memory.length === this.model.memTokens * this.model.hiddenSize;
    const rows = this.answerRows({ words, marks, guesses, behind });
    const reading = attention && readingOf(attention, this.model, rows);
    const isScored = this.model.answers === 'tokens' || index === this.total - 1;
    const changes =
      before && this.isMemoryTokens ? tokenChanges(before, written, this.model.memTokens) : new Float32Array(0);
    const decision = decide({
      tokens: where ? evidenceOf(where, changes, change) : [],
      read: isScored ? reading : undefined,
      content,
    });
    const seen = {
      hasText: true,
      ...{ words, ids: event.ids, marks, probabilities, guesses, behind, milliseconds },
      ...{ activity: where, change, decision, attended: reading, content, interventions, untouched },
      tokenChanges: changes,
    };
    this.segments[index] = seen;
    const scored = this.scoredWords(seen);
    this.count(scored);
    this.expectedProbability[index] = this.expectedIn(seen, scored);
    if (untouched)
      this.untouchedProbability[index] = this.expectedIn(untouched, this.scoredWords({ words, marks, ...untouched }));
    this.reading[index] = reading ?? Number.NaN;
    if (interventions.length > 0) this.changed.push(index);
    this.gpuBytes = gpuBytes;
    this.similarity.add(index, memory);
    if (attention) this.shelf.add(index, { ...attention, before: this.memory }, marks.length > 0);
    this.memory = memory;
    const expected = (guesses?.length ?? 0) + (untouched?.guesses?.length ?? 0);
    this.texts.add(
      index,
      words.length * WORD_BYTES + (event.ids?.byteLength ?? 0) + expected * GUESS_BYTES,
      marks.length > 0,
    );
    if (marks.length > 0) this.marked.push({ index, kinds: [...new Set(marks.map(({ kind }) => kind))] });
  }

  /** The memory, or the other states, that a segment received; undefined if they are no longer kept, or for the first. */
  received(index: number): Float32Array | undefined {
    return index === 0 ? this.beginning.blank : this.shelf.get(index)?.before;
  }

  /** What a segment passed on; undefined if it is no longer kept. */
  passedOn(index: number): Float32Array | undefined {
    return index === this.length - 1 ? this.memory : this.shelf.get(index + 1)?.before;
  }

  /**
   * Evenly spaced segments that can be read again as they were: at most `most`, with the first and the last.
   * @returns with the memory that each received; the first has the initial memory
   */
  readable(most: number): { readonly index: number; readonly memory: Float32Array | undefined }[] {
    const memory = (index: number) => (index > 0 ? this.received(index) : undefined);
    const kept = this.segments.flatMap((_, index) => (index === 0 || memory(index) ? [index] : []));
    const count = Math.min(most, kept.length);
    const chosen = Array.from(
      { length: count },
      (_, i) => kept[count === 1 ? kept.length - 1 : Math.round((i * (kept.length - 1)) / (count - 1))] as number,
    );
    return chosen.map((index) => ({ index, memory: memory(index) }));
  }

  /** The figures of a segment stay; its attention is dropped too, because it is useless without the words. */
  private dropText(index: number): void {
    this.shelf.remove(index);
    const seen = this.segments[index];
    if (!seen) return;
    const untouched = seen.untouched && { ...seen.untouched, guesses: undefined };
    this.segments[index] = { ...seen, hasText: false, words: [], ids: undefined, guesses: undefined, untouched };
  }

  /** The scored words of a segment, in order. */
  scoredWords({
    words,
    marks,
    guesses,
    behind,
  }: Pick<SegmentSeen, 'words' | 'marks'> & Partial<SegmentPrediction>): ScoredWord[] {
    if (!guesses) return [];
    const all = this.measure === 'every word';
    const inAnswer = (at: number) => all || marks.some((m) => m.kind === 'answer' && at >= m.start && at < m.end);
    const scored = words.flatMap((word, at) => {
      const guess = guesses[at];
      // There is no prediction before the first word.
      return guess && guess.word !== '' && inAnswer(at) ? [{ at, word, guess, right: guess.word === word }] : [];
    });
    if (behind) scored.push({ at: words.length, ...behind, right: behind.guess.word === behind.word });
    return scored;
  }

  /** The attention rows that produce the answer: [CLS], or in a generative model the positions before the scored words. */
  answerRows(segment: Parameters<StreamLog['scoredWords']>[0]): number[] {
    const { answers, front } = this.model;
    if (answers === 'class') return [0];
    return this.scoredWords(segment).map(({ at }) => front + Math.max(0, at - 1));
  }

  private count(scored: readonly ScoredWord[]): void {
    for (const { guess } of scored) this.nats -= Math.log(Math.max(guess.probability, 1e-30));
    this.scoredCount += scored.length;
  }

  /** The probability of the expected answer, by the measure of this stream. */
  private expectedIn({ probabilities }: SegmentPrediction, scored: readonly ScoredWord[]): number {
    if (this.measure === 'classes') return probabilities[this.expectedClass] ?? Number.NaN;
    return scored.reduce((sum, { guess }) => sum + guess.probability, 0) / scored.length;
  }

  private internedGuesses(guesses: readonly Guess[] | undefined): Guess[] | undefined {
    return guesses?.map(({ word, probability }) => ({ word: this.interned(word), probability }));
  }

  private interned(word: string): string {
    const known = this.vocabulary.get(word);
    if (known === undefined) this.vocabulary.set(word, word);
    return known ?? word;
  }
}
