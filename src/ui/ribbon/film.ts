// What the ribbon draws of a stream: after each segment the answer the model would give, and how much each memory token
// changed. Grows with the stream's log and is never rebuilt.
import { memoryKind } from '../../analysis/memory-attention.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { blend, certaintyOf, hueOf, type Rgb } from './colour.ts';

/** Threads drawn at most; beyond that neighbouring memory tokens share one. */
export const mostThreads = 16;

/** How strongly a loss, or an answer, depends on the memory that each segment receives. */
export interface Gradient {
  readonly of: 'loss' | 'answer';
  /** Norm of its gradient at the memory, for each segment. */
  readonly norms: Float32Array;
  /** The norm that is drawn at full height. */
  readonly largest: number;
}

/** What an attribution adds to the ribbon. */
export interface Contributions {
  /** Of the words of each segment; missing where nothing leads to the answer. */
  readonly words: ReadonlyMap<number, Float32Array>;
  /** The largest of them, without its sign: the full tint. */
  readonly largest: number;
  /** Norm of ∂answer/∂memory at the memory that each segment receives; undefined without memory. */
  readonly gradient: Gradient | undefined;
}

export class Film {
  /** Threads: one a memory token, one for any other memory, none without memory. */
  readonly threads: number;
  /** The most probable answer after each segment, or −1 while nothing is known. */
  readonly best: Int16Array;
  /** How certain it is, 0 to 1. */
  readonly certainty: Float32Array;
  /** The same without interventions; −1 before the first of them. */
  readonly ghostBest: Int16Array;
  readonly ghostCertainty: Float32Array;
  /** (total, threads) 1 − cosine of each memory token's change. */
  readonly changes: Float32Array;
  /** Segments taken from the log. */
  length = 0;

  /**
   * @param gradient      what is drawn above the threads
   * @param contributions of the words to the answer
   * @param names         whom each memory token holds
   */
  constructor(
    readonly log: StreamLog,
    readonly gradient?: Gradient,
    readonly contributions?: Contributions,
    private readonly names: readonly (readonly string[])[] = [],
  ) {
    const { total, model } = log;
    const kind = memoryKind(model);
    this.threads = kind === 'none' ? 0 : kind === 'tokens' ? Math.min(mostThreads, model.memTokens) : 1;
    this.best = new Int16Array(total).fill(-1);
    this.certainty = new Float32Array(total);
    this.ghostBest = new Int16Array(total).fill(-1);
    this.ghostCertainty = new Float32Array(total);
    this.changes = new Float32Array(total * this.threads);
  }

  get total(): number {
    return this.log.total;
  }

  /** The answers that have a hue; empty for a text, which has one for the probability of its right words. */
  get answers(): readonly string[] {
    return this.log.measure === 'classes' ? this.log.model.classes : [];
  }

  /** Whether something is known without interventions. */
  get hasGhost(): boolean {
    return this.log.changed.length > 0;
  }

  /** Whether its threads have names. */
  get isNamed(): boolean {
    return this.names.some((each) => each.length > 0);
  }

  /** Whom a thread holds. */
  nameOf(thread: number): string {
    return [...new Set(this.names.flatMap((each, token) => (this.threadOf(token) === thread ? each : [])))].join(', ');
  }

  /** The thread of a memory token. */
  threadOf(token: number): number {
    const { memTokens } = this.log.model;
    return Math.min(this.threads - 1, Math.floor((token * this.threads) / Math.max(1, memTokens)));
  }

  /** Take what has been added to the log. */
  extend(): void {
    for (; this.length < this.log.length; this.length++) this.take(this.length);
  }

  private take(i: number): void {
    const { segments, expectedProbability, untouchedProbability } = this.log;
    const segment = segments[i];
    if (!segment) return;
    this.believe(this.best, this.certainty, i, segment.probabilities, expectedProbability);
    if (segment.untouched)
      this.believe(this.ghostBest, this.ghostCertainty, i, segment.untouched.probabilities, untouchedProbability);
    const { tokenChanges, change = 0 } = segment;
    if (tokenChanges.length === 0) this.changes.fill(change, i * this.threads, (i + 1) * this.threads);
    tokenChanges.forEach((each, token) => {
      const at = i * this.threads + this.threadOf(token);
      this.changes[at] = Math.max(this.changes[at] ?? 0, each);
    });
  }

  private believe(
    best: Int16Array,
    certainty: Float32Array,
    i: number,
    probabilities: Float32Array,
    expected: Float32Array,
  ): void {
    if (this.answers.length > 0) {
      const at = probabilities.indexOf(Math.max(...probabilities));
      best[i] = at;
      certainty[i] = certaintyOf(probabilities[at] ?? 0, this.answers.length);
      return;
    }
    // Between the words that are scored, the last of them counts.
    const p = expected[i] ?? Number.NaN;
    best[i] = Number.isFinite(p) ? 0 : (best[i - 1] ?? -1);
    certainty[i] = Number.isFinite(p) ? p : (certainty[i - 1] ?? 0);
  }

  /** The colour of the memory after a segment. */
  toneAfter(i: number, undecided: Rgb, ghost = false): Rgb {
    // Before the first intervention both are the same.
    const isApart = ghost && (this.ghostBest[i] ?? -1) >= 0;
    const best = (isApart ? this.ghostBest : this.best)[i] ?? -1;
    if (best < 0) return undecided;
    return blend(undecided, hueOf(best), (isApart ? this.ghostCertainty : this.certainty)[i] ?? 0);
  }

  /** The colour that the next segment receives: nobody has asked the model since all of its memory was changed. */
  tonePassedOn(i: number, undecided: Rgb, ghost = false): Rgb {
    const isChanged = this.log.segments[i]?.interventions.some(({ tokens }) => tokens === undefined) ?? false;
    return isChanged && !ghost ? undecided : this.toneAfter(i, undecided, ghost);
  }
}
