// The words of the world's sentences beyond those of the fact tasks. Plain data, no sampling.
import type { NoiseSource } from '../../text/noise.ts';
import { Vocabulary } from '../../text/vocabulary.ts';
import { names, taskWords } from '../facts.ts';

/** Those of bAbI: the four of task 1, then the others of task 5. */
export const people = [...names, 'fred', 'jeff', 'bill'] as const;
export const objects = ['football', 'milk', 'apple'] as const;
export const takings = ['got', 'grabbed', 'took', 'picked up'] as const;
export const droppings = ['dropped', 'discarded', 'left', 'put down'] as const;
export const givings = ['gave', 'handed', 'passed'] as const;

export type Person = (typeof people)[number];
export type Thing = (typeof objects)[number];
export { type Place, places } from '../facts.ts';

/** In a fixed order, so that the ids of a checkpoint do not change. Append new words at the end. */
const worldWords: readonly string[] = [
  ...people.slice(names.length),
  ...objects,
  ...[...takings, ...droppings, ...givings].flatMap((verb) => verb.split(' ')),
  ...['there', 'was', 'before', 'who', 'did', 'give', 'received'],
];

/**
 * The special tokens, the words of the fact tasks, those of the world, and those of the noise: a checkpoint trained on
 * one task of the world can read any other, and the fact tasks too.
 */
export const worldVocabulary = (noise: NoiseSource): Vocabulary =>
  Vocabulary.of([...taskWords, ...worldWords, ...noise.words]);

/** How many of its words a knob of the world takes: the first ones. */
export const firstOf = <T>(list: readonly T[], count: string): readonly T[] => list.slice(0, Number(count));
