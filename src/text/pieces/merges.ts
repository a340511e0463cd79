// Byte-pair encoding, learned: the most frequent pair of adjacent pieces becomes a piece, again and again.
// Sennrich et al. 2016, arXiv:1508.07909. Of equally frequent pairs the one with the smaller ids comes first, as in
// Python's tokenizers.

/** A different word of the text: its pieces so far, and how often it occurs. */
export interface CountedWord {
  pieces: number[];
  readonly times: number;
}

/** Ids are below this. */
const base = 2 ** 16;

/** Pairs, the most frequent first. */
class PairQueue {
  private readonly entries: { readonly pair: number; readonly times: number }[] = [];

  private precedes(a: number, b: number): boolean {
    const [x, y] = [this.entries[a], this.entries[b]];
    if (!x || !y) return false;
    return x.times !== y.times ? x.times > y.times : x.pair < y.pair;
  }

  private swap(a: number, b: number): void {
    const [x, y] = [this.entries[a], this.entries[b]];
    if (x && y) [this.entries[a], this.entries[b]] = [y, x];
  }

  push(pair: number, times: number): void {
    let at = this.entries.push({ pair, times }) - 1;
    for (let up = (at - 1) >> 1; at > 0 && this.precedes(at, up); up = (at - 1) >> 1) {
      this.swap(at, up);
      at = up;
    }
  }

  pop(): { readonly pair: number; readonly times: number } | undefined {
    this.swap(0, this.entries.length - 1);
    const first = this.entries.pop();
    for (let at = 0; ; ) {
      const [left, right] = [2 * at + 1, 2 * at + 2];
      const down = this.precedes(right, left) ? right : left;
      if (!this.precedes(down, at)) return first;
      this.swap(at, down);
      at = down;
    }
  }
}

function* pairsOf(pieces: readonly number[]): Generator<number, void, void> {
  for (let k = 1; k < pieces.length; k++) yield (pieces[k - 1] as number) * base + (pieces[k] as number);
}

/** The pieces with each `left`, `right` in them replaced by `joined`. */
function joinedPieces(pieces: readonly number[], left: number, right: number, joined: number): number[] {
  const result: number[] = [];
  for (let k = 0; k < pieces.length; k++) {
    const isPair = pieces[k] === left && pieces[k + 1] === right;
    result.push(isPair ? joined : (pieces[k] as number));
    if (isPair) k++;
  }
  return result;
}

/**
 * Join pairs while `join` takes them.
 * @param words their pieces are replaced by those after the last join
 * @param join  called with the most frequent pair; the id of the piece that it becomes, below 65,536, or undefined to end
 */
export function learnMerges(
  words: readonly CountedWord[],
  join: (left: number, right: number) => number | undefined,
): void {
  const counts = new Map<number, number>();
  const holders = new Map<number, Set<CountedWord>>();
  const add = (word: CountedWord, pair: number) => {
    counts.set(pair, (counts.get(pair) ?? 0) + word.times);
    const holding = holders.get(pair);
    if (holding) holding.add(word);
    else holders.set(pair, new Set([word]));
  };
  for (const word of words) for (const pair of pairsOf(word.pieces)) add(word, pair);
  const queue = new PairQueue();
  for (const [pair, times] of counts) queue.push(pair, times);
  for (let top = queue.pop(); top; top = queue.pop()) {
    const { pair } = top;
    const times = counts.get(pair) ?? 0;
    if (times === 0) continue;
    // It has become rarer since it was queued.
    if (times !== top.times) {
      queue.push(pair, times);
      continue;
    }
    const [left, right] = [Math.floor(pair / base), pair % base];
    const joined = join(left, right);
    if (joined === undefined) return;
    const grown = new Set<number>();
    for (const word of holders.get(pair) ?? []) {
      for (const old of pairsOf(word.pieces)) counts.set(old, (counts.get(old) ?? 0) - word.times);
      word.pieces = joinedPieces(word.pieces, left, right, joined);
      for (const now of pairsOf(word.pieces)) {
        add(word, now);
        if (Math.floor(now / base) === joined || now % base === joined) grown.add(now);
      }
    }
    holders.delete(pair);
    counts.delete(pair);
    for (const now of grown) queue.push(now, counts.get(now) ?? 0);
  }
}
