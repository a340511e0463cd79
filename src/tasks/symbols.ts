// The symbols of the algorithmic tasks: letters, digits, and the token that precedes the answer.
import type { Random } from '../random.ts';
import { drawOf } from '../text/split.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import type { SampleRequest, TaskKnob } from './task.ts';

export const letters: readonly string[] = [...'abcdefghijklmnopqrstuvwxyz'];
export const digits: readonly string[] = [...'0123456789'];
/** The answer follows this token. */
export const start = '>';

export const alphabetKnob = {
  label: 'Different symbols',
  help: 'Number of letters the sequence is drawn from. Guessing is correct once in that many times.',
  source: 'see the task',
  about: 'data',
  basic: true,
  choices: ['8', '2', '4', '16', '26'],
  initial: '8',
} as const satisfies TaskKnob;

const lettersOf = (alphabet: string) => letters.slice(0, Number(alphabet));

/** The start token comes first, so that a letter's id does not depend on the alphabet. */
export const alphabetVocabulary = (alphabet: string) => Vocabulary.of([start, ...lettersOf(alphabet)]);

/** `length` uniformly drawn letters, as indices into the alphabet. */
export function drawLetters(random: Random, { split }: SampleRequest, alphabet: string, length: number): Int32Array {
  const size = Number(alphabet);
  const draw = (random: Random) => Int32Array.from({ length }, () => random.int(size));
  return drawOf(random, split, size ** length, draw, (drawn) => drawn);
}
