// Everything a stream has shown so far, in bounded memory: appended to, never copied.
import type { Mark } from '../tasks/task.ts';
import type { Event, Guess, ModelFacts } from '../train/protocol.ts';
import { type Activity, AttentionShelf, activity, attentionBytes, type MemoryAttention } from './attention.ts';
import { hasNoise, type Measure, measureOf } from './measures.ts';
import { Similarity } from './similarity.ts';

type SegmentEvent = Extract<Event, { type: 'stream-segment' }>;

/** One segment as the page shows it. */
export interface SegmentSeen {
  readonly words: readonly string[];
  readonly marks: readonly Mark[];
  readonly probabilities: Float32Array;
  /** Of a generative model: what it expected at each word; and the word behind the last, which is only predicted. */
  readonly guesses: readonly Guess[] | undefined;
  readonly behind: SegmentEvent['behind'];
  readonly milliseconds: number;
  readonly activity: Activity | undefined;
}

/** A word the model was asked for, and what it said. */
export interface Asked {
  /** Position among the segment's words. */
  readonly at: number;
  readonly word: string;
  readonly guess: Guess;
  readonly right: boolean;
}

export class StreamLog {
  readonly segments: SegmentSeen[] = [];
  readonly measure: Measure;
  /** What is not marked is noise around facts. */
  readonly hasNoise: boolean;
  /**
   * After each segment: of a classification the probability of the expected class; else the mean probability that the
   * model gave to the words asked for in it, NaN where there are none.
   */
  readonly expectedProbability: Float32Array;
  /** Share of attention that reads memory in each segment. */
  readonly reading: Float32Array;
  readonly similarity: Similarity;
  readonly shelf: AttentionShelf;
  /** Segments with something marked in them, in order of arrival. */
  readonly marked: { readonly index: number; readonly kinds: readonly Mark['kind'][] }[] = [];
  gpuBytes = 0;
  /** Whether the memory handed on is memTokens vectors and nothing else. */
  isMemoryTokens = false;
  /** Sum over the words asked for of −ln p, and how many they were. */
  private nats = 0;
  private askedFor = 0;
  private readonly expectedClass: number;
  private readonly vocabulary = new Map<string, string>();

  constructor(
    readonly model: ModelFacts,
    readonly total: number,
    readonly expected: string,
  ) {
    this.measure = measureOf(model.task ?? '');
    this.hasNoise = hasNoise(model.task ?? '');
    this.expectedProbability = new Float32Array(total);
    this.reading = new Float32Array(total);
    this.expectedClass = model.classes.indexOf(expected);
    this.similarity = new Similarity(model.memTokens);
    this.shelf = new AttentionShelf(attentionBytes(model));
  }

  get length(): number {
    return this.segments.length;
  }

  /** Mean cross-entropy of the words asked for so far, in nats. */
  get loss(): number {
    return this.nats / this.askedFor;
  }

  add(event: SegmentEvent): void {
    const { index, marks, probabilities, milliseconds, gpuBytes, memory, write, read } = event;
    // Messages bring every word as a new string; one of each is enough.
    const words = event.words.map((word) => this.interned(word));
    const guesses = event.guesses?.map(({ word, probability }) => ({ word: this.interned(word), probability }));
    const attention: MemoryAttention | undefined =
      write || read ? { write: write ?? new Float32Array(0), read: read ?? new Float32Array(0) } : undefined;
    const where = attention && activity(attention, this.model, words.length);
    const seen = { words, marks, probabilities, guesses, behind: event.behind, milliseconds, activity: where };
    this.segments[index] = seen;
    this.expectedProbability[index] =
      this.measure === 'classes' ? (probabilities[this.expectedClass] ?? Number.NaN) : this.meanOfAsked(seen);
    this.reading[index] = where?.fromMemory ?? Number.NaN;
    this.gpuBytes = gpuBytes;
    this.isMemoryTokens = memory.length > 0 && memory.length === this.model.memTokens * this.model.hiddenSize;
    this.similarity.add(index, memory);
    if (attention) this.shelf.add(index, attention, marks.length > 0);
    if (marks.length > 0) this.marked.push({ index, kinds: [...new Set(marks.map(({ kind }) => kind))] });
  }

  /** The words of a segment that the model was asked for, in order. */
  asked({ words, marks, guesses, behind }: SegmentSeen): Asked[] {
    if (!guesses) return [];
    const all = this.measure === 'every word';
    const inAnswer = (at: number) => all || marks.some((m) => m.kind === 'answer' && at >= m.start && at < m.end);
    const asked = words.flatMap((word, at) => {
      const guess = guesses[at];
      // Nothing is expected before anything was read.
      return guess && guess.word !== '' && inAnswer(at) ? [{ at, word, guess, right: guess.word === word }] : [];
    });
    if (behind) asked.push({ at: words.length, ...behind, right: behind.guess.word === behind.word });
    return asked;
  }

  private meanOfAsked(segment: SegmentSeen): number {
    const asked = this.asked(segment);
    for (const { guess } of asked) this.nats -= Math.log(Math.max(guess.probability, 1e-30));
    this.askedFor += asked.length;
    return asked.reduce((sum, { guess }) => sum + guess.probability, 0) / asked.length;
  }

  private interned(word: string): string {
    const known = this.vocabulary.get(word);
    if (known === undefined) this.vocabulary.set(word, word);
    return known ?? word;
  }
}
