// The tasks by id, and the vocabulary each of them needs.
import { InputError } from '../errors.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { idsOf, type Vocabulary } from '../text/vocabulary.ts';
import { babi, babilong } from './babi.ts';
import { copy } from './copy.ts';
import { detect } from './detect.ts';
import { documents } from './documents.ts';
import { taskVocabulary, taskWords } from './facts.ts';
import { keyValue } from './key-value.ts';
import { language } from './language.ts';
import { memorize } from './memorize.ts';
import { quadratic } from './quadratic.ts';
import { reasoning } from './reasoning.ts';
import { retrieval } from './retrieval.ts';
import { reverse } from './reverse.ts';
import { rewrite } from './rewrite.ts';
import type { ClassTask, Material, Task, TaskKnob } from './task.ts';
import { carrying, carryingBefore } from './world/carrying.ts';
import { giving } from './world/giving.ts';
import { tracking } from './world/tracking.ts';

export const tasks = {
  memorize,
  detect,
  reasoning,
  tracking,
  carrying,
  'carrying-before': carryingBefore,
  giving,
  babi,
  documents,
  copy,
  reverse,
  retrieval,
  'key-value': keyValue,
  rewrite,
  babilong,
  quadratic,
  language,
} as const satisfies Readonly<Record<string, Task>>;
export type TaskId = keyof typeof tasks;

export { taskVocabulary, taskWords };

type Knobs = (typeof tasks)[TaskId]['knobs'];
type NamesOf<K> = K extends unknown ? keyof K : never;
type KnobNamed<N extends string, K> = K extends Readonly<Record<N, infer Named extends TaskKnob>> ? Named : never;
/** The knobs of all tasks by name; tasks with a knob of the same name share it. */
export type TaskKnobs = { readonly [N in NamesOf<Knobs>]: KnobNamed<N, Knobs> };

/**
 * Merge the lists without repeats. A name comes before those that follow it in any list, otherwise where it first
 * occurs.
 */
function inOrder(lists: readonly (readonly string[])[]): string[] {
  const names: string[] = [];
  for (const list of lists) {
    let before = names.length;
    for (const name of list.toReversed()) {
      const known = names.indexOf(name);
      if (known < 0) names.splice(before, 0, name);
      else before = known;
    }
  }
  return names;
}

const knobsOfTasks = Object.values(tasks).map((task): Task['knobs'] => task.knobs);
const knobNames = inOrder(knobsOfTasks.map((knobs) => Object.keys(knobs)));

/** In display order. */
export const taskKnobs = Object.fromEntries(
  knobNames.map((name) => [name, knobsOfTasks.find((knobs) => Object.hasOwn(knobs, name))?.[name]]),
) as TaskKnobs;

/** @throws InputError if no task has this id */
export function findTask(id: string, where = 'task'): Task {
  if (!Object.hasOwn(tasks, id))
    throw new InputError(where, `no task '${id}'`, `one of ${Object.keys(tasks).join(', ')}`);
  return tasks[id as TaskId];
}

/**
 * The words a task needs for the given material, special tokens first.
 * @throws InputError if a knob has no such choice
 */
export function vocabularyOf(task: Task, material: Material): Vocabulary {
  return task.vocabulary(material);
}

/**
 * The token of each class, for a model that answers with its next token: of several pieces the first.
 * @throws InputError if the vocabulary lacks one, or two classes begin with the same piece
 */
export function answerTokens(task: ClassTask, vocabulary: Vocabulary): Int32Array {
  if (!(vocabulary instanceof PieceVocabulary)) return idsOf(vocabulary, task.classes);
  const ids = Int32Array.from(task.classes, (name) => vocabulary.encode(name)[0] ?? vocabulary.unknown);
  const twice = task.classes.findIndex((_, k) => ids.indexOf(ids[k] ?? 0) < k);
  if (twice >= 0)
    throw new InputError(
      'tokenizer',
      `'${task.classes[twice]}' and '${task.classes[ids.indexOf(ids[twice] ?? 0)]}' with the same first piece`,
      'answers that differ in their first piece; use a larger tokenizer',
    );
  return ids;
}
