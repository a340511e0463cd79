// The motion of the opening: eight segments slowly, then ever faster to the end of the document, then the answer.

/** Where the motion is. */
export interface Playback {
  /** Segments shown, with the share of the newest one. */
  readonly head: number;
  /** After the last segment: how far the answer has risen out of the memory, 0 to 1. */
  readonly ending: number;
}

/** Segments that fill the width before the document moves away from its beginning. */
export const openingSegments = 8;
const slowly = 2900;
const faster = 1300;
const ending = 700;
/** Milliseconds from the first word to the answer, whatever the length. */
export const openingMilliseconds = slowly + faster + ending;

export const atStart: Playback = { head: 0, ending: 0 };
/** The finished picture of `seen` segments. */
export const atEnd = (seen: number, total: number): Playback => ({ head: seen, ending: seen >= total ? 1 : 0 });

export const isFinished = ({ ending }: Playback): boolean => ending >= 1;

const growths = new Map<number, number>();

/** The rate k at which the speed grows, so that (v/k)(e^(kT) − 1) segments pass in the time T of the fast part. */
function growthOf(segments: number, speed: number): number {
  const known = growths.get(segments);
  if (known !== undefined) return known;
  const passed = (k: number) => (Math.abs(k) < 1e-9 ? speed * faster : (speed / k) * Math.expm1(k * faster));
  let [low, high] = [-0.02, 0.02];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (passed(middle) < segments) low = middle;
    else high = middle;
  }
  growths.set(segments, high);
  return high;
}

/** Segments per millisecond at a point of the document. */
function speedAt(head: number, total: number): number {
  if (total <= openingSegments) return total / (slowly + faster);
  const speed = openingSegments / slowly;
  return speed + growthOf(total - openingSegments, speed) * Math.max(0, head - openingSegments);
}

/**
 * The playback some milliseconds later. It waits for segments that have not been read yet.
 * @param seen segments read so far, of `total`
 */
export function advanced(playback: Playback, milliseconds: number, seen: number, total: number): Playback {
  if (playback.head >= total) return { head: total, ending: Math.min(1, playback.ending + milliseconds / ending) };
  // Small steps: the speed depends on the position.
  let { head } = playback;
  for (let left = Math.min(milliseconds, 250); left > 0 && head < seen; left -= 8)
    head = Math.min(seen, head + Math.max(1e-4, speedAt(head, total)) * Math.min(8, left));
  return { head, ending: 0 };
}
