// Which model reads which document: what a stream, a second look at one, and an evaluation are asked with.
import type { OwnDocument } from '../tasks/own-document.ts';
import type { Materials } from './materials.ts';

/** Which model a stream or an evaluation runs. */
export type ModelSource =
  /** The model being trained, as it is now (a copy is taken when the job begins). */
  | { readonly kind: 'training' }
  /** A checkpoint's bytes; `name` is used in messages. */
  | { readonly kind: 'checkpoint'; readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };

/** What makes a document, with the model and its task: drawn by the seed, the user's facts in it if there are any. */
export interface DocumentRequest {
  readonly model: ModelSource;
  /** The model's own task when left out. */
  readonly task?: string;
  readonly segments: number;
  readonly seed: number;
  readonly materials?: Materials;
  readonly document?: OwnDocument;
}
