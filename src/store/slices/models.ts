// The models slice: bundled checkpoints, the user's files, saved runs, and the model in training.
import * as v from 'valibot';
import type { RunConfig } from '../../experiment/config.ts';
import { catalogue, type ModelEntry, type ModelId } from '../../models/catalogue.ts';
import type { ImportOptions, Materials, ModelSource } from '../../protocol/index.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import type { Task } from '../../tasks/task.ts';
import { cardOf, checkHeader, headOf, type ModelCard, rmtConfigOf } from '../checkpoint-header.ts';
import { sentenceOf } from '../error-text.ts';
import { identityOf } from '../identity.ts';
import type { SliceTools } from '../state.ts';
import { materialsFor } from './materials.ts';
import { materialsOfRun, type RunRecord } from './runs.ts';

declare module '../state.ts' {
  interface State {
    readonly models: ModelsSlice;
  }
}

const folder = 'checkpoints';
/** The task whose material any text is. */
export const anyText: TaskId = 'language';
/** Before the id of a saved run, in a choice. */
export const runPrefix = 'run:';
const integer = (min: number, max: number) => v.pipe(v.number(), v.integer(), v.minValue(min), v.maxValue(max));

const manifest = v.object({
  checkpoints: v.array(
    v.object({
      // A plain file name, so that nothing outside the folder can be requested.
      file: v.pipe(v.string(), v.regex(/^[\w.-]+\.safetensors$/, 'a file name ending in .safetensors')),
      title: v.string(),
      task: v.string(),
      /** Its id in the catalogue. */
      model: v.optional(v.string()),
      description: v.string(),
      segments: integer(1, 4096),
      seed: integer(0, 2 ** 31 - 1),
      made: v.object({ command: v.string(), adapter: v.string(), date: v.string(), steps: v.number() }),
      accuracy: v.record(v.pipe(v.string(), v.regex(/^\d+$/)), v.pipe(v.number(), v.minValue(0), v.maxValue(1))),
    }),
  ),
});
export type Bundled = v.InferOutput<typeof manifest>['checkpoints'][number];

/** @throws Error naming the invalid entry */
export function parseManifest(input: unknown): readonly Bundled[] {
  const result = v.safeParse(manifest, input);
  if (result.success) return result.output.checkpoints;
  const [issue] = result.issues;
  throw new Error(
    `The list of checkpoints, ${folder}/manifest.json, is not valid at ${v.getDotPath(issue) ?? 'its root'}: ${issue.message}.`,
  );
}

/** A model that was opened from files, which the session reads. */
export interface FileModel {
  readonly name: string;
  readonly files: readonly File[];
  readonly card: ModelCard;
  /** Its `rmt_config`, if it has one. */
  readonly config: Readonly<Record<string, unknown>> | undefined;
  /** Of a published model. */
  readonly options?: ImportOptions;
}

export interface ModelsSlice {
  readonly status: 'loading' | 'ready' | 'missing';
  readonly bundled: readonly Bundled[];
  readonly problem: string | undefined;
  /** The names of the opened files. */
  readonly files: readonly string[];
  load(): Promise<void>;
  /** Why the last file could not be opened. */
  readonly fileProblem: string | undefined;
  dismissProblem(): void;
  /** Say why a file is not used. */
  refuse(reason: string): void;
  /** Add a checkpoint to the list, reading no more than its header; false if that shows that it is none. */
  addFile(file: File): Promise<boolean>;
  /** Add a model, by the choice that names it. */
  add(choice: string, model: FileModel): void;
  /** Drop a model that was added. */
  forget(choice: string): void;
  /** A model that was opened from files. */
  opened(choice: string): FileModel | undefined;
  /** The facts about a choice known without running it. */
  card(choice: string | undefined): ModelCard | undefined;
  /** Whether a model reads the user's files: if it was trained on one, or is given another task that takes them. */
  readsFiles(choice: string, task: string | undefined): boolean;
  /** The user's files that a model reads for a task: its own file, if it was trained on one. */
  materials(choice: string, task: string | undefined): Materials | undefined;
  /** The run that a choice names; the newest one for `training` without a model in training. */
  savedRun(choice: string | undefined): RunRecord | undefined;
  /** The title of a choice. */
  title(choice: string): string;
  /** What a choice stands for: another text once another file of the same name is opened. */
  identity(choice: string): string;
  /** The choice itself, or the first bundled model if it is undefined. */
  resolve(choice: string | undefined): string | undefined;
  /** @throws Error if the choice is unavailable */
  source(choice: string): Promise<ModelSource>;
}

const answersOf = (model: string | undefined): ModelEntry['answers'] | undefined =>
  model !== undefined && Object.hasOwn(catalogue, model) ? catalogue[model as ModelId].answers : undefined;

const cardOfRun = (config: RunConfig, file: string | undefined): ModelCard => ({
  task: config.task,
  knobs: { alphabet: config.alphabet, unit: config.unit },
  file,
  answers: catalogue[config.model].answers,
  trainedTo: Math.max(...config.stages),
});

