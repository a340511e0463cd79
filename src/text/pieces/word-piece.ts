// WordPiece, as BERT has it: the longest piece that begins the word, then the longest that continues it, and so on.
import type { Piece } from './piece.ts';

export interface WordPieceOptions {
  readonly ids: ReadonlyMap<string, number>;
  readonly unknown: number;
  /** Marks the pieces that do not begin a word. */
  readonly prefix: string;
  /** Longer words are unknown. */
  readonly mostCharacters: number;
}

/** @returns splits a word; one that cannot be split as a whole is the unknown piece */
export function wordPiece({ ids, unknown, prefix, mostCharacters }: WordPieceOptions): (word: string) => Piece[] {
  return (word) => {
    const whole = [{ id: unknown, from: 0, to: word.length }];
    if (word.length > mostCharacters && Array.from(word).length > mostCharacters) return whole;
    const pieces: Piece[] = [];
    for (let from = 0; from < word.length; ) {
      let to = word.length;
      let id: number | undefined;
      while (to > from) {
        const part = word.slice(from, to);
        id = ids.get(from > 0 ? prefix + part : part);
        if (id !== undefined) break;
        to--;
      }
      if (id === undefined) return whole;
      pieces.push({ id, from, to });
      from = to;
    }
    return pieces;
  };
}
