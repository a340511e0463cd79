// The learning rate of each step, and the curriculum: which stage a step belongs to, and how long its batches are.
import type { Random } from '../random.ts';
import type { RunConfig } from './config.ts';

/** Steps of one stage, at most. */
export function stepsOf(config: Pick<RunConfig, 'stage_steps'>, stage: number): number {
  return config.stage_steps[Math.min(stage, config.stage_steps.length - 1)] ?? 0;
}

/** Steps of the whole run if no stage ends early. */
export function totalSteps(config: Pick<RunConfig, 'stage_steps' | 'stages'>): number {
  return config.stages.reduce((sum, _, stage) => sum + stepsOf(config, stage), 0);
}

/**
 * The learning rate of a step: up from 0 over the warmup, then down to 0 at the end of the stage, or constant.
 * @param step  1 for the stage's first
 * @param steps of the stage
 */
export function learningRate(
  config: Pick<RunConfig, 'learning_rate' | 'warmup_ratio' | 'schedule'>,
  step: number,
  steps: number,
): number {
  const warmup = Math.round(config.warmup_ratio * steps);
  if (step <= warmup) return (config.learning_rate * step) / warmup;
  if (config.schedule === 'constant') return config.learning_rate;
  return (config.learning_rate * (steps - step + 1)) / (steps - warmup + 1);
}

/** Share of the batches that have all the stage's segments when they are drawn `mostly`, besides those drawn so by chance. */
const MOSTLY = 0.7;

/** How many segments the next batch has, in a stage of `most`. */
export function drawSegments(drawn: RunConfig['segments_drawn'], most: number, random: Random): number {
  if (drawn === 'fixed' || (drawn === 'mostly' && random.float() < MOSTLY)) return most;
  return 1 + random.int(most);
}

/** The mean of `drawSegments`. */
export function averageSegments(drawn: RunConfig['segments_drawn'], most: number): number {
  const full = drawn === 'fixed' ? 1 : drawn === 'mostly' ? MOSTLY : 0;
  return full * most + (1 - full) * ((most + 1) / 2);
}
