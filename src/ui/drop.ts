// Files dropped anywhere on the page go to the current view.
import { useEffect } from 'react';
import { isTraining } from '../store/slices/run.ts';
import type { State } from '../store/state.ts';
import { type TaskId, tasks } from '../tasks/index.ts';
import { droppedFiles } from './controls/dropped-files.ts';
import { useStoreApi } from './playground.tsx';

const isTask = (id: string | undefined): id is TaskId => id !== undefined && Object.hasOwn(tasks, id);

async function takeText(file: File, { experiment, materials, models, run }: State): Promise<void> {
  if (experiment.view === 'train') {
    if (!isTraining(run.status)) await materials.giveFile(file, experiment.config.task);
    return;
  }
  const settings = experiment.view === 'stream' ? experiment.stream : experiment.evaluate;
  const task = settings.task ?? models.card(models.resolve(settings.model))?.task;
  if (isTask(task)) await materials.giveFile(file, task);
}

async function take(files: readonly File[], state: State): Promise<void> {
  const { experiment, imports, run, runs } = state;
  const [file, second] = files;
  if (!file) return;
  if (experiment.view === 'runs') return runs.importFile(file.name, file);
  const { holdsWeights } = await import('../text/open-text.ts');
  const isModel = await Promise.all(files.map((each) => holdsWeights(each).catch(() => false)));
  if (!isModel.includes(true)) for (const each of files) await takeText(each, state);
  else if (experiment.view === 'train') {
    if (!isTraining(run.status) && !second) await run.resumeFile(file);
  } else {
    const model = await imports.open(files);
    if (model === undefined) return;
    if (experiment.view === 'stream') experiment.setStream({ model, task: undefined });
    else if (experiment.view === 'compute') experiment.setCompute({ model });
    else experiment.setEvaluate({ model, task: undefined });
  }
}

export function useDrop(): void {
  const playground = useStoreApi();
  useEffect(() => {
    const allow = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      // A button that accepts files has already handled it.
      if (event.defaultPrevented) return;
      event.preventDefault();
      if (event.dataTransfer) void droppedFiles(event.dataTransfer).then((files) => take(files, playground.getState()));
    };
    window.addEventListener('dragover', allow);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', allow);
      window.removeEventListener('drop', drop);
    };
  }, [playground]);
}
