// ARMT's associations in some segments of a document: rank, size, writes, and where what is recalled was written.
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { AssociationsSeen } from '../inference/associations.ts';
import type { SegmentAt } from '../inference/read-again.ts';

export type { AssociationsSeen };

export interface AssociationsRequest extends DocumentRequest {
  /** Ascending; all but the document's first segment with the memory it received. */
  readonly at: readonly SegmentAt[];
}

export type AssociationsEvent =
  | { readonly type: 'associations-begin' }
  | { readonly type: 'associations-segment'; readonly index: number; readonly layers: readonly AssociationsSeen[] }
  | { readonly type: 'associations-end'; readonly finished: boolean };
