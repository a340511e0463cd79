// A few validation samples in readable form: the question, the correct answer, and the model's most likely answer.

import type { Drawn } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Blueprint } from '../models/blueprint.ts';
import type { BatchResult } from '../models/score.ts';
import type { Batch } from '../models/targets.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';

/** A validation sample with the model's predictions. */
export interface Example {
  /** The prompt: facts and question, or the words before the answer. */
  readonly prompt: readonly string[];
  /** Number of words omitted before the prompt's first. */
  readonly skipped: number;
  /** The class, or the last words of the answer, at most `mostExampleWords` of them. */
  readonly expected: readonly string[];
  /** The most likely word at each position. */
  readonly predicted: readonly string[];
  /** The probability of each expected word. */
  readonly probabilities: readonly number[];
  /** The token ids of the prompt, if it is in pieces of a tokenizer. */
  readonly ids?: Int32Array;
}

/** Maximum examples shown, and words shown of each. */
export const mostExamples = 6;
const mostPromptWords = 24;
export const mostExampleWords = 24;

/** Facts and question where they are marked, else the last words before the answer. */
function promptOf({ sample, words, from }: Drawn, { vocabulary }: Work): Pick<Example, 'prompt' | 'skipped' | 'ids'> {
  const prompt = (ids: Int32Array) => ({
    prompt: Array.from(ids, (id) => vocabulary.word(id)),
    ...(vocabulary instanceof PieceVocabulary ? { ids } : {}),
  });
  const read = (start: number, end: number) => words.slice(start, end).filter((id) => id !== vocabulary.pad);
  const marks = 'answer' in sample ? sample.marks.filter(({ kind }) => kind !== 'answer') : [];
  if (marks.length > 0)
    return { ...prompt(Int32Array.from(marks.flatMap(({ start, end }) => [...read(start, end)]))), skipped: 0 };
  const start = Math.max(0, from - mostPromptWords);
  return { ...prompt(read(start, from)), skipped: start };
}

/** The first samples of a scored batch. */
export function examplesOf(
  samples: readonly Drawn[],
  batch: Batch,
  { rows }: BatchResult,
  work: Work,
  { answers, layout }: Pick<Blueprint, 'answers' | 'layout'>,
): Example[] {
  const { task, vocabulary } = work;
  const perSequence = layout.head.rows;
  const nameOf = (id: number) =>
    answers === 'class' && task.kind === 'classification' ? (task.classes[id] ?? String(id)) : vocabulary.word(id);
  return samples.slice(0, mostExamples).map((drawn, b): Example => {
    const asked: { readonly expected: string; readonly predicted: string; readonly probability: number }[] = [];
    batch.targets.forEach((targets, n) => {
      const values = rows[n];
      const length = answers === 'class' ? 1 : (batch.segments[n]?.[b]?.length ?? 0);
      for (let t = 0; targets && values && t < length; t++) {
        const row = b * perSequence + t;
        if (!targets.weights[row]) continue;
        const [loss = Number.NaN, predicted = 0] = values.subarray(2 * row, 2 * row + 2);
        const expected = nameOf(targets.labels[row] ?? 0);
        asked.push({ expected, predicted: nameOf(predicted), probability: Math.exp(-loss) });
      }
    });
    const shown = asked.slice(-mostExampleWords);
    return {
      // Of a long answer the end is shown, preceded by the words it continues.
      ...promptOf(shown.length < asked.length ? { ...drawn, from: drawn.to - shown.length } : drawn, work),
      expected: shown.map(({ expected }) => expected),
      predicted: shown.map(({ predicted }) => predicted),
      probabilities: shown.map(({ probability }) => probability),
    };
  });
}
