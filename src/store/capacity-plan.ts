// The plan of Capacity: what is varied, and the models to train and evaluate.
import type { RunConfig } from '../experiment/config.ts';
import { type PresetName, presetConfig } from '../experiment/presets.ts';
import { catalogue, type ModelEntry, type ModelId } from '../models/catalogue.ts';
import type { TaskKnob } from '../tasks/task.ts';
import { type CapacitySettings, loadsOf } from './capacity-settings.ts';
import { presetOf, startingConfig } from './starting.ts';

/** What is measured: the knob that is varied, its values, and the value that models are trained at. */
export interface Varied {
  readonly name: string;
  readonly knob: TaskKnob;
  /** Ascending. */
  readonly values: readonly number[];
  readonly trained: number;
}

const choicesOf = ({ choices }: TaskKnob) => choices.map(Number).sort((a, b) => a - b);
const initialMost = 16;

export function variedOf({ task, vary, values, trained }: CapacitySettings): Varied {
  const loads = loadsOf(task);
  const name = vary !== undefined && Object.hasOwn(loads, vary) ? vary : (Object.keys(loads)[0] ?? '');
  const knob = loads[name] as TaskKnob;
  const choices = choicesOf(knob);
  const known = (values ?? []).filter((value) => choices.includes(value));
  const preset = Number(presetConfig(presetOf(task))[name as keyof RunConfig]);
  return {
    name,
    knob,
    values:
      known.length > 0 ? [...new Set(known)].sort((a, b) => a - b) : choices.filter((each) => each <= initialMost),
    trained: trained !== undefined && choices.includes(trained) ? trained : preset,
  };
}

/** One model of the plan: at hand, or to be trained first. */
export type Entry =
  | { readonly kind: 'model'; readonly choice: string }
  | { readonly kind: 'train'; readonly config: RunConfig; readonly preset: PresetName };

/** The knob for the size of a model's memory; undefined if it has none. */
export function memoryKnob(model: ModelId): 'num_mem_tokens' | 'mem_len' | undefined {
  const { memories }: ModelEntry = catalogue[model];
  if (memories.length === 0) return undefined;
  return memories.every((memory) => memory === 'xlCache') ? 'mem_len' : 'num_mem_tokens';
}

/** The configuration of a small model with a memory of this size; undefined if it cannot do the task. */
function configAt(settings: CapacitySettings, model: ModelId, size: number): RunConfig | undefined {
  const { name, trained } = variedOf(settings);
  const base = startingConfig(model, settings.task, settings.seed);
  if (!base) return undefined;
  const memory = memoryKnob(model);
  return {
    ...base,
    ...(memory === undefined ? {} : { [memory]: size }),
    ...(settings.steps === undefined ? {} : { stage_steps: [settings.steps] }),
    [name]: String(trained),
  };
}

/** The kinds of models that can be trained on the task. */
export const trainable = (settings: CapacitySettings): readonly ModelId[] =>
  (Object.keys(catalogue) as ModelId[]).filter(
    (model) => startingConfig(model, settings.task, settings.seed) !== undefined,
  );

/** The models to evaluate, in order: the one at hand, then each kind with each size of memory. */
export function planOf(settings: CapacitySettings): readonly Entry[] {
  const { model, train, memory, task } = settings;
  const given: Entry[] = model === undefined ? [] : [{ kind: 'model', choice: model }];
  const trained = train.flatMap((kind) =>
    (memoryKnob(kind) ? memory : memory.slice(0, 1)).flatMap((size): Entry[] => {
      const config = configAt(settings, kind, size);
      return config ? [{ kind: 'train', config, preset: presetOf(task) }] : [];
    }),
  );
  return [...given, ...trained];
}

/** The training steps of a configuration, if no stage ends early. */
export const stepsOf = ({ stages, stage_steps }: RunConfig): number =>
  stages.reduce((sum, _, i) => sum + (stage_steps[i] ?? stage_steps.at(-1) ?? 0), 0);
