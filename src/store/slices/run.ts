// The run on show: its progress, its curves, and the last checkpoint, which survives a lost device; the library keeps it.
import type { RunConfig } from '../../experiment/config.ts';
import type { PresetName } from '../../experiment/presets.ts';
import type { Command, Event, Materials, ModelFacts, TrainProgress } from '../../protocol/index.ts';
import { configProblem, messageOf } from '../address.ts';
import { configOfTraining } from '../checkpoint-header.ts';
import { automaticName, nearestPreset } from '../compare.ts';
import { Curves, type CurvesData } from '../library/curves.ts';
import type { SavedState } from '../library/library.ts';
import { newRunId, type RunId, type RunState } from '../library/record.ts';
import { withMoreSteps } from '../more-steps.ts';
import type { SliceTools } from '../state.ts';
import { fileNames, materialsFor } from './materials.ts';
import { materialsOfRun } from './runs.ts';

export { Curves, type StageBand, type ValidationColumn } from '../library/curves.ts';
export type { ComparedRun } from './runs.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export interface RunSlice {
  readonly status: 'idle' | 'starting' | 'running' | 'paused' | 'ended' | 'failed' | 'lost';
  readonly error: string | undefined;
  /** Of the run on show, in the library. */
  readonly id: RunId | undefined;
  /** The configuration of the run on show; the one being edited is the experiment's. */
  readonly config: RunConfig | undefined;
  /** What of the visitor's the run on show reads. */
  readonly materials: Materials | undefined;
  /** Names of the files among it, at hand or not. */
  readonly files: readonly string[];
  readonly model: ModelFacts | undefined;
  readonly progress: TrainProgress | undefined;
  readonly latest: Of<'train-step'> | undefined;
  readonly curves: Curves;
  /** Changes when the curves grew. */
  readonly version: number;
  readonly finished: boolean;
  /** The last checkpoint of the run on show, with the curves up to it. */
  readonly checkpoint: SavedState | undefined;
  /** The session has the model of this run at hand. */
  readonly onGpu: boolean;
  /** A file on its way to the visitor. */
  readonly download: Uint8Array<ArrayBuffer> | undefined;
  start(paused?: boolean): void;
  pause(): void;
  continue(): void;
  /** One step; starts the run if there is none. */
  step(): void;
  stop(): void;
  /** Go on from the last checkpoint of a run of the library; of the one on show when left out. */
  resume(id?: RunId): Promise<void>;
  /** Go on from the end of the run on show: as a run of its own, which is that one with a stage of `steps` steps behind it. */
  goOn(steps: number): Promise<void>;
  /** Put a run of the library on show, as it was left. */
  show(id: RunId): Promise<void>;
  resumeFile(name: string, bytes: Uint8Array<ArrayBuffer>): void;
  save(): void;
  /** Have what was trained since the last checkpoint saved, as the page may be left. */
  autosave(): void;
  downloaded(): void;
  begin(event: Of<'train-begin'>): void;
  stepped(event: Of<'train-step'>): void;
  validated(event: Of<'validation'>): void;
  paused(progress: TrainProgress): void;
  end(event: Of<'train-end'>): void;
  keep(event: Of<'checkpoint'>): void;
  /** A checkpoint could not be taken; the run is not concerned. */
  notSaved(message: string): void;
  failed(message: string): void;
  lost(): void;
}

/** A run of the library, ready to be put on show or gone on with. */
interface Opened {
  readonly name: string;
  readonly preset: PresetName;
  readonly config: RunConfig;
  readonly noise: Materials['noise'];
  readonly files: readonly string[];
  readonly state: RunState;
  readonly progress: TrainProgress;
  readonly curves: CurvesData;
  readonly bytes: Uint8Array<ArrayBuffer> | undefined;
}

interface Launch {
  readonly id: RunId;
  readonly config: RunConfig;
  readonly preset: PresetName;
  readonly materials: Materials | undefined;
  readonly resume?: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly checkpoint?: SavedState;
  readonly paused?: boolean;
  /** Not in the library yet. */
  readonly isNew: boolean;
}

export const isTraining = (status: RunSlice['status']) =>
  status === 'starting' || status === 'running' || status === 'paused';

