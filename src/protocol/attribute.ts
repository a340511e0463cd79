// Which words and which memories the answer of a document depends on.
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { Candidate } from '../inference/answer-at.ts';
import type {
  AttributedAnswer,
  AttributedSegment,
  AttributionProgress,
  AttributionSettings,
  Contributions,
} from '../inference/attribution.ts';

export type { AttributedAnswer, AttributedSegment, AttributionProgress, AttributionSettings, Candidate, Contributions };

export interface AttributeRequest extends DocumentRequest, AttributionSettings {}

export type AttributeEvent =
  | ({ readonly type: 'attribute-progress' } & AttributionProgress)
  /** Before the backward pass. */
  | ({ readonly type: 'attribute-begin'; readonly gpuBytes: number } & AttributedAnswer)
  /** From the last segment to the first; segments that have no path to the answer are missing. */
  | ({ readonly type: 'attribute-segment' } & AttributedSegment)
  | { readonly type: 'attribute-end'; readonly finished: boolean };
