// Takes a checkpoint to PyTorch: its run goes on there if it has steps left, or begins from its weights.
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import type { Materials } from '../experiment/materials.ts';
import type { NamedBytes } from '../experiment/starting-model.ts';
import { type OnFileProgress, openCheckpoint } from '../experiment/workspace.ts';
import { type BeginningRequest, beginningOf } from '../train/beginning.ts';
import { changedKnob, openTraining } from '../train/resume.ts';
import { type TorchFolder, torchFolder } from './folder.ts';

export interface TakeHomeRequest {
  /** A checkpoint; without one, the run begins with the fresh weights of its seed. */
  readonly file?: NamedBytes | undefined;
  /** The checkpoint's own run, the same with more stages, or another one that starts from its weights. */
  readonly config: RunConfig;
  /** Begin the run again, with the fresh weights of its seed. */
  readonly isFresh?: boolean;
  /** The user's data that the run reads. */
  readonly materials?: Materials;
  /** For training; all that the run still reads by default, at most 100,000. */
  readonly samples?: number | undefined;
  /** Called with the share of the samples that are drawn. */
  readonly onProgress?: (share: number) => void;
  readonly reading?: OnFileProgress;
}

/** Whether the run of a training checkpoint goes on with this configuration. */
function goesOn({ checkpoint }: ReturnType<typeof openCheckpoint>, file: NamedBytes, config: RunConfig): boolean {
  if (checkpoint.training === undefined) return false;
  if (![...checkpoint.tensors.keys()].some((name) => name.startsWith('optimizer.'))) return false;
  const { config: saved, progress } = openTraining(file);
  return changedKnob(saved, config) === undefined && Number(progress['stage']) < config.stages.length;
}

/** What the checkpoint is to the run: the state it resumes from, the weights it starts from, or nothing. */
function roleOf({ file, config, isFresh = false }: TakeHomeRequest): Pick<BeginningRequest, 'resume' | 'from'> {
  if (!file) return {};
  const opened = openCheckpoint(file.bytes, file.name);
  const { training } = opened.checkpoint;
  if (isFresh && typeof training === 'object' && training !== null && 'origin' in training)
    throw new InputError(opened.where, 'a run that started from a checkpoint', 'a run that started from fresh weights');
  if (isFresh) return {};
  return goesOn(opened, file, config) ? { resume: file } : { from: file };
}

/** @throws InputError if the checkpoint, the configuration or a file cannot be used */
export async function takeHome(request: TakeHomeRequest): Promise<TorchFolder> {
  const { config, materials = {}, samples, onProgress = () => {}, reading = () => {} } = request;
  const beginning = await beginningOf(config, { materials, reading, ...roleOf(request) });
  return torchFolder(config, beginning, { samples, onProgress });
}
