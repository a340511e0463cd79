// The training state that a session shares with other jobs: the active run, and the last trained model.
import { InputError } from '../errors.ts';
import type { ModelSource } from '../experiment/document-request.ts';
import type { OnFileProgress } from '../experiment/workspace.ts';
import type { JobId, TrainEvent, TrainProgress } from '../protocol/index.ts';
import type { Trainer } from '../train/trainer.ts';
import type { Gate } from './gate.ts';
import { checkpointOfFiles } from './model-files.ts';

type Bytes = Uint8Array<ArrayBuffer>;

export class TrainingState {
  private current: { readonly id: JobId; readonly trainer: Trainer; readonly gate: Gate } | undefined;
  /** The last trained model, once its run has been released. */
  private trained: { readonly id: JobId; readonly bytes: Bytes; readonly progress: TrainProgress } | undefined;
  /** The last checkpoint kept of the active run. */
  lastCheckpoint: Bytes | undefined;

  /** A run is ready for its first step, or for the step after those of a checkpoint. */
  begin(id: JobId, trainer: Trainer, gate: Gate, checkpoint: Bytes | undefined): void {
    this.current = { id, trainer, gate };
    this.trained = undefined;
    this.lastCheckpoint = checkpoint;
  }

  /** The run ended as planned, or was stopped: its last checkpoint becomes the trained model. */
  finish(id: JobId, progress: TrainProgress): void {
    this.trained = this.lastCheckpoint && { id, bytes: this.lastCheckpoint, progress };
    this.lastCheckpoint = undefined;
  }

  /** The run's trainer is about to be released. */
  release(): void {
    this.current = undefined;
  }

  /**
   * The current training checkpoint of a run.
   * @returns nothing while the run is in a step: it reports the checkpoint itself after that step has been reported, so
   *          that curves stored with the checkpoint reach as far as it does
   * @throws InputError if that run is neither active nor the last one trained
   */
  async checkpoint(id: JobId): Promise<Extract<TrainEvent, { type: 'checkpoint' }> | undefined> {
    const { current, trained } = this;
    if (current?.id === id) {
      const { trainer, gate } = current;
      if (!gate.held) {
        gate.checkpointDue = true;
        return undefined;
      }
      const bytes = await trainer.checkpoint();
      if (trainer === this.current?.trainer) this.lastCheckpoint = bytes;
      return { type: 'checkpoint', bytes: bytes.slice(), progress: trainer.progress };
    }
    if (trained?.id === id) return { type: 'checkpoint', bytes: trained.bytes.slice(), progress: trained.progress };
    throw new InputError('checkpoint', 'no run', 'a run that was started');
  }

  /**
   * The bytes of the model that a request names.
   * @param reading told how much of a published model has been read
   * @throws InputError if it names the model in training and there is none, or files that are no model
   */
  async bytesOf(
    source: ModelSource,
    reading: OnFileProgress,
  ): Promise<{ readonly name: string; readonly bytes: Bytes }> {
    if (source.kind === 'checkpoint') return source;
    if (source.kind === 'files') return { name: source.name, bytes: await checkpointOfFiles(source, reading) };
    const bytes = this.current ? await this.current.trainer.checkpoint() : this.trained?.bytes;
    if (!bytes) throw new InputError('model', 'no model has been trained', 'a run, or a checkpoint');
    return { name: 'training', bytes };
  }
}
