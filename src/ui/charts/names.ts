// The name of a result in legends and column headings, and its line style.
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { findTask } from '../../tasks/index.ts';

export const nameOf = ({ id, label, task, model, files }: EvaluateResult) =>
  `${id}. ${label}, ${model.kind} (${findTask(task).title}${files.length > 0 ? `: ${files[0]}` : ''})`;

/** A result keeps its colour, dashes and marker when others are removed from the plot. */
export const lineOf = ({ id }: EvaluateResult) => id - 1;
