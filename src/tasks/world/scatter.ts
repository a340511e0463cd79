// Where the sentences of a story stand in a document: at random places, in order, whole within a segment.
import type { Random } from '../../random.ts';

interface Room {
  readonly segments: number;
  readonly segmentSize: number;
  /** Tokens at the end of the last segment that are taken. */
  readonly questionLength: number;
  /** Tokens of the longest sentence. */
  readonly longest: number;
}

/** Sentences of the longest kind that fit in each segment: in every one but the last, and in the last. */
const slotsOf = ({ segmentSize, questionLength, longest }: Room) => ({
  each: Math.floor(segmentSize / longest),
  last: Math.floor((segmentSize - questionLength) / longest),
});

/** How many sentences a document holds, whatever their lengths. */
export function capacity(room: Room): number {
  const { each, last } = slotsOf(room);
  return (room.segments - 1) * each + last;
}

/**
 * The first token of each of `count` sentences, at most `capacity(room)`. Every choice of slots is equally likely, so
 * that the sentences lie anywhere in the document.
 * @param length   of sentence k in tokens, at most `room.longest`
 * @param position of the sentences in a segment: one after the other from its start, or with random gaps
 */
export function scatter(
  random: Random,
  room: Room,
  count: number,
  length: (k: number) => number,
  position: string,
): number[] {
  const { segments, segmentSize, questionLength } = room;
  const { each, last } = slotsOf(room);
  const slots = distinct(random, count, (segments - 1) * each + last);
  const starts: number[] = [];
  for (let k = 0; k < count; ) {
    const segment = Math.floor((slots[k] ?? 0) / each);
    let end = k;
    let used = 0;
    while (end < count && Math.floor((slots[end] ?? 0) / each) === segment) used += length(end++);
    const free = segmentSize - used - (segment === segments - 1 ? questionLength : 0);
    const gaps = position === 'anywhere' ? distinct(random, end - k, free + end - k).map((at, i) => at - i) : [];
    let at = segment * segmentSize;
    for (let i = k; i < end; i++) {
      starts.push(at + (gaps[i - k] ?? 0));
      at += length(i);
    }
    k = end;
  }
  return starts;
}

/** `count` different integers in [0, n), in order; all sets are equally likely (Floyd's algorithm). */
function distinct(random: Random, count: number, n: number): number[] {
  const chosen = new Set<number>();
  for (let top = n - count; top < n; top++) {
    const drawn = random.int(top + 1);
    chosen.add(chosen.has(drawn) ? top : drawn);
  }
  return [...chosen].sort((a, b) => a - b);
}
