// What a job is asked that samples documents of its own: the model, and the task and materials that were chosen for it.
import type { HoldersRequest } from '../protocol/index.ts';
import type { State } from './state.ts';

type SampledRequest = Pick<HoldersRequest, 'model' | 'task' | 'materials'>;

/** @throws Error if the model is unavailable */
export async function sampledRequest(
  { experiment, models }: Pick<State, 'experiment' | 'models'>,
  choice: string,
): Promise<SampledRequest> {
  const { task } = experiment.stream;
  const model = await models.source(choice);
  const materials = models.materials(choice, task ?? models.card(choice)?.task);
  return { model, ...(task === undefined ? {} : { task }), ...(materials ? { materials } : {}) };
}
