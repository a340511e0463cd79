// The batches of a run. Each follows from the configuration and its number alone, so that it can be drawn again, by a
// resumed run or for another program.
import type { RunConfig } from '../experiment/config.ts';
import { type Drawn, drawSamples } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import { Random } from '../random.ts';
import { drawSegments, stepsOf } from './schedule.ts';

/** Separate random streams, so that an additional draw in one does not change the others. */
export const STREAM = { weights: 1, batch: 2, dropout: 3, validation: 4 } as const;

/** Where a run is. */
export interface Position {
  /** Optimiser steps done, over all stages. */
  readonly step: number;
  readonly stage: number;
  /** Steps done in this stage. */
  readonly stageStep: number;
}

/** A batch for training. */
export interface DrawnBatch {
  readonly segments: number;
  readonly samples: readonly Drawn[];
}

/**
 * The batch of the step after `step` steps, in a stage of the curriculum.
 * @param most the stage's number of segments
 */
export function trainingBatch(work: Work, config: RunConfig, step: number, most: number): DrawnBatch {
  const random = new Random(config.seed, STREAM.batch, step);
  const segments = drawSegments(config.segments_drawn, most, random);
  return {
    segments,
    samples: drawSamples(work, random, config.batch_size, segments, config.segment_size, 'train', most),
  };
}

/** What every validation at this number of segments draws its samples with: always the same ones. */
export const validationRandom = ({ seed }: Pick<RunConfig, 'seed'>, segments: number) =>
  new Random(seed, STREAM.validation, segments);

/**
 * Every step that is left of a run, if no stage ends early.
 * @param isEndless go on with the last stage after the end
 */
export function* stepsAhead(
  config: Pick<RunConfig, 'stages' | 'stage_steps'>,
  { step, stage, stageStep }: Position = { step: 0, stage: 0, stageStep: 0 },
  isEndless = false,
): Generator<Position & { readonly most: number }> {
  const last = config.stages.length - 1;
  let done = step;
  for (let s = stage; s <= last; s++)
    for (let t = s === stage ? stageStep : 0; t < stepsOf(config, s) || (isEndless && s === last); t++)
      yield { step: done++, stage: s, stageStep: t, most: config.stages[s] ?? 1 };
}
