// The progress of a training run.

export interface TrainProgress {
  /** Optimiser steps done, over all stages. */
  readonly step: number;
  /** Steps of the whole run if no stage ends early. */
  readonly steps: number;
  /** Index of the stage in the curriculum, and its number of segments. */
  readonly stage: number;
  readonly stages: number;
  readonly stageStep: number;
  readonly stageSteps: number;
  readonly segments: number;
}