export function modelsSlice({ environment, get, change }: SliceTools<ModelsSlice>): ModelsSlice {
  const fetched = new Map<string, Uint8Array<ArrayBuffer>>();
  const opened = new Map<string, FileModel>();
  return {
    status: 'loading',
    bundled: [],
    problem: undefined,
    fileProblem: undefined,
    files: [],
    async load() {
      try {
        const text = new TextDecoder().decode(await environment.fetchFile(`${folder}/manifest.json`));
        change({ status: 'ready', bundled: parseManifest(JSON.parse(text)) });
      } catch (error) {
        change({ status: 'missing', problem: sentenceOf(error) });
      }
    },
    async addFile(file) {
      const { name } = file;
      try {
        const head = await headOf(file);
        checkHeader(name, head);
        get().models.add(`file:${name}`, { name, files: [file], card: cardOf(head), config: rmtConfigOf(head) });
        return true;
      } catch (error) {
        change({ fileProblem: `${sentenceOf(error)} The chosen model is unchanged.` });
        return false;
      }
    },
    add(choice, model) {
      opened.set(choice, model);
      const { files } = get().models;
      const isListed = !choice.startsWith('file:') || files.includes(model.name);
      change({ files: isListed ? [...files] : [...files, model.name], fileProblem: undefined });
    },
    dismissProblem: () => change({ fileProblem: undefined }),
    refuse: (reason) => change({ fileProblem: reason }),
    forget(choice) {
      opened.delete(choice);
    },
    opened: (choice) => opened.get(choice),
    card(choice) {
      if (choice === undefined) return undefined;
      const { models } = get();
      if (choice === 'training') {
        const { config, files } = get().run;
        if (config) return cardOfRun(config, files[0]);
      }
      const run = models.savedRun(choice);
      if (run) return cardOfRun(run.config, run.files[0]);
      const known =
        opened.get(choice)?.card ?? (fetched.has(choice) ? cardOf(fetched.get(choice) as Uint8Array) : undefined);
      const bundled = models.bundled.find(({ file }) => file === choice);
      return (
        known ??
        (bundled && {
          task: bundled.task,
          knobs: {},
          file: undefined,
          answers: answersOf(bundled.model),
          trainedTo: undefined,
        })
      );
    },
    readsFiles(choice, task) {
      const card = get().models.card(choice);
      const asked = task ?? card?.task;
      if (asked === undefined && card?.readsText) return true;
      if (asked === undefined || !Object.hasOwn(tasks, asked)) return false;
      const { material }: Task = tasks[asked as TaskId];
      return (material === 'text' || material === 'documents') && (card?.file !== undefined || asked !== card?.task);
    },
    materials(choice, task) {
      const { run, materials, models } = get();
      const card = models.card(choice);
      if (choice === 'training' && run.config && task === run.config.task && run.materials) return run.materials;
      const saved = models.savedRun(choice);
      if (saved && task === saved.config.task) return materialsFor(task, materialsOfRun(saved, materials.given));
      if (task === undefined && card?.readsText) return materialsFor(anyText, materials.given);
      // Files given for another task are used; the model's own built-in materials are not replaced silently.
      if (card?.file === undefined && task === card?.task) return undefined;
      return materialsFor(task, { ...materials.given, noise: undefined });
    },
    savedRun(choice) {
      const { run, runs } = get();
      if (choice === 'training' && !run.config) return runs.newest();
      return choice?.startsWith(runPrefix) ? runs.find(choice.slice(runPrefix.length)) : undefined;
    },
    title(choice) {
      const { bundled, savedRun } = get().models;
      if (choice === 'training') return 'My model';
      return (
        bundled.find(({ file }) => file === choice)?.title ??
        savedRun(choice)?.name ??
        choice.replace(/^(file|run|hub):/, '')
      );
    },
    identity(choice) {
      const model = opened.get(choice);
      return model ? `${choice} ${identityOf(model)}` : choice;
    },
    resolve: (choice) => choice ?? get().models.bundled[0]?.file,
    async source(choice) {
      if (choice === 'training') {
        const { checkpoint, onGpu } = get().run;
        if (onGpu) return { kind: 'training' };
        if (checkpoint) return { kind: 'checkpoint', name: 'the last run', bytes: checkpoint.bytes };
      }
      if (choice === 'training' || choice.startsWith(runPrefix)) {
        await get().runs.loaded();
        const saved = get().models.savedRun(choice);
        const stored = saved && (await get().runs.read(saved.id));
        if (stored?.bytes) return { kind: 'checkpoint', name: `run ${stored.record.name}`, bytes: stored.bytes };
        if (saved) throw new Error(`“${saved.name}” has no checkpoint yet. Train it for a few steps first.`);
        throw new Error(
          choice === 'training'
            ? 'Nothing has been trained yet. Start a run on the Train view, or choose another model.'
            : `The run ${choice.slice(runPrefix.length)} is not in this browser; a link does not contain it. Import its exported file on the Runs view, or choose another model.`,
        );
      }
      const model = opened.get(choice);
      if (model) {
        const { name, files, options } = model;
        return { kind: 'files', name, files, ...(options ? { options } : {}) };
      }
      if (!get().models.bundled.some(({ file }) => file === choice))
        throw new Error(
          `The model “${choice.replace(/^file:/, '')}” is not available here. Choose a bundled checkpoint, or open the file again.`,
        );
      const bytes = fetched.get(choice) ?? (await environment.fetchFile(`${folder}/${choice}`));
      fetched.set(choice, bytes);
      return { kind: 'checkpoint', name: choice, bytes };
    },
  };
}
