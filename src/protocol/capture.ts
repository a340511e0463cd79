// A document is read from its beginning, and saved with all that the model computes of it as one file.
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { CaptureSettings } from '../inference/capture.ts';

export interface CaptureRequest extends DocumentRequest, CaptureSettings {}

export type CaptureEvent =
  | { readonly type: 'capture-begin'; readonly segments: number }
  /** Segments read so far. */
  | { readonly type: 'capture-progress'; readonly read: number }
  /** Without a file if it was stopped. */
  | { readonly type: 'capture-end'; readonly bytes?: Uint8Array<ArrayBuffer>; readonly adapter: string };
