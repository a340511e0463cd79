// Which model reads which document: the common part of requests for a stream, a look at its attention, and an
// evaluation.
import type { UserDocument } from '../tasks/user-document.ts';
import type { ImportOptions } from './import-options.ts';
import type { Materials, UserFile } from './materials.ts';

/** The model that a stream or an evaluation runs. */
export type ModelSource =
  /** The model being trained, in its current state (a copy is taken when the job begins). */
  | { readonly kind: 'training' }
  /** A checkpoint's bytes; `name` is used in messages. */
  | { readonly kind: 'checkpoint'; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> }
  /** The files of a model, which the session reads: a checkpoint, or a published model with the options of its import. */
  | {
      readonly kind: 'files';
      readonly name: string;
      readonly files: readonly UserFile[];
      readonly options?: ImportOptions;
    };

/** What determines a document, given the model and its task: the seed, and the user's facts if there are any. */
export interface DocumentRequest {
  readonly model: ModelSource;
  /** The model's own task by default. */
  readonly task?: string;
  readonly segments: number;
  readonly seed: number;
  readonly materials?: Materials;
  readonly document?: UserDocument;
}
