// What a task's figures mean, in words: what is scored, the accuracy of guessing, and other names for the loss.
import { type TaskId, tasks } from './index.ts';
import { type Task, takesNoise } from './task.ts';
import { statementOf } from './user-form.ts';

/** Predictions of a classifier, words of an answer, or every word of a text. */
export type Measure = 'classes' | 'answer words' | 'every word';

const taskOf = (id: string): Task | undefined => (Object.hasOwn(tasks, id) ? tasks[id as TaskId] : undefined);

export function measureOf(taskId: string): Measure {
  const task = taskOf(taskId);
  if (task?.kind !== 'generation') return 'classes';
  return task.measure === 'loss' ? 'every word' : 'answer words';
}

/** Whether a task hides its facts in noise. */
export function hasNoise(taskId: string): boolean {
  const task = taskOf(taskId);
  return task !== undefined && takesNoise(task);
}

/** Whether the facts of a task say something of a subject. */
export function saysOfSomebody(taskId: string): boolean {
  const task = taskOf(taskId);
  return task?.kind === 'classification' && !!task.userForms && !!statementOf(task.userForms, task.classes);
}

/** Accuracy of guessing; undefined where there is none. */
export function chanceOf(taskId: string, knobs: Readonly<Record<string, unknown>> = {}): number | undefined {
  const task = taskOf(taskId);
  if (task?.kind === 'classification') return 1 / task.classes.length;
  // Its keys are letters, but the answer is a digit.
  if (task?.id === 'retrieval') return 1 / 10;
  if (task && Object.hasOwn(task.knobs, 'alphabet'))
    return 1 / Number(knobs['alphabet'] ?? task.knobs['alphabet']?.initial);
  return undefined;
}

/** What a loss is a mean over: the units of a text, or the words of an answer. */
export function tokenName(unit: string | undefined): 'word' | 'piece' | 'character' | 'byte' {
  if (unit === 'pieces') return 'piece';
  return unit === 'characters' ? 'character' : unit === 'bytes' ? 'byte' : 'word';
}

/** What a task's loss is a mean over, and what its accuracy counts. */
export const tokenOf = (measure: Measure, unit: string | undefined) =>
  measure === 'every word' ? tokenName(unit) : 'word';

/** What the accuracy refers to. */
export function accuracyOf(measure: Measure, unit: string | undefined): string {
  if (measure === 'classes') return 'correct answers';
  return measure === 'every word' ? `next ${tokenName(unit)}s predicted correctly` : 'answer words predicted correctly';
}

/** What the field reports for language modelling instead of a loss in nats. */
export interface LossName {
  readonly name: 'perplexity' | 'bits per character' | 'bits per byte';
  of(nats: number): number;
}

const bits = (nats: number) => nats / Math.LN2;

export function lossName(unit: string | undefined): LossName | undefined {
  if (unit === 'words' || unit === 'pieces') return { name: 'perplexity', of: Math.exp };
  if (unit === 'characters') return { name: 'bits per character', of: bits };
  return unit === 'bytes' ? { name: 'bits per byte', of: bits } : undefined;
}
