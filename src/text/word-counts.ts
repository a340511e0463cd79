// The most frequent words of a long text, counted in bounded memory.
import { InputError } from '../errors.ts';
import { largestVocabulary } from './token-store.ts';
import { CLS, PAD, SEP, UNK } from './words.ts';

/** More different words than any language has; beyond this, the rarest are dropped. */
const mostDistinct = 2 ** 20;
/** Longer sequences are data, not words: they are read as [UNK]. */
const longestWord = 100;
const specials: readonly string[] = [PAD, UNK, CLS, SEP];

/** Maximum number of words besides the special tokens. */
export const mostWords = largestVocabulary - specials.length;

export const defaultWords = 8192;

/** @throws InputError unless this many words can be kept */
export function checkVocabularySize(name: string, size: number): void {
  if (!Number.isInteger(size) || size < 1 || size > mostWords)
    throw new InputError(`${name}: vocabulary size`, String(size), `a whole number from 1 to ${mostWords}`);
}

export class WordCounts {
  private readonly counts = new Map<string, number>();

  constructor(private readonly limit = mostDistinct) {}

  add(word: string, times = 1): void {
    const count = this.counts.get(word);
    if (count !== undefined) {
      this.counts.set(word, count + times);
      return;
    }
    if (word.length > longestWord || specials.includes(word)) return;
    // A word is a substring of a piece of text and would keep the whole piece in memory; this copies it.
    this.counts.set(` ${word}`.slice(1), times);
    if (this.counts.size > this.limit) this.dropRarest();
  }

  /** How many different words there are. */
  get size(): number {
    return this.counts.size;
  }

  /** Each word and how often it occurs. */
  [Symbol.iterator](): IterableIterator<[string, number]> {
    return this.counts.entries();
  }

  /** Of two equally frequent words the first to occur comes first. */
  mostFrequent(most: number): string[] {
    return [...this.counts]
      .sort(([, a], [, b]) => b - a)
      .slice(0, most)
      .map(([word]) => word);
  }

  /** Drop the words up to the smallest count that leaves half of the room free. */
  private dropRarest(): void {
    for (let least = 1; this.counts.size > this.limit / 2; least++)
      for (const [word, count] of this.counts) if (count <= least) this.counts.delete(word);
  }
}
