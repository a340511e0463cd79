// The settings of Capacity: what is varied, and which models are trained for it.
import * as v from 'valibot';
import { catalogue, type ModelId } from '../models/catalogue.ts';
import { type TaskId, tasks } from '../tasks/index.ts';
import type { Task, TaskKnob } from '../tasks/task.ts';
import { integer, integers, mostSegments, name, seed, some } from './address-values.ts';

/** The settings of Capacity. Undefined: chosen by task. */
export interface CapacitySettings {
  readonly task: TaskId;
  /** The knob of the task that is varied. */
  readonly vary: string | undefined;
  /** Its values. */
  readonly values: readonly number[] | undefined;
  /** Segments of a document. */
  readonly segments: number;
  readonly samples: number;
  readonly seed: number;
  /** A model at hand that is evaluated too. */
  readonly model: string | undefined;
  /** The kinds of models to train. */
  readonly train: readonly ModelId[];
  /** Sizes of their memory: memory tokens or, for Transformer-XL, the entries of its cache. */
  readonly memory: readonly number[];
  /** The value of the varied knob that they are trained at. */
  readonly trained: number | undefined;
  /** Training steps of each stage. */
  readonly steps: number | undefined;
}

/** The knobs of a task that say how much memory has to hold, by name. */
export function loadsOf(task: TaskId): Readonly<Record<string, TaskKnob>> {
  return Object.fromEntries(Object.entries((tasks[task] as Task).knobs).filter(([, { load }]) => load));
}

/** The tasks with such a knob. */
export const capacityTasks = (Object.keys(tasks) as TaskId[]).filter((task) => Object.keys(loadsOf(task)).length > 0);
const modelIds = Object.keys(catalogue) as ModelId[];

export const capacityDefaults: CapacitySettings = {
  task: 'key-value',
  vary: undefined,
  values: undefined,
  segments: 3,
  samples: 200,
  seed: 1,
  model: undefined,
  train: ['rmt-gpt2', 'armt-gpt2', 'transformer-xl'],
  memory: [8],
  trained: undefined,
  steps: undefined,
};

/** The largest value of such a knob, and the largest memory. */
const mostLoad = 4096;

export const capacitySchemas = {
  'capacity.task': v.picklist(capacityTasks, `one of ${capacityTasks.join(', ')}`),
  'capacity.vary': name,
  'capacity.values': integers(1, mostLoad),
  'capacity.segments': integer(1, mostSegments),
  'capacity.samples': integer(1, 100_000),
  'capacity.seed': seed,
  'capacity.model': name,
  'capacity.train': v.union([
    v.pipe(
      v.literal('none'),
      v.transform((): ModelId[] => []),
    ),
    some(modelIds),
  ]),
  'capacity.memory': integers(1, mostLoad),
  'capacity.trained': integer(1, mostLoad),
  'capacity.steps': integer(1, 10_000_000),
} as const;
