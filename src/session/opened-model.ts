// A checkpoint and the work requested of it: the common beginning of every job that runs a finished model.
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import { openCheckpoint, type Work, workOfCheckpoint } from '../experiment/workspace.ts';
import type { Checkpoint } from '../models/checkpoint.ts';
import type { JobContext } from './job.ts';

/** The model-related part of such a request. */
interface ModelRequest {
  readonly model: ModelSource;
  readonly task?: string;
  readonly materials?: Materials;
  /** A text of the user's to continue: no sample is drawn. */
  readonly prompt?: string;
}

interface OpenedModel {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly work: Work;
  /** The same work with other values for knobs of the task. @throws InputError if it has no such setting */
  workAt(settings?: Readonly<Record<string, string>>): Promise<Work>;
}

/**
 * Read the checkpoint that a request names, and prepare its task.
 * @param suits called before any file is read; throws if the model is of the wrong kind
 * @throws InputError if there is no such model, or it cannot do what is requested
 */
export async function openModel(
  { training, reading }: JobContext,
  { model, task, materials, prompt }: ModelRequest,
  suits: (checkpoint: Checkpoint, where: string) => void = () => {},
): Promise<OpenedModel> {
  const { name, bytes } = await training.bytesOf(model, reading);
  const { checkpoint, where } = openCheckpoint(bytes, name);
  suits(checkpoint, where);
  const workAt = (settings: Readonly<Record<string, string>> = {}) =>
    workOfCheckpoint(checkpoint, where, task, materials, reading, { samples: prompt === undefined, settings });
  return { name, checkpoint, work: await workAt(), workAt };
}
