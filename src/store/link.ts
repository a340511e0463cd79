// A link to the experiment, and what the link cannot contain.
import { type Experiment, type View, writeAddress } from './address.ts';
import { hubPrefix } from './slices/hub.ts';
import { fileNames, materialsForRun } from './slices/materials.ts';
import { runPrefix } from './slices/models.ts';
import type { State } from './state.ts';

/** @param page the page's own address; its hash is replaced */
export function linkTo(page: string, experiment: Experiment): string {
  return `${page.replace(/#.*$/, '')}${writeAddress(experiment)}`;
}

/** What the link does not contain, each item in words. */
export function notInLink({
  experiment,
  materials,
  models: known,
}: Pick<State, 'experiment' | 'materials' | 'models'>): string[] {
  const { view, config, train, stream, evaluate, capacity, runs } = experiment;
  const missing: string[] = [];
  const file = (name: string) => missing.push(`your file ${name}`);
  if (view === 'train') {
    const given = materialsForRun(config, materials.given) ?? {};
    for (const name of [given.noise?.name, ...fileNames(given), given.tokenizer?.name])
      if (name !== undefined) file(name);
  }
  const shown: Partial<Record<View, readonly (string | undefined)[]>> = {
    train: [train.from],
    stream: [stream.model],
    inside: [stream.model],
    extrapolate: [evaluate.model, ...evaluate.also],
    capacity: [capacity.model],
  };
  const models = shown[view] ?? [];
  for (const model of models) {
    if (model === 'training') missing.push('the model you trained (download its checkpoint)');
    else if (model?.startsWith(runPrefix)) missing.push(`your run ${known.title(model)} (export it as a file)`);
    else if (model?.startsWith('file:')) file(model.slice('file:'.length));
    else if (model?.startsWith(hubPrefix))
      missing.push(`the model ${known.title(model)} of the hub (download it there too)`);
  }
  if (view === 'runs' || view === 'train')
    for (const id of runs.compared) missing.push(`your run ${known.title(`${runPrefix}${id}`)} (export it as a file)`);
  return [...new Set(missing)];
}
