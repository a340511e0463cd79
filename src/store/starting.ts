// Values to start from for any model on any task: small ones that suit both.

import type { RunConfig } from '../experiment/config.ts';
import { type PresetName, presetConfig } from '../experiment/presets.ts';
import type { ModelId } from '../models/catalogue.ts';
import type { TaskId } from '../tasks/index.ts';
import { configProblem } from './address.ts';

/** Every task has a preset of its own name. */
export const presetOf = (task: TaskId): PresetName => task;

/** The task's own preset with this model in it, and the seed as it is; undefined where the model cannot do the task. */
export function startingConfig(model: ModelId, task: TaskId, seed: number): RunConfig | undefined {
  const preset = presetConfig(presetOf(task));
  // A cache reaches back over the last segment at least.
  const config = { ...preset, model, seed, mem_len: Math.max(preset.mem_len, preset.segment_size) };
  return configProblem(config) ? undefined : config;
}
