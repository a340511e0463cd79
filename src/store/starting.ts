// Small default configurations for any model on any task.

import type { RunConfig } from '../experiment/config.ts';
import { type PresetName, presetConfig } from '../experiment/presets.ts';
import type { ModelId } from '../models/catalogue.ts';
import type { TaskId } from '../tasks/index.ts';
import { configProblem } from './address.ts';

/** Every task has a preset of the same name. */
export const presetOf = (task: TaskId): PresetName => task;

/** The task's preset with this model and seed; undefined if the model cannot do the task. */
export function startingConfig(model: ModelId, task: TaskId, seed: number): RunConfig | undefined {
  const preset = presetConfig(presetOf(task));
  // A cache covers at least the previous segment.
  const config = { ...preset, model, seed, mem_len: Math.max(preset.mem_len, preset.segment_size) };
  return configProblem(config) ? undefined : config;
}
