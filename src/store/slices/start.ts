// The start slice: the model that a new run starts from. What the run takes over from it is read once, by the session.
import type { RunConfig } from '../../experiment/config.ts';
import { type PresetName, presetConfig } from '../../experiment/presets.ts';
import { catalogue, type ModelEntry, type ModelId } from '../../models/catalogue.ts';
import type { ImportOptions, ImportReport, StartingPoint } from '../../protocol/index.ts';
import { tasks } from '../../tasks/index.ts';
import type { Task } from '../../tasks/task.ts';
import { nearestPreset } from '../compare.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools, State } from '../state.ts';

import { usualMemory } from './imports.ts';

declare module '../state.ts' {
  interface State {
    readonly start: StartSlice;
  }
}

export interface StartSlice {
  /** `fresh`: from random weights. */
  readonly status: 'fresh' | 'reading' | 'ready' | 'failed';
  /** What stands for the chosen model while it is read, and after; another one for other files of the same name. */
  readonly key: string | undefined;
  readonly model: StartingPoint | undefined;
  /** Why the chosen model cannot be used. */
  readonly problem: string | undefined;
  /** Read the model that the experiment names, unless that has been done. */
  read(): Promise<void>;
  /** Choose a model by its name in lists; undefined for random weights. */
  choose(choice: string | undefined): Promise<void>;
  /** Show how to fine-tune the last import: with memory, and on a task that its tokenizer can spell. */
  fineTune(): Promise<void>;
  /** Whether the chosen model was trained here and has no memory, so that memory can be put around it. */
  canWrap(): boolean;
  /** Put memory tokens around the chosen model, and start from that. */
  wrap(): Promise<void>;
  /** Use the configuration of the run that trained the model. */
  useItsRun(): void;
  /** A configuration with the settings of the model. */
  settled(config: RunConfig): RunConfig;
  readonly receive: (report: JobReport<'describe'>) => void;
}

/** What a choice stands for at the moment. */
export const startKey = ({ experiment, models }: Pick<State, 'experiment' | 'models'>): string | undefined =>
  experiment.train.from && models.identity(experiment.train.from);

/** The preset with which a published model is fine-tuned. */
function presetFor({ model, config }: ImportReport): PresetName {
  if (entryOf(model)?.answers !== 'class') return 'gpt2-small';
  return Number(config['hidden_size']) < 768 ? 'bert-small' : 'bert-base';
}

/** Memory tokens around a small model of this page. */
export const wrappedMemory = 8;

const isPlain = (model: string): boolean => entryOf(model)?.memories.length === 0;

const entryOf = (model: string): ModelEntry | undefined =>
  Object.hasOwn(catalogue, model) ? catalogue[model as ModelId] : undefined;

/** What an import needs that the preset's task can be trained: memory tokens around a plain model, and its classes. */
function missingFor({ model, config }: ImportReport, preset: PresetName): ImportOptions | undefined {
  const task: Task = tasks[presetConfig(preset).task];
  const hasMemory = !isPlain(model);
  const needed = task.kind === 'classification' && entryOf(model)?.answers === 'class' ? task.classes.length : 0;
  const hasClasses = Number(config['num_labels'] ?? 0) >= needed;
  if (hasMemory && hasClasses) return undefined;
  return { ...(hasMemory ? {} : { memory: usualMemory }), ...(hasClasses ? {} : { labels: needed }) };
}

export function startSlice({ jobs, get, change }: SliceTools<StartSlice>): StartSlice {
  const fail = (error: unknown) => change({ status: 'failed', model: undefined, problem: sentenceOf(error) });
  return {
    status: 'fresh',
    key: undefined,
    model: undefined,
    problem: undefined,
    async read() {
      const { experiment, models, start } = get();
      const key = startKey(get());
      if (key === start.key) return;
      const { from } = experiment.train;
      change({ status: from === undefined ? 'fresh' : 'reading', key, model: undefined, problem: undefined });
      if (from === undefined) return jobs.drop('describe');
      const id = jobs.reserve('describe');
      try {
        const model = await models.source(from);
        jobs.start(id, 'describe', { model });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    async choose(from) {
      get().experiment.setTrain({ from });
      await get().start.read();
    },
    async fineTune() {
      const { experiment, imports, start } = get();
      const { report, source, options } = imports;
      if (!report || !source) return;
      const preset = presetFor(report);
      const lacks = missingFor(report, preset);
      const choice = lacks ? await imports.again({ ...options, ...lacks }) : source.choice;
      if (choice === undefined) return;
      experiment.show('train');
      experiment.choosePreset(preset);
      await start.choose(choice);
    },
    canWrap() {
      const { model } = get().start;
      return model?.trainedWith !== undefined && isPlain(String(model.settings.model));
    },
    async wrap() {
      const { experiment, imports, models, start } = get();
      const { from } = experiment.train;
      if (from === undefined || !start.canWrap()) return;
      const source = await models.source(from).catch(fail);
      if (!source || source.kind === 'training') return;
      const name = `${models.title(from)} with memory`;
      const files =
        source.kind === 'files'
          ? source.files.filter((file) => file instanceof File)
          : [new File([new Uint8Array(source.bytes)], source.name)];
      const choice = await imports.begin({ choice: `file:${name}`, name, files }, { memory: wrappedMemory });
      if (choice !== undefined) await start.choose(choice);
    },
    useItsRun() {
      const { experiment, start } = get();
      const config = start.model?.trainedWith;
      if (!config) return;
      experiment.choosePreset(nearestPreset(config));
      experiment.setConfig(start.settled(config));
    },
    settled: (config) => ({ ...config, ...get().start.model?.settings }),
    receive(report) {
      if (report.type === 'failed') return fail(report);
      change({ status: 'ready', model: report.model });
      const { experiment, start } = get();
      experiment.setConfig(start.settled(experiment.config));
    },
  };
}
