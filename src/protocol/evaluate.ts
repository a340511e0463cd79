// Accuracy and loss of a model on held-out samples, by number of segments.
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials } from '../experiment/materials.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { EvaluatePoint, Reading } from '../inference/evaluate.ts';
import type { TextReport } from '../text/text-report.ts';

export type { EvaluatePoint, Reading };

export interface EvaluateRequest {
  readonly model: ModelSource;
  readonly task?: string;
  readonly segments: readonly number[];
  readonly samples: number;
  readonly seed: number;
  /** Values for knobs of the task instead of the model's own. Each combination is evaluated, one after the other. */
  readonly settings?: Readonly<Record<string, readonly string[]>>;
  /** Also let a generative model generate each answer, and score it. */
  readonly generate?: boolean;
  readonly materials?: Materials;
}

export type EvaluateEvent =
  | {
      readonly type: 'evaluate-begin';
      readonly model: ModelFacts;
      readonly task: string;
      readonly unit?: string;
      /** How much of the user's text or noise the model's vocabulary covers. */
      readonly text?: TextReport;
    }
  | ({ readonly type: 'evaluate-point' } & EvaluatePoint)
  /** How far the current batch has come, while it takes long: `samples` documents of this length are done besides. */
  | {
      readonly type: 'evaluate-reading';
      readonly segments: number;
      readonly samples: number;
      readonly settings?: EvaluatePoint['settings'];
      readonly reading: Reading;
    }
  | { readonly type: 'evaluate-end'; readonly finished: boolean };
