// The tasks by id, and what each of them needs in its vocabulary.
import { InputError } from '../errors.ts';
import { idsOf, type Vocabulary } from '../text/vocabulary.ts';
import { copy } from './copy.ts';
import { detect } from './detect.ts';
import { documents } from './documents.ts';
import { taskVocabulary, taskWords } from './facts.ts';
import { language } from './language.ts';
import { memorize } from './memorize.ts';
import { quadratic } from './quadratic.ts';
import { reasoning } from './reasoning.ts';
import { retrieval } from './retrieval.ts';
import { reverse } from './reverse.ts';
import type { ClassTask, Material, Task } from './task.ts';

export const tasks = {
  memorize,
  detect,
  reasoning,
  documents,
  copy,
  reverse,
  retrieval,
  quadratic,
  language,
} as const satisfies Readonly<Record<string, Task>>;
export type TaskId = keyof typeof tasks;

export { taskVocabulary, taskWords };

/** @throws InputError if no task has this id */
export function findTask(id: string, where = 'task'): Task {
  if (!Object.hasOwn(tasks, id))
    throw new InputError(where, `no task '${id}'`, `one of ${Object.keys(tasks).join(', ')}`);
  return tasks[id as TaskId];
}

/**
 * The words a task needs, given what it is about: the special tokens first.
 * @throws InputError if a knob has no such choice
 */
export function vocabularyOf(task: Task, material: Material): Vocabulary {
  return task.vocabulary(material);
}

/**
 * The token that says each class, for a model that answers with its next token.
 * @throws InputError if the vocabulary lacks one
 */
export function answerTokens(task: ClassTask, vocabulary: Vocabulary): Int32Array {
  return idsOf(vocabulary, task.classes);
}