export function runSlice({ outside, get, change }: SliceTools<RunSlice>): RunSlice {
  let wantsDownload = false;
  /** The step that a click on Step has asked for before the run began. */
  let stepsAfterBegin = 0;
  /** What is being begun, until it has. */
  let launched: Launch | undefined;
  let isOpening = false;

  const launch = (what: Launch) => {
    const { id, config, materials, resume, checkpoint, paused } = what;
    const before = get().run.id;
    if (before !== undefined && before !== id) void get().runs.release(before);
    const command: Command = {
      type: 'train-start',
      config,
      ...(materials ? { materials } : {}),
      ...(resume ? { resume } : {}),
      ...(paused ? { paused } : {}),
    };
    launched = what;
    change({
      status: 'starting',
      error: undefined,
      id,
      config,
      materials,
      files: fileNames(materials ?? {}),
      finished: false,
      onGpu: false,
      progress: undefined,
      latest: undefined,
      checkpoint,
      curves: checkpoint ? Curves.from(checkpoint.curves) : new Curves(),
      version: 0,
    });
    outside.post(command);
  };

  /** What is kept of a run; of the one on show this tab may have more than could be stored. */
  const open = async (id: RunId): Promise<Opened> => {
    const stored = await get()
      .runs.read(id)
      .catch((error: unknown) => (error instanceof Error ? error : new Error(String(error))));
    const { run, runs, experiment } = get();
    const mine = run.id === id ? run.checkpoint : undefined;
    const step = stored instanceof Error || !stored.bytes ? -1 : stored.record.progress.step;
    if (mine && run.config && mine.progress.step > step) {
      const { config, files, materials } = run;
      const { name = automaticName(config, experiment.preset), preset = experiment.preset } = runs.find(id) ?? {};
      return { name, preset, config, noise: materials?.noise, files, state: 'stopped', ...mine };
    }
    if (stored instanceof Error) throw stored;
    if (stored.record.deleted !== undefined)
      throw new Error(`run '${stored.record.name}': deleted (expected one that is not: undo that on the Runs view)`);
    return { ...stored.record, ...stored };
  };

  /**
   * What a run reads of the visitor's: files of this visit are at hand, those of an earlier one have to be given again.
   * @throws Error naming the files that are not at hand
   */
  const materialsAtHand = (id: RunId, { name, config, noise, files }: Opened): Materials | undefined => {
    if (noise) get().materials.give({ noise });
    const lacks = (own: Materials = {}) => files.filter((file) => !fileNames(own).includes(file));
    const { run, materials } = get();
    const own =
      run.id === id && lacks(run.materials).length === 0
        ? run.materials
        : materialsFor(config.task, materialsOfRun({ noise, files }, materials.given));
    const missing = lacks(own);
    if (missing.length > 0)
      throw new Error(
        `run '${name}': it reads ${missing.join(' and ')} (expected the same file again: choose it beside the task, then resume)`,
      );
    return own;
  };

  /** One at a time; what goes wrong is said where the run is shown. */
  const opening = async (work: () => Promise<void>): Promise<void> => {
    if (isOpening || isTraining(get().run.status)) return;
    isOpening = true;
    try {
      await work();
    } catch (error) {
      change({ error: messageOf(error) });
    } finally {
      isOpening = false;
    }
  };

  return {
    status: 'idle',
    error: undefined,
    id: undefined,
    config: undefined,
    materials: undefined,
    files: [],
    model: undefined,
    progress: undefined,
    latest: undefined,
    curves: new Curves(),
    version: 0,
    finished: false,
    checkpoint: undefined,
    onGpu: false,
    download: undefined,
    start(paused = false) {
      const { config, preset } = get().experiment;
      const problem = configProblem(config);
      if (problem) return change({ error: problem });
      const obstacle = get().estimate.obstacleTo(config);
      if (obstacle) return change({ error: obstacle });
      const materials = materialsFor(config.task, get().materials.given);
      launch({ id: newRunId(), config, preset, materials, paused, isNew: true });
    },
    pause() {
      change({ status: 'paused' });
      outside.post({ type: 'train-pause' });
    },
    continue() {
      change({ status: 'running' });
      outside.post({ type: 'train-continue' });
    },
    step() {
      const { status, start } = get().run;
      if (status === 'running' || status === 'paused') {
        change({ status: 'paused' });
        return outside.post({ type: 'train-step' });
      }
      if (status === 'starting') return;
      stepsAfterBegin = 1;
      start(true);
    },
    stop: () => outside.post({ type: 'train-stop' }),
    resume: (wanted) =>
      opening(async () => {
        const id = wanted ?? get().run.id;
        if (id === undefined) return;
        const { runs, experiment } = get();
        const isMine = await runs.claim(id);
        const name = get().runs.find(id)?.name ?? id;
        if (!isMine)
          throw new Error(
            `run '${name}': another tab is training it (expected one tab for a run: stop it there first. It can be streamed and evaluated here meanwhile)`,
          );
        try {
          const opened = await open(id);
          const { preset, config, progress, curves, bytes } = opened;
          experiment.choosePreset(preset);
          experiment.setConfig(config);
          launch({
            id,
            config,
            preset,
            materials: materialsAtHand(id, { ...opened, name }),
            isNew: false,
            // Before the first save there is nothing to go on from: the same run begins again.
            ...(bytes ? { resume: { name, bytes }, checkpoint: { bytes, progress, curves } } : {}),
          });
        } catch (error) {
          void runs.release(id);
          throw error;
        }
      }),
    goOn: (steps) =>
      opening(async () => {
        const { id } = get().run;
        if (id === undefined) return;
        const opened = await open(id);
        const { name, preset, progress, curves, bytes } = opened;
        if (!bytes) return;
        const config = withMoreSteps(opened.config, steps);
        const materials = materialsAtHand(id, opened);
        const { experiment } = get();
        experiment.choosePreset(preset);
        experiment.setConfig(config);
        const checkpoint = { bytes, progress, curves };
        launch({ id: newRunId(), config, preset, materials, resume: { name, bytes }, checkpoint, isNew: true });
      }),
    show: (id) =>
      opening(async () => {
        const { config, noise, files, state, progress, curves, bytes } = await open(id);
        const before = get().run.id;
        if (before !== undefined && before !== id) void get().runs.release(before);
        change({
          status: 'ended',
          error: undefined,
          id,
          config,
          materials: noise ? { noise } : undefined,
          files,
          model: undefined,
          progress,
          latest: undefined,
          curves: Curves.from(curves),
          version: get().run.version + 1,
          finished: state === 'finished',
          checkpoint: bytes && { bytes, progress, curves },
          onGpu: false,
        });
      }),
    resumeFile(name, bytes) {
      try {
        const config = configOfTraining(name, bytes);
        const preset = nearestPreset(config);
        get().experiment.choosePreset(preset);
        get().experiment.setConfig(config);
        const materials = materialsFor(config.task, get().materials.given);
        launch({ id: newRunId(), config, preset, materials, resume: { name, bytes }, isNew: true });
      } catch (error) {
        change({ error: messageOf(error) });
      }
    },
    save() {
      const { checkpoint, onGpu } = get().run;
      if (!onGpu && checkpoint) return change({ download: checkpoint.bytes });
      wantsDownload = true;
      outside.post({ type: 'checkpoint' });
    },
    autosave() {
      const { status, progress, checkpoint } = get().run;
      const isOn = status === 'running' || status === 'paused';
      if (isOn && (progress?.step ?? 0) > (checkpoint?.progress.step ?? 0)) outside.post({ type: 'checkpoint' });
    },
    downloaded: () => change({ download: undefined }),
    begin({ model, progress }) {
      const paused = stepsAfterBegin > 0;
      change({ status: paused ? 'paused' : 'running', model, progress, onGpu: true });
      if (paused) outside.post({ type: 'train-step' });
      stepsAfterBegin = 0;
      if (!launched) return;
      const { id, config, preset, materials, resume, isNew } = launched;
      launched = undefined;
      const { runs, run } = get();
      if (!isNew) return void runs.trainsOn(id);
      const now = Date.now();
      void runs.claim(id);
      void runs.begun({
        id,
        name: automaticName(config, preset),
        preset,
        config,
        noise: materials?.noise,
        files: fileNames(materials ?? {}),
        created: now,
        saved: now,
        state: 'training',
        progress,
        validated: undefined,
        checkpoint: undefined,
        deleted: undefined,
      });
      if (!resume) return;
      const state = { bytes: resume.bytes, progress, curves: run.curves.data() };
      change({ checkpoint: state });
      void runs.save(id, state);
    },
    stepped(event) {
      const { curves, version } = get().run;
      curves.step(event);
      change({ progress: event.progress, latest: event, version: version + 1 });
    },
    validated(event) {
      const { curves, version } = get().run;
      curves.validation(event);
      change({ version: version + 1 });
    },
    // The buttons already say so: this only brings the progress.
    paused(progress) {
      change({ progress });
      get().run.autosave();
    },
    end({ progress, finished }) {
      const { id } = get().run;
      change({ status: 'ended', progress, finished });
      if (id !== undefined) void get().runs.ended(id, finished ? 'finished' : 'stopped', progress);
    },
    keep({ bytes, progress }) {
      const { id, status, curves, checkpoint } = get().run;
      if (wantsDownload) change({ download: bytes });
      wantsDownload = false;
      // Before a run has begun, what comes is of the one before it.
      if (id === undefined || status === 'starting' || progress.step === 0) return;
      const isSaved = checkpoint && checkpoint.progress.step >= progress.step && !get().runs.saveProblem;
      if (isSaved) return;
      const state = { bytes, progress, curves: curves.data() };
      change({ checkpoint: state });
      void get().runs.save(id, state);
    },
    notSaved(message) {
      wantsDownload = false;
      change({ error: message });
    },
    failed(message) {
      stepsAfterBegin = 0;
      const { id, progress } = get().run;
      change({ status: 'failed', error: message, onGpu: false });
      if (id === undefined) return;
      // What never began was not changed.
      if (launched || !progress) void get().runs.release(id);
      else void get().runs.ended(id, 'failed', progress);
      launched = undefined;
    },
    lost() {
      stepsAfterBegin = 0;
      change({ onGpu: false, ...(isTraining(get().run.status) ? { status: 'lost' as const } : {}) });
    },
  };
}
