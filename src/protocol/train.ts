// A training run: step by step until its end, with validations, examples from them, and checkpoints.
import type { Suspicion } from '../analysis/suspicion.ts';
import type { RunConfig } from '../experiment/config.ts';
import type { DataIdentity } from '../experiment/data-identity.ts';
import type { ModelSource } from '../experiment/document-request.ts';
import type { Materials, NoiseText, UserFile } from '../experiment/materials.ts';
import type { ModelFacts } from '../experiment/model-facts.ts';
import type { Example } from '../inference/examples.ts';
import type { TextReport } from '../text/text-report.ts';
import type { StepMetrics, ValidationMetrics } from '../train/metrics.ts';
import type { TrainProgress } from '../train/progress.ts';
import type { WatchedReport } from '../train/trainer.ts';

export type {
  DataIdentity,
  Example,
  Materials,
  ModelFacts,
  NoiseText,
  Suspicion,
  TextReport,
  TrainProgress,
  UserFile,
  WatchedReport,
};

export interface TrainRequest {
  readonly config: RunConfig;
  readonly materials?: Materials;
  /** A training checkpoint to resume from; its configuration must equal `config`. */
  readonly resume?: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
  /** The model whose weights the run starts from; its settings must equal those of `config`. */
  readonly from?: ModelSource;
  /** Start paused, before the first step. */
  readonly paused?: boolean;
  /** Read one document at every validation, until the control `watch` says otherwise. */
  readonly watch?: boolean;
}

export type TrainEvent =
  | {
      readonly type: 'train-begin';
      readonly model: ModelFacts;
      readonly progress: TrainProgress;
      /** The model that the run started from, at this start or an earlier one. */
      readonly origin?: DataIdentity;
      /** How much of the user's text or noise the vocabulary covers. */
      readonly text?: TextReport;
    }
  | (StepMetrics & {
      readonly type: 'train-step';
      readonly progress: TrainProgress;
      /** Segments in this batch. */
      readonly batchSegments: number;
      /** Milliseconds left at this speed, if no stage ends early; absent at the first step, whose time includes compiling. */
      readonly remaining?: number;
    })
  | (ValidationMetrics & { readonly type: 'validation'; readonly progress: TrainProgress })
  /** What is suspicious about the figures so far: sent when it changes, replaces what was sent before. */
  | { readonly type: 'suspicions'; readonly progress: TrainProgress; readonly suspicions: readonly Suspicion[] }
  /** A few of the samples scored in the last validation. */
  | {
      readonly type: 'examples';
      readonly progress: TrainProgress;
      readonly segments: number;
      readonly items: readonly Example[];
    }
  /** At a validation, while it is watched: one document, always the same, as the model reads it now. */
  | {
      readonly type: 'watched';
      readonly progress: TrainProgress;
      readonly model: ModelFacts;
      readonly reading: WatchedReport;
    }
  | { readonly type: 'train-paused'; readonly progress: TrainProgress }
  | {
      readonly type: 'train-end';
      readonly progress: TrainProgress;
      readonly finished: boolean;
      readonly suspicions: readonly Suspicion[];
    }
  | { readonly type: 'checkpoint'; readonly bytes: Uint8Array<ArrayBuffer>; readonly progress: TrainProgress };
