// Everything a stream has shown so far, in bounded memory: appended to, never copied.
import type { Mark } from '../tasks/task.ts';
import type { Event, ModelFacts } from '../train/protocol.ts';
import { type Activity, AttentionShelf, activity, type MemoryAttention } from './attention.ts';
import { Similarity } from './similarity.ts';

type SegmentEvent = Extract<Event, { type: 'stream-segment' }>;

/** One segment as the page shows it. */
export interface SegmentSeen {
  readonly words: readonly string[];
  readonly marks: readonly Mark[];
  readonly probabilities: Float32Array;
  readonly milliseconds: number;
  readonly activity: Activity | undefined;
}

export class StreamLog {
  readonly segments: SegmentSeen[] = [];
  /** Probability of the expected answer after each segment. */
  readonly expectedProbability: Float32Array;
  /** Share of [CLS]'s attention on memory in each segment. */
  readonly reading: Float32Array;
  /** Share of the memory rows' attention on words in each segment. */
  readonly writing: Float32Array;
  readonly similarity: Similarity;
  readonly shelf: AttentionShelf;
  /** Segments that hold a fact or the question, in order of arrival. */
  readonly marked: { readonly index: number; readonly kinds: readonly Mark['kind'][] }[] = [];
  gpuBytes = 0;
  private readonly expectedClass: number;
  private readonly vocabulary = new Map<string, string>();

  constructor(
    readonly model: ModelFacts,
    readonly total: number,
    readonly expected: string,
  ) {
    this.expectedProbability = new Float32Array(total);
    this.reading = new Float32Array(total);
    this.writing = new Float32Array(total);
    this.expectedClass = model.classes.indexOf(expected);
    this.similarity = new Similarity(model.memTokens);
    this.shelf = new AttentionShelf(model.layers * model.heads * model.memTokens * model.positions * 8);
  }

  get length(): number {
    return this.segments.length;
  }

  add(event: SegmentEvent): void {
    const { index, marks, probabilities, milliseconds, gpuBytes, memory, write, read } = event;
    // Messages bring every word as a new string; one of each is enough.
    const words = event.words.map((word) => this.interned(word));
    const attention: MemoryAttention | undefined = write && read && write.length > 0 ? { write, read } : undefined;
    const where = attention && activity(attention, this.model, words.length);
    this.segments[index] = { words, marks, probabilities, milliseconds, activity: where };
    this.expectedProbability[index] = probabilities[this.expectedClass] ?? Number.NaN;
    this.reading[index] = where?.clsToMemory ?? Number.NaN;
    this.writing[index] = where?.toWords ?? Number.NaN;
    this.gpuBytes = gpuBytes;
    this.similarity.add(index, memory);
    if (attention) this.shelf.add(index, attention, marks.length > 0);
    if (marks.length > 0) this.marked.push({ index, kinds: [...new Set(marks.map(({ kind }) => kind))] });
  }

  private interned(word: string): string {
    const known = this.vocabulary.get(word);
    if (known === undefined) this.vocabulary.set(word, word);
    return known ?? word;
  }
}
