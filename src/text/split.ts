// The split into training and validation. Sequences too many to list are held out by their hash, one in eight.
import type { Random } from '../random.ts';

/** The part of the facts, sequences or texts that a sample is drawn from. */
export type Split = 'train' | 'validation';

const oneIn = 8;
/** With fewer sequences than this a model could memorise them all, and one of the parts might even be empty. */
const fewest = 4096;

/** A 32-bit hash of a list of integers (FNV-1a over numbers, then Murmur3's finaliser). */
export function hashOf(values: ArrayLike<number>): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < values.length; i++) h = Math.imul(h ^ (values[i] ?? 0), 0x01000193);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/**
 * Draw until the sequence belongs to the split: 1 in 8 is held out for validation, and training never sees those.
 * @param space number of possible sequences; below 4096 both splits draw from all of them
 * @param key   the numbers that identify a drawn sequence
 */
export function drawOf<T>(
  random: Random,
  split: Split,
  space: number,
  make: (random: Random) => T,
  key: (made: T) => ArrayLike<number>,
): T {
  for (;;) {
    const made = make(random);
    if (space < fewest || (hashOf(key(made)) % oneIn === 0) === (split === 'validation')) return made;
  }
}
