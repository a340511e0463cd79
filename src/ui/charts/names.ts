// What a result is called in a legend or at the head of a column.
import type { EvaluateResult } from '../../store/evaluate.ts';
import { findTask } from '../../tasks/index.ts';

export const nameOf = ({ id, label, task, model, files }: EvaluateResult) =>
  `${id}. ${label}, ${model.kind} (${findTask(task).title}${files.length > 0 ? `: ${files[0]}` : ''})`;
