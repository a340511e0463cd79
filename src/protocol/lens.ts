// The logit lens on some segments of a document: what the head makes of every layer's states.
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { LensColumn } from '../inference/lens.ts';
import type { SegmentAt } from '../inference/read-again.ts';

export type { LensColumn, SegmentAt };

export interface LensRequest extends DocumentRequest {
  readonly at: readonly SegmentAt[];
}

export type LensEvent =
  | { readonly type: 'lens-begin' }
  | { readonly type: 'lens-segment'; readonly index: number; readonly columns: readonly LensColumn[] }
  | { readonly type: 'lens-end'; readonly finished: boolean };
