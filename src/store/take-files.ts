// Files given to a view as a whole, by a drop: what they are is told by their content, and what is not used is said.

import { type TaskId, tasks } from '../tasks/index.ts';
import { type Task, takesNoise } from '../tasks/task.ts';
import { longestNoise } from '../text/text-noise.ts';
import { canResume, headOf } from './checkpoint-header.ts';
import { sentenceOf } from './error-text.ts';
import { anyText } from './slices/models.ts';
import { isTraining } from './slices/run-state.ts';
import type { State } from './state.ts';
import { viewTitles } from './view-titles.ts';

const findTask = (id: string | undefined): Task | undefined =>
  id !== undefined && Object.hasOwn(tasks, id) ? tasks[id as TaskId] : undefined;

/** A file that is no model, on a view that shows a model. What is refused is said beside the button that opens models. */
async function takeText(file: File, { experiment, materials, models, stream }: State): Promise<void> {
  const { view } = experiment;
  const settings = view === 'stream' ? experiment.stream : view === 'extrapolate' ? experiment.evaluate : undefined;
  const choice = settings && models.resolve(settings.model);
  const task = findTask(settings?.task ?? models.card(choice)?.task);
  try {
    const { openText, readWholeText } = await import('../text/open-text.ts');
    if (view === 'stream' && task && takesNoise(task)) {
      stream.setNoise(await readWholeText(file, longestNoise));
      return models.dismissProblem();
    }
    const readsFiles = choice !== undefined && models.readsFiles(choice, settings?.task);
    if (readsFiles) return await materials.giveFile(file, (task?.id ?? anyText) as TaskId);
    await openText(file);
    models.refuse(
      `${file.name} is a text, and ${task ? `${task.title} reads none on this view` : 'this view reads none'}, so it is not used. To train on it, drop it on the Train view.`,
    );
  } catch (error) {
    models.refuse(`${sentenceOf(error)} The file is not used, and nothing has changed.`);
  }
}

/** Give files to the current view: a run to Runs, models to what shows them, and texts to their task. */
export async function takeFiles(files: readonly File[], state: State): Promise<void> {
  const { experiment, imports, materials, run, runs, start } = state;
  const [file, second] = files;
  if (!file) return;
  const { view } = experiment;
  if (view === 'runs') return runs.importFiles(files);
  if (view === 'inside' || view === 'device' || view === 'learn')
    return experiment.report(
      `${viewTitles[view]} takes no files, so ${file.name} is not used. Drop a model or a text on Stream, or on Train.`,
    );
  const { holdsWeights } = await import('../text/open-text.ts');
  const isModel = (await Promise.all(files.map((each) => holdsWeights(each).catch(() => false)))).includes(true);
  if (view === 'train') {
    if (isTraining(run.status))
      return experiment.report(`A run is in training, so ${file.name} is not used. Stop the run first.`);
    if (isModel && !second && canResume(await headOf(file))) return run.resumeFile(file);
    if (isModel) {
      const model = await imports.open(files);
      return model === undefined ? undefined : start.choose(model);
    }
    for (const each of files) await materials.giveFile(each, experiment.config.task);
    return;
  }
  if (!isModel) {
    for (const each of files) await takeText(each, state);
    return;
  }
  const model = await imports.open(files);
  if (model === undefined) return;
  if (view === 'stream') experiment.setStream({ model, task: undefined });
  else if (view === 'compute') experiment.setCompute({ model });
  else if (view === 'capacity') experiment.setCapacity({ model });
  else experiment.setEvaluate({ model, task: undefined });
}
