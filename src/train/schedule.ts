// The learning rate of each step, and the curriculum: which stage a step belongs to, and how long its batches are.

import type { RunConfig } from '../experiment/config.ts';
import type { Random } from '../random.ts';

/** Maximum steps of one stage. */
export function stepsOf(config: Pick<RunConfig, 'stage_steps'>, stage: number): number {
  return config.stage_steps[Math.min(stage, config.stage_steps.length - 1)] ?? 0;
}

/** Steps of the whole run if no stage ends early. */
export function totalSteps(config: Pick<RunConfig, 'stage_steps' | 'stages'>): number {
  return config.stages.reduce((sum, _, stage) => sum + stepsOf(config, stage), 0);
}

/**
 * The learning rate of a step: linear warmup from 0, then according to the schedule: linear or cosine decay to 0 at the
 * end of the stage, or constant (with `constant-linear` in all stages but the last). The plateau schedule's reductions are applied by `plateauRate`.
 * @param step  1 for the stage's first
 * @param steps of the stage
 * @param isLast whether it is the run's last stage
 */
export function learningRate(
  config: Pick<RunConfig, 'learning_rate' | 'warmup_ratio' | 'schedule'>,
  step: number,
  steps: number,
  isLast: boolean,
): number {
  const warmup = Math.round(config.warmup_ratio * steps);
  if (step <= warmup) return (config.learning_rate * step) / warmup;
  const left = (steps - step + 1) / (steps - warmup + 1);
  if (config.schedule === 'linear' || (config.schedule === 'constant-linear' && isLast))
    return config.learning_rate * left;
  if (config.schedule === 'cosine') return config.learning_rate * 0.5 * (1 - Math.cos(Math.PI * left));
  return config.learning_rate;
}

/** The state of the plateau schedule between validations. */
export interface Plateau {
  /** Lowest validation loss so far; null before the first. */
  readonly best: number | null;
  /** Validations since then. */
  readonly waited: number;
  /** How often the rate was reduced. */
  readonly drops: number;
}

export const noPlateau: Plateau = { best: null, waited: 0, drops: 0 };

/** A loss must be lower by this fraction to count as an improvement, as in PyTorch's ReduceLROnPlateau. */
const LOWER = 1e-4;

/** The plateau state after one more validation. */
export function plateauAfter(plateau: Plateau, loss: number, patience: number): Plateau {
  const { best, waited, drops } = plateau;
  if (best === null || loss < best * (1 - LOWER)) return { best: loss, waited: 0, drops };
  return waited + 1 > patience ? { best, waited: 0, drops: drops + 1 } : { best, waited: waited + 1, drops };
}

/** The learning rate after the plateau's reductions of `rate`. */
export function plateauRate(
  config: Pick<RunConfig, 'schedule' | 'plateau_factor' | 'learning_rate_min'>,
  rate: number,
  { drops }: Plateau,
): number {
  if (config.schedule !== 'plateau' || drops === 0) return rate;
  return Math.min(rate, Math.max(config.learning_rate_min, rate * config.plateau_factor ** drops));
}

/** Fraction of the batches set to the stage's maximum under `mostly`, besides those that draw it by chance. */
const MOSTLY = 0.7;

/** The number of segments of the next batch, in a stage of up to `most`. */
export function drawSegments(drawn: RunConfig['segments_drawn'], most: number, random: Random): number {
  if (drawn === 'fixed' || (drawn === 'mostly' && random.float() < MOSTLY)) return most;
  return 1 + random.int(most);
}

/** The mean of `drawSegments`. */
export function averageSegments(drawn: RunConfig['segments_drawn'], most: number): number {
  const full = drawn === 'fixed' ? 1 : drawn === 'mostly' ? MOSTLY : 0;
  return full * most + (1 - full) * ((most + 1) / 2);
}
