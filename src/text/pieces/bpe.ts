// Byte-pair encoding (Sennrich et al. 2016, arXiv:1508.07909): a word is its characters, and the pair that comes first in
// the list of merges is joined until there is none. Merges are of ids, so that they reach across characters that no piece
// stands for, and may join the unknown piece, as in Python's tokenizers.
import { MinHeap } from './min-heap.ts';
import type { Piece } from './piece.ts';

export interface BpeOptions {
  readonly ids: ReadonlyMap<string, number>;
  /** Pairs of pieces, the first to be joined first; their joined pieces are in `ids`. */
  readonly merges: readonly (readonly [left: string, right: string])[];
  /** The piece of unknown characters; without one they are left out. */
  readonly unknown: number | undefined;
  /** Unknown characters in a row are one piece. */
  readonly fusesUnknown: boolean;
  /** Unknown characters are their bytes, if these are pieces such as <0xE2>. */
  readonly hasByteFallback: boolean;
  /** A word that is a piece is not split, whatever the merges say. */
  readonly ignoresMerges: boolean;
  /** In front of the characters that do not begin a word. */
  readonly prefix: string;
  /** After the last character of a word. */
  readonly suffix: string;
}

/** What two pieces become. */
export const joined = (left: string, right: string, prefix: string): string =>
  left + (right.startsWith(prefix) ? right.slice(prefix.length) : right);

const byteName = (byte: number) => `<0x${byte.toString(16).toUpperCase().padStart(2, '0')}>`;

/** Larger than any position in a word. */
const positions = 2 ** 32;

/** Splits a word into pieces. */
export function bpe(options: BpeOptions): (word: string) => Piece[] {
  const { ids, unknown, prefix, suffix } = options;
  const size = Math.max(0, ...[...ids.values()].map((id) => id + 1));
  const ranks = new Map<number, readonly [rank: number, id: number]>();
  options.merges.forEach(([left, right], rank) => {
    const [a, b, both] = [ids.get(left), ids.get(right), ids.get(joined(left, right, prefix))];
    if (a !== undefined && b !== undefined && both !== undefined) ranks.set(a * size + b, [rank, both]);
  });

  /** The pieces of single characters. */
  const characters = (word: string): Piece[] => {
    const pieces: Piece[] = [];
    let pending: Piece | undefined;
    for (let from = 0; from < word.length; ) {
      const character = String.fromCodePoint(word.codePointAt(from) ?? 0);
      const to = from + character.length;
      const name = `${from > 0 ? prefix : ''}${character}${to === word.length ? suffix : ''}`;
      const id = ids.get(name);
      const bytes =
        id === undefined && options.hasByteFallback
          ? Array.from(new TextEncoder().encode(name), (byte) => ids.get(byteName(byte)))
          : [undefined];
      if (id !== undefined) {
        if (pending) pieces.push(pending);
        pending = undefined;
        pieces.push({ id, from, to });
      } else if (bytes.every((byte) => byte !== undefined)) {
        // An unknown character before them stays pending: Python's tokenizers puts it behind the bytes.
        pieces.push(...bytes.map((byte) => ({ id: byte, from, to })));
      } else if (unknown !== undefined) {
        if (pending && !options.fusesUnknown) pieces.push(pending);
        pending = { id: unknown, from: pending && options.fusesUnknown ? pending.from : from, to };
      }
      from = to;
    }
    return pending ? [...pieces, pending] : pieces;
  };

  return (word) => {
    const whole = options.ignoresMerges ? ids.get(word) : undefined;
    if (whole !== undefined) return [{ id: whole, from: 0, to: word.length }];
    const pieces = characters(word);
    // A list of pieces with links; a piece that has been joined to the one before is undefined.
    const list: (Piece | undefined)[] = pieces;
    const before = Int32Array.from(pieces, (_, at) => at - 1);
    const after = Int32Array.from(pieces, (_, at) => at + 1);
    const heap = new MinHeap();
    const mergeAt = (at: number) => {
      const [left, right] = [list[at], list[after[at] ?? -1]];
      return left && right ? ranks.get(left.id * size + right.id) : undefined;
    };
    const offer = (at: number) => {
      const found = mergeAt(at);
      if (found) heap.push(found[0] * positions + at);
    };
    for (let at = 0; at + 1 < pieces.length; at++) offer(at);
    for (let key = heap.pop(); key !== undefined; key = heap.pop()) {
      const at = key % positions;
      const found = mergeAt(at);
      const [left, next] = [list[at], after[at] ?? list.length];
      const right = list[next];
      // The pair may have changed since it was offered.
      if (!found || !left || !right || found[0] !== Math.floor(key / positions)) continue;
      list[at] = { id: found[1], from: Math.min(left.from, right.from), to: Math.max(left.to, right.to) };
      list[next] = undefined;
      const beyond = after[next] ?? list.length;
      after[at] = beyond;
      if (beyond < list.length) before[beyond] = at;
      offer(before[at] ?? -1);
      offer(at);
    }
    return list.filter((piece) => piece !== undefined);
  };
}
