// A finished run made longer: stages are added behind its last, nothing before them changes.
import { parseConfig, type RunConfig } from '../experiment/config.ts';

/**
 * The configuration with one more stage of `steps` steps, on as many segments as the last. Like every stage it begins
 * with a fresh optimiser and warms the learning rate up again: the longer run is the same, to the bit, whether it was
 * asked for at the start or at the end.
 * @throws Error if there are as many stages as a run can have
 */
export function withMoreSteps(config: RunConfig, steps: number): RunConfig {
  const { stages, stage_steps } = config;
  const each = stages.map((_, stage) => stage_steps[Math.min(stage, stage_steps.length - 1)] ?? 1);
  const longer = { ...config, stages: [...stages, stages.at(-1) ?? 1], stage_steps: [...each, steps] };
  return parseConfig(longer, 'Continue');
}
