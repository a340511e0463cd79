// What a result is called in a legend or at the head of a column, and which line is its own.
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { findTask } from '../../tasks/index.ts';

export const nameOf = ({ id, label, task, model, files }: EvaluateResult) =>
  `${id}. ${label}, ${model.kind} (${findTask(task).title}${files.length > 0 ? `: ${files[0]}` : ''})`;

/** A result keeps its colour, dashes and marker when others are taken off the plot. */
export const lineOf = ({ id }: EvaluateResult) => id - 1;
