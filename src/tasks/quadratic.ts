// Quadratic equations: the equation, and then its solution step by step, character by character.
import { InputError } from '../errors.ts';
import { idsOf, Vocabulary } from '../text/vocabulary.ts';
import {
  characters,
  checkSolution,
  type Equation,
  equationText,
  readEquation,
  solutionText,
  withRoots,
} from './quadratic-text.ts';
import { defineTask, type Pool, pool } from './sampling.ts';
import { start } from './symbols.ts';
import type { TaskKnob } from './task.ts';

export const rootsKnob = {
  label: 'Largest root',
  help: 'The roots are whole numbers from minus this value to this value.',
  source: 'see the task',
  about: 'data',
  basic: true,
  choices: ['5', '9', '20', '40'],
  initial: '5',
} as const satisfies TaskKnob;

export const leadingKnob = {
  label: 'Largest leading coefficient',
  help: 'The factor of x²: a whole number from 1 to this value.',
  source: 'see the task',
  about: 'data',
  basic: true,
  choices: ['1', '3'],
  initial: '1',
} as const satisfies TaskKnob;

interface Equations extends Pool<Equation> {
  /** Characters of the longest equation with its solution, including start and end tokens. */
  readonly longest: number;
}
const made = new Map<string, Equations>();

/**
 * All equations of these knobs, once each: (x - p)(x - q) and (x - q)(x - p) are the same. About 1 in 7 is held out, by
 * a rule on its numbers alone, so the held-out set does not depend on the knobs. Every root occurs in both parts, and
 * nearly every discriminant in validation also occurs in training.
 */
export function equations(roots: string, leading: string): Equations {
  const key = `${roots} ${leading}`;
  const known = made.get(key);
  if (known) return known;
  const all: Equation[] = [];
  const heldOut = new Set<Equation>();
  for (let a = 1; a <= Number(leading); a++)
    for (let p = -Number(roots); p <= Number(roots); p++)
      for (let q = p; q <= Number(roots); q++) {
        const equation = withRoots(a, p, q);
        all.push(equation);
        // 140 is a multiple of 7 that keeps the sum positive.
        if ((140 + p + 2 * q + a) % 7 === 0) heldOut.add(equation);
      }
  const longest = Math.max(...all.map((equation) => text(equation).length));
  const equations = { ...pool(all, (equation) => heldOut.has(equation)), longest };
  made.set(key, equations);
  return equations;
}

const text = (equation: Equation) => `${equationText(equation)}${start}${solutionText(equation)}`;

const vocabularyWords = [start, ...characters];

export const quadratic = defineTask({
  id: 'quadratic',
  title: 'Quadratic equations',
  description:
    'Solve an equation in writing: the discriminant, its square root, and the two roots of the equation. Every step ' +
    'needs the equation or an earlier step.',
  source: 'Bulatov et al. 2022, arXiv:2207.06881, quadratic equations; the wording of the solution is our own',
  kind: 'generation',
  measure: 'accuracy',
  knobs: { roots: rootsKnob, leading: leadingKnob },
  minimumSegmentSize: 1,
  material: 'none',
  vocabulary: () => Vocabulary.of(vocabularyWords),
  /** All samples have the same length: a short solution is followed by padding, which is not part of the answer. */
  sample(random, { segments, segmentSize, split, vocabulary }, { roots, leading }) {
    const room = segments * segmentSize;
    const { longest, ...pool } = equations(roots, leading);
    if (room + 1 < longest)
      throw new InputError(
        'quadratic: segments × segment size',
        `${room} tokens`,
        `at least ${longest - 1}, for the longest solution with roots ${roots} and leading ${leading}`,
      );
    const written = [...text(random.pick(pool[split]))];
    const tokens = new Int32Array(room + 1).fill(vocabulary.pad);
    tokens.set(idsOf(vocabulary, written));
    const answerFrom = written.indexOf(start) + 1;
    const answerEnd = written.length;
    return {
      tokens,
      answerFrom,
      answerEnd,
      marks: [
        { kind: 'question', start: 0, end: answerFrom },
        { kind: 'answer', start: answerFrom, end: answerEnd },
      ],
    };
  },
  check(answer, { tokens, answerFrom }, vocabulary) {
    const equation = [...tokens.subarray(0, answerFrom - 1)].map((id) => vocabulary.word(id)).join('');
    return checkSolution(readEquation(equation), answer.join(''));
  },
});
