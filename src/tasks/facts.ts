// The words of the fact tasks, in the fixed order of their shared vocabulary. Plain data, no sampling.
import type { NoiseSource } from '../text/noise.ts';
import { Vocabulary } from '../text/vocabulary.ts';

export const names = ['mary', 'john', 'daniel', 'sandra'] as const;
export const actions = ['moved', 'went', 'went back', 'journeyed', 'travelled'] as const;
/** The six answer classes of every fact task, in label order. */
export const places = ['bathroom', 'hallway', 'garden', 'office', 'bedroom', 'kitchen'] as const;
export const directions = ['east', 'west', 'north', 'south'] as const;

export type Place = (typeof places)[number];
export type Direction = (typeof directions)[number];

export const opposite = {
  east: 'west',
  west: 'east',
  north: 'south',
  south: 'north',
} as const satisfies Record<Direction, Direction>;

/** Every word of facts and questions, once each. Append new words at the end, so that ids do not change. */
export const taskWords: readonly string[] = [
  ...names,
  ...new Set(actions.flatMap((action) => action.split(' '))),
  ...places,
  ...directions,
  ...['the', 'to', 'of', 'is', 'where', 'what', '.', '?'],
];

/**
 * The special tokens, the words of all fact tasks in their fixed order, then those of the noise, so that a checkpoint
 * trained on one of these tasks can read any other.
 */
export function taskVocabulary(noise: NoiseSource): Vocabulary {
  return Vocabulary.of([...taskWords, ...noise.words]);
}
