// The progress of a training run, and whether a stored one can be true.
import type { RunConfig } from '../experiment/config.ts';
import { stepsOf, totalSteps } from './schedule.ts';

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

/** What of the progress follows from the configuration and the stage. */
export function derivedProgress(
  config: Pick<RunConfig, 'stages' | 'stage_steps'>,
  stage: number,
): Pick<TrainProgress, 'steps' | 'stages' | 'stageSteps' | 'segments'> {
  return {
    steps: totalSteps(config),
    stages: config.stages.length,
    stageSteps: stepsOf(config, stage),
    segments: config.stages[Math.min(stage, config.stages.length - 1)] ?? 1,
  };
}

type Contradiction = { readonly field: string; readonly found: string; readonly expected: string };

/** The first part of a run's progress that cannot be true with this configuration; undefined if all can. */
export function contradiction(
  config: Pick<RunConfig, 'stages' | 'stage_steps' | 'stage_until' | 'validate_every'>,
  { step, stage, stageStep }: Pick<TrainProgress, 'step' | 'stage' | 'stageStep'>,
): Contradiction | undefined {
  const wrong = (field: string, value: number, expected: string) => ({ field, found: String(value), expected });
  const { stages, stageSteps } = derivedProgress(config, stage);
  if (stage > stages) return wrong('stage', stage, `at most ${stages}, the number of stages`);
  const isOver = stage === stages;
  if (isOver && stageStep !== 0) return wrong('stageStep', stageStep, '0 after the last stage');
  if (!isOver && stageStep >= stageSteps)
    return wrong('stageStep', stageStep, `less than ${stageSteps}, the steps of stage ${stage + 1}`);
  // A stage may end early, at a validation, if an accuracy was set for it.
  const earlier = Array.from({ length: stage }, (_, s) => stepsOf(config, s));
  const most = earlier.reduce((sum, steps) => sum + steps, stageStep);
  const least =
    config.stage_until > 0
      ? earlier.reduce((sum, steps) => sum + Math.min(steps, config.validate_every), stageStep)
      : most;
  if (step < least || step > most)
    return wrong(
      'step',
      step,
      `${least === most ? most : `${least} to ${most}`}, as the stages before and stageStep ${stageStep} add up to`,
    );
  return undefined;
}
