// The tasks by id, and the one vocabulary they share: a checkpoint trained on one task can read any other.
import { InputError } from '../errors.ts';
import { detect } from './detect.ts';
import { taskWords } from './facts.ts';
import { memorize } from './memorize.ts';
import type { NoiseSource } from './noise.ts';
import { reasoning } from './reasoning.ts';
import type { Task } from './task.ts';
import { Vocabulary } from './vocabulary.ts';

export const tasks = { memorize, detect, reasoning } as const satisfies Readonly<Record<string, Task>>;
export type TaskId = keyof typeof tasks;

export { taskWords };

/** @throws InputError if no task has this id */
export function findTask(id: string, where = 'task'): Task {
  if (!Object.hasOwn(tasks, id))
    throw new InputError(where, `no task '${id}'`, `one of ${Object.keys(tasks).join(', ')}`);
  return tasks[id as TaskId];
}

/** The special tokens, the words of all tasks in their fixed order, then those of the noise. */
export function taskVocabulary(noise: NoiseSource): Vocabulary {
  return Vocabulary.of([...taskWords, ...noise.words]);
}
