// Extends a finished run with a further stage; the earlier stages do not change.
import { parseConfig, type RunConfig } from '../experiment/config.ts';

/**
 * The configuration with one more stage of `steps` steps, on as many segments as the last. Like every stage it begins
 * with a fresh optimiser and warms the learning rate up again, so the longer run is bit-identical whether it was
 * configured at the start or extended at the end.
 * @throws Error if the run already has the maximum number of stages
 */
export function withMoreSteps(config: RunConfig, steps: number): RunConfig {
  const { stages, stage_steps } = config;
  const each = stages.map((_, stage) => stage_steps[Math.min(stage, stage_steps.length - 1)] ?? 1);
  const longer = { ...config, stages: [...stages, stages.at(-1) ?? 1], stage_steps: [...each, steps] };
  return parseConfig(longer, 'Continue');
}
