// A linear probe of the memory after every segment, over sampled documents, and the states in two dimensions.
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { StatesRequest } from '../inference/memory-states.ts';
import type { ProbedDocuments, ProbePoint, StateProjection } from '../inference/probe.ts';

export type { ProbedDocuments, ProbePoint, StateProjection };

export interface ProbeRequest extends StatesRequest {
  readonly model: ModelSource;
  readonly task?: string;
  readonly materials?: Materials;
  readonly seed: number;
  /** λ of the L2 penalty, for states standardised to unit variance. */
  readonly penalty: number;
}

export type ProbeEvent =
  | { readonly type: 'probe-begin'; readonly model: ModelFacts; readonly task: string }
  /** Documents read so far. */
  | { readonly type: 'probe-reading'; readonly documents: number; readonly samples: number }
  | ({
      readonly type: 'probe-documents';
      /** The segments measured, from 0. */
      readonly at: readonly number[];
    } & ProbedDocuments)
  | ({ readonly type: 'probe-projection' } & StateProjection)
  | ({ readonly type: 'probe-point' } & ProbePoint)
  | { readonly type: 'probe-end'; readonly finished: boolean };
