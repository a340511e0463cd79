// What an attribution adds to the ribbon: the contribution of each word to the answer, and the gradient at each memory.
import type { AttributedSegment } from '../../protocol/index.ts';
import type { Contributions } from './film.ts';

/** The one of some contributions that is farthest from zero, and where it is. */
export function strongestOf(values: Float32Array): { readonly at: number; readonly value: number } {
  let at = -1;
  values.forEach((value, i) => {
    if (at < 0 || Math.abs(value) > Math.abs(values[at] ?? 0)) at = i;
  });
  return { at, value: values[at] ?? 0 };
}

export function contributionsOf(segments: ReadonlyMap<number, AttributedSegment>, total: number): Contributions {
  const words = new Map<number, Float32Array>();
  const norms = new Float32Array(total);
  let [largest, hasMemory] = [0, false];
  for (const [index, { margin }] of segments) {
    words.set(index, margin.words);
    largest = Math.max(largest, Math.abs(strongestOf(margin.words).value));
    hasMemory ||= margin.norms.length > 0;
    norms[index] = Math.hypot(...margin.norms);
  }
  const highest = norms.reduce((most, norm) => Math.max(most, norm), 0);
  return { words, largest, gradient: hasMemory ? { norms, largest: highest, of: 'answer' } : undefined };
}
