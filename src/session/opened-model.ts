// A checkpoint with the work that is asked of it: how every job that runs a finished model begins.
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import { openCheckpoint, type Work, workOfCheckpoint } from '../experiment/workspace.ts';
import type { Checkpoint } from '../models/checkpoint.ts';
import type { JobContext } from './job.ts';

/** What such a request names. */
interface ModelRequest {
  readonly model: ModelSource;
  readonly task?: string;
  readonly materials?: Materials;
}

interface OpenedModel {
  readonly name: string;
  readonly checkpoint: Checkpoint;
  readonly work: Work;
}

/**
 * Read the checkpoint that a request names, and make its task ready.
 * @param suits called before any file is read; throws if the model is of the wrong kind
 * @throws InputError if there is no such model, or it cannot do what is asked
 */
export async function openModel(
  { training, reading }: JobContext,
  { model, task, materials }: ModelRequest,
  suits: (checkpoint: Checkpoint, where: string) => void = () => {},
): Promise<OpenedModel> {
  const { name, bytes } = await training.bytesOf(model);
  const { checkpoint, where } = openCheckpoint(bytes, name);
  suits(checkpoint, where);
  return { name, checkpoint, work: await workOfCheckpoint(checkpoint, where, task, materials, reading) };
}
