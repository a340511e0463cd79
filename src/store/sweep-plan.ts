// The runs of a sweep, and which of them are in the library already: equal configurations give equal runs.
import type { RunConfig } from '../experiment/config.ts';
import { configsOf, isSameRun } from '../experiment/sweep.ts';
import type { ModelId } from '../models/catalogue.ts';
import { configProblem, type Experiment } from './address.ts';
import type { RunRecord } from './library/record.ts';
import type { RunEntry } from './slices/runs.ts';
import type { TrainSettings } from './train-settings.ts';
import { sweepProblem } from './train-settings.ts';

export interface PlannedRun {
  readonly config: RunConfig;
  /** The newest run of this configuration in the library, if any. */
  readonly record: RunRecord | undefined;
}

export interface SweepPlan {
  /** In the order in which they are trained; only the configured run without a sweep. */
  readonly runs: readonly PlannedRun[];
  /** Why there are none. */
  readonly problem: string | undefined;
}

/** Whether anything varies. */
export const isSweep = ({ sweep }: Pick<TrainSettings, 'sweep'>): boolean => Object.keys(sweep).length > 0;

/** The newest run of this configuration, from random weights and built-in data. */
const recordOf = (config: RunConfig, entries: readonly RunEntry[]): RunRecord | undefined =>
  entries.find(
    ({ record }) =>
      record?.deleted === undefined &&
      record?.origin === undefined &&
      record?.files.length === 0 &&
      !record.noise &&
      isSameRun(record.config, config),
  )?.record;

export function planOfSweep(
  { config, train }: Pick<Experiment, 'config' | 'train'>,
  entries: readonly RunEntry[],
): SweepPlan {
  const problem = configProblem(config) ?? sweepProblem(config, train.sweep);
  if (problem !== undefined) return { runs: [], problem };
  const isFresh = train.from === undefined;
  const runs = configsOf(config, train.sweep).map((each) => ({
    config: each,
    record: isFresh ? recordOf(each, entries) : undefined,
  }));
  return { runs, problem: undefined };
}

/** Whether a run has an evaluation at each of these lengths. */
export const isEvaluated = ({ evaluated = [] }: RunRecord, { lengths, samples }: TrainSettings): boolean =>
  lengths.every((length) => evaluated.some((point) => point.segments === length && point.samples >= samples));

/** Whether nothing of a planned run is left to do. */
export const isDone = ({ record }: PlannedRun, settings: TrainSettings): boolean =>
  record?.state === 'finished' && isEvaluated(record, settings);

/** The comparison of a figure in papers: which model still knows the text when it has to repeat it. */
export const whoRemembers: {
  readonly task: 'copy';
  readonly models: readonly ModelId[];
  readonly seeds: string;
} = { task: 'copy', models: ['rmt-gpt2', 'transformer-xl', 'gpt2'], seeds: '1-3' };

/** Lengths to evaluate a model on that was trained on up to `most` segments: to twice as many. */
export const lengthsFor = ({ stages }: Pick<RunConfig, 'stages'>): readonly number[] => {
  const most = Math.max(...stages);
  return [...new Set([1, most / 2, most, 1.5 * most, 2 * most].map((n) => Math.max(1, Math.round(n))))];
};
