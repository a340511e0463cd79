// Files dropped anywhere on the page go to the current view.
import { useEffect } from 'react';
import { isTraining } from '../store/slices/run.ts';
import type { State } from '../store/state.ts';
import { type TaskId, tasks } from '../tasks/index.ts';
import { useStoreApi } from './playground.tsx';

const isTask = (id: string | undefined): id is TaskId => id !== undefined && Object.hasOwn(tasks, id);

async function take(file: File, { experiment, materials, models, run, runs }: State): Promise<void> {
  if (experiment.view === 'runs') return runs.importFile(file.name, file);
  const { holdsWeights } = await import('../text/open-text.ts');
  const isCheckpoint = await holdsWeights(file).catch(() => false);
  if (experiment.view === 'train') {
    if (isTraining(run.status)) return;
    // A text may be larger than memory, so only a checkpoint is read here.
    if (isCheckpoint) run.resumeFile(file.name, new Uint8Array(await file.arrayBuffer()));
    else await materials.giveFile(file, experiment.config.task);
    return;
  }
  if (!isCheckpoint) {
    const settings = experiment.view === 'stream' ? experiment.stream : experiment.evaluate;
    const task = settings.task ?? models.card(models.resolve(settings.model))?.task;
    if (isTask(task)) return materials.giveFile(file, task);
  }
  if (!models.addFile(file.name, new Uint8Array(await file.arrayBuffer()))) return;
  const settings = { model: `file:${file.name}`, task: undefined };
  if (experiment.view === 'stream') experiment.setStream(settings);
  else experiment.setEvaluate(settings);
}

export function useDrop(): void {
  const playground = useStoreApi();
  useEffect(() => {
    const allow = (event: DragEvent) => event.preventDefault();
    const drop = (event: DragEvent) => {
      // A button that accepts files has already handled it.
      if (event.defaultPrevented) return;
      event.preventDefault();
      const file = event.dataTransfer?.files[0];
      if (file) void take(file, playground.getState());
    };
    window.addEventListener('dragover', allow);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragover', allow);
      window.removeEventListener('drop', drop);
    };
  }, [playground]);
}
