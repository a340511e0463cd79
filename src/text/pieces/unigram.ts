// Unigram (Kudo 2018, arXiv:1804.10959): the split of a word whose pieces have the highest sum of log probabilities. Sums are
// compared before the next piece is added, as in Python's tokenizers: afterwards rounding can hide which of two is higher.
import type { Piece } from './piece.ts';

/** Below the lowest score of the vocabulary, as in SentencePiece. */
const unknownPenalty = 10;

/**
 * @param vocab   pieces by id, with their log probabilities
 * @param unknown the piece of characters that are in no other, as many as stand side by side
 * @returns splits a word into pieces
 */
export function unigram(
  vocab: readonly (readonly [piece: string, score: number])[],
  unknown: number,
): (word: string) => Piece[] {
  const scores = new Map(vocab);
  const ids = new Map(vocab.map(([piece], id) => [piece, id]));
  const longest = vocab.reduce((most, [piece]) => Math.max(most, piece.length), 1);
  const unknownScore = vocab.reduce((least, [, score]) => Math.min(least, score), 0) - unknownPenalty;
  return (word) => {
    // The best way to each position: its score, and where its last piece begins.
    const best = new Float64Array(word.length + 1).fill(Number.NEGATIVE_INFINITY);
    const begins = new Int32Array(word.length + 1);
    best[0] = 0;
    const offer = (from: number, to: number, score: number) => {
      const sum = (best[from] ?? 0) + score;
      // Of two equal ones the one whose last piece is longer, which is found first.
      if (sum <= (best[to] ?? 0)) return;
      best[to] = sum;
      begins[to] = from;
    };
    for (let from = 0; from < word.length; ) {
      const next = from + ((word.codePointAt(from) ?? 0) > 0xffff ? 2 : 1);
      let isKnown = false;
      for (let to = next; to <= Math.min(word.length, from + longest); to++) {
        const score = scores.get(word.slice(from, to));
        if (score === undefined) continue;
        offer(from, to, score);
        isKnown ||= to === next;
      }
      if (!isKnown) offer(from, next, unknownScore);
      from = next;
    }
    const pieces: Piece[] = [];
    for (let to = word.length; to > 0; to = begins[to] ?? 0) {
      const from = begins[to] ?? 0;
      const id = ids.get(word.slice(from, to)) ?? unknown;
      const next = pieces.at(-1);
      if (id === unknown && next?.id === unknown) pieces[pieces.length - 1] = { ...next, from };
      else pieces.push({ id, from, to });
    }
    return pieces.reverse();
  };
}
