// Which model reads which document: the common part of requests for a stream, a look at its attention, and an
// evaluation.
import type { UserDocument } from '../tasks/user-document.ts';
import type { Materials } from './materials.ts';

/** The model that a stream or an evaluation runs. */
export type ModelSource =
  /** The model being trained, in its current state (a copy is taken when the job begins). */
  | { readonly kind: 'training' }
  /** A checkpoint's bytes; `name` is used in messages. */
  | { readonly kind: 'checkpoint'; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };

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
