// Some segments of a document are read again, each from the given memory, with all of their attention.
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { SegmentAt, SegmentAttention } from '../inference/look.ts';

export interface LookRequest extends DocumentRequest {
  readonly at: readonly SegmentAt[];
}

export type LookEvent =
  | { readonly type: 'look-begin' }
  | ({ readonly type: 'look-segment' } & SegmentAttention)
  | { readonly type: 'look-end' };
