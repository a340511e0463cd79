// What an attribution says about single words: the scale of the tints, and the words that count most.
import type { AttributedSegment } from '../../../protocol/index.ts';

/** The scalar that is explained. */
export type Objective = 'margin' | 'logProbability';

export interface TopWord {
  readonly segment: number;
  readonly at: number;
  readonly word: string;
  readonly value: number;
}

/** The words of the largest contributions, in either direction. */
export function topWords(segments: Iterable<AttributedSegment>, objective: Objective, most: number): TopWord[] {
  const all: TopWord[] = [];
  for (const segment of segments)
    segment[objective].words.forEach((value, at) => {
      all.push({ segment: segment.index, at, word: segment.words[at] ?? '', value });
    });
  return all.sort((a, b) => Math.abs(b.value) - Math.abs(a.value)).slice(0, most);
}

/** The sum of the contributions of all words. */
export const totalOf = (segments: Iterable<AttributedSegment>, objective: Objective): number => {
  let sum = 0;
  for (const segment of segments) for (const value of segment[objective].words) sum += value;
  return sum;
};

/**
 * The segments whose words are shown: all of a short document, and of a long one those that count most, with those that
 * have something marked.
 */
export function shownSegments(
  segments: readonly AttributedSegment[],
  objective: Objective,
  most: number,
): AttributedSegment[] {
  if (segments.length <= most) return [...segments];
  const weight = ({ [objective]: { words }, marks }: AttributedSegment) =>
    marks.length > 0 ? Number.POSITIVE_INFINITY : words.reduce((sum, value) => sum + Math.abs(value), 0);
  return [...segments]
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, most)
    .sort((a, b) => a.index - b.index);
}
