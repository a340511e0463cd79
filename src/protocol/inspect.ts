// One tensor inside one segment of a document, its value or its gradient.

import type { TensorChoice } from '../analysis/tensor-parts.ts';
import type { DocumentRequest } from '../experiment/document-request.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { InspectedTensor } from '../inference/inspect.ts';
import type { SegmentAt } from '../inference/look.ts';

export type { InspectedTensor, TensorChoice };

export interface InspectRequest extends DocumentRequest {
  readonly tensor: TensorChoice;
  readonly at: SegmentAt;
}

export type InspectEvent = { readonly type: 'inspect-end'; readonly model: ModelFacts } & InspectedTensor;
