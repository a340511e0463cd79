// The training run: its progress, its curves, and the last checkpoint, which survives a lost device and a reload.
import type { RunConfig } from '../train/config.ts';
import type { Command, Event, Materials, ModelFacts, TrainProgress } from '../train/protocol.ts';
import { configProblem, messageOf } from './address.ts';
import { configOfTraining } from './checkpoint-header.ts';
import { fileNames, materialsFor } from './materials.ts';
import { type Point, Series } from './series.ts';
import type { SliceTools } from './state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** A checkpoint with what it takes to go on from it. */
export interface KeptRun {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly config: RunConfig;
  readonly progress: TrainProgress;
  readonly noise: Materials['noise'];
  /** Names of the files it reads: a file itself cannot be kept, and has to be given again after a reload. */
  readonly files: readonly string[];
  /** Milliseconds since 1970. */
  readonly saved: number;
}

/** Where a stage of the curriculum began. */
export interface StageBand {
  readonly stage: number;
  readonly segments: number;
  readonly from: number;
}

const validationColumns = ['loss', 'accuracy', 'whole'] as const;
export type ValidationColumn = (typeof validationColumns)[number];

/** A run's validations as they were when it was kept, to be compared with the next ones. */
export interface ComparedRun {
  readonly id: number;
  readonly config: RunConfig;
  readonly files: readonly string[];
  readonly validations: ReadonlyMap<number, readonly Point<ValidationColumn>[]>;
}

/** The curves of one run; appended to, never copied. */
export class Curves {
  readonly steps = new Series(['loss', 'accuracy', 'learningRate', 'gradientNorm'] as const);
  /** Validations, by number of segments. */
  readonly validations = new Map<number, Series<ValidationColumn>>();
  readonly bands: StageBand[] = [];

  step({ progress, loss, accuracy, learningRate, gradientNorm }: Of<'train-step'>): void {
    this.steps.add(progress.step, { loss, accuracy, learningRate, gradientNorm });
    if (this.bands.at(-1)?.stage !== progress.stage)
      this.bands.push({ stage: progress.stage, segments: progress.segments, from: progress.step - 1 });
  }

  validation({ progress, segments, accuracy, whole, loss }: Of<'validation'>): void {
    const series = this.validations.get(segments) ?? new Series(validationColumns, 1024);
    this.validations.set(segments, series);
    series.add(progress.step, { accuracy, whole, loss });
  }

  /** Forget what came after `step`: the run goes on from there. */
  cutAfter(step: number): void {
    this.steps.cutAfter(step);
    for (const series of this.validations.values()) series.cutAfter(step);
    while ((this.bands.at(-1)?.from ?? -1) >= step) this.bands.pop();
  }
}

export interface RunSlice {
  readonly status: 'idle' | 'starting' | 'running' | 'paused' | 'ended' | 'failed' | 'lost';
  readonly error: string | undefined;
  /** The configuration of the run on show; the one being edited is the experiment's. */
  readonly config: RunConfig | undefined;
  /** What of the visitor's the run on show reads. */
  readonly materials: Materials | undefined;
  readonly model: ModelFacts | undefined;
  readonly progress: TrainProgress | undefined;
  readonly latest: Of<'train-step'> | undefined;
  readonly curves: Curves;
  /** Changes when the curves grew. */
  readonly version: number;
  readonly finished: boolean;
  readonly checkpoint: KeptRun | undefined;
  /** Earlier runs, kept for comparison; oldest first. */
  readonly compared: readonly ComparedRun[];
  /** The run on show is among them, as it is now. */
  readonly isKept: boolean;
  /** The checkpoint comes from an earlier visit. */
  readonly fromStorage: boolean;
  /** The session has the model of this run at hand. */
  readonly onGpu: boolean;
  /** A file on its way to the visitor. */
  readonly download: Uint8Array<ArrayBuffer> | undefined;
  recall(): Promise<void>;
  start(paused?: boolean): void;
  pause(): void;
  continue(): void;
  /** One step; starts the run if there is none. */
  step(): void;
  stop(): void;
  /** Go on from the last checkpoint kept. */
  resumeKept(): void;
  resumeFile(name: string, bytes: Uint8Array<ArrayBuffer>): void;
  /** Put the curves of the run on show behind those of the next one. */
  keepForComparison(): void;
  dropCompared(id: number): void;
  save(): void;
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
  lost(checkpoint: Uint8Array<ArrayBuffer> | undefined): void;
}

const keptOf = (materials: Materials = {}) => ({ noise: materials.noise, files: fileNames(materials) });

export const isTraining = (status: RunSlice['status']) =>
  status === 'starting' || status === 'running' || status === 'paused';

export function runSlice({ outside, get, change }: SliceTools<RunSlice>): RunSlice {
  let wantsDownload = false;
  /** The step that a click on Step has asked for before the run began. */
  let stepsAfterBegin = 0;
  let goesOn = false;
  let kept = 0;

  const launch = (
    config: RunConfig,
    materials: Materials | undefined,
    resume: { name: string; bytes: Uint8Array<ArrayBuffer> } | undefined,
    paused: boolean,
  ) => {
    const command: Command = {
      type: 'train-start',
      config,
      ...(materials ? { materials } : {}),
      ...(resume ? { resume } : {}),
      ...(paused ? { paused } : {}),
    };
    change({
      status: 'starting',
      error: undefined,
      config,
      materials,
      isKept: false,
      finished: false,
      onGpu: false,
      progress: undefined,
      latest: undefined,
      ...(goesOn ? {} : { curves: new Curves(), version: 0 }),
    });
    outside.post(command);
  };

  return {
    status: 'idle',
    error: undefined,
    config: undefined,
    materials: undefined,
    model: undefined,
    progress: undefined,
    latest: undefined,
    curves: new Curves(),
    version: 0,
    finished: false,
    checkpoint: undefined,
    compared: [],
    isKept: false,
    fromStorage: false,
    onGpu: false,
    download: undefined,
    async recall() {
      const kept = await outside.kept.load().catch(() => undefined);
      if (kept && !get().run.checkpoint) change({ checkpoint: kept, fromStorage: true });
    },
    start(paused = false) {
      const { config } = get().experiment;
      const problem = configProblem(config);
      if (problem) return change({ error: problem });
      goesOn = false;
      launch(config, materialsFor(config.task, get().materials.given), undefined, paused);
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
    resumeKept() {
      const { checkpoint, fromStorage, curves } = get().run;
      if (!checkpoint) return;
      const { bytes, config, progress, noise, files } = checkpoint;
      if (noise) get().materials.give({ noise });
      // The files of this visit are at hand; those of an earlier one have to be given again.
      const materials = fromStorage ? materialsFor(config.task, get().materials.given) : get().run.materials;
      const missing = files.filter((file) => !fileNames(materials ?? {}).includes(file));
      get().experiment.setConfig(config);
      if (missing.length > 0)
        return change({
          error: `last run: it reads ${missing.join(' and ')} (expected the same file again: choose it beside the task, then resume)`,
        });
      goesOn = !fromStorage;
      if (goesOn) curves.cutAfter(progress.step);
      launch(config, materials, { name: 'the last run', bytes }, false);
    },
    resumeFile(name, bytes) {
      try {
        const config = configOfTraining(name, bytes);
        goesOn = false;
        get().experiment.setConfig(config);
        launch(config, materialsFor(config.task, get().materials.given), { name, bytes }, false);
      } catch (error) {
        change({ error: messageOf(error) });
      }
    },
    keepForComparison() {
      const { config, materials, curves, compared } = get().run;
      if (!config || curves.validations.size === 0) return;
      const validations = new Map([...curves.validations].map(([segments, series]) => [segments, series.view()]));
      const run = { id: ++kept, config, files: fileNames(materials ?? {}), validations };
      change({ compared: [...compared, run], isKept: true });
    },
    dropCompared(id) {
      const compared = get().run.compared.filter((run) => run.id !== id);
      change({ compared, ...(id === kept ? { isKept: false } : {}) });
    },
    save() {
      const { checkpoint, onGpu } = get().run;
      if (!onGpu && checkpoint) return change({ download: checkpoint.bytes });
      wantsDownload = true;
      outside.post({ type: 'checkpoint' });
    },
    downloaded: () => change({ download: undefined }),
    begin({ model, progress }) {
      const paused = stepsAfterBegin > 0;
      change({
        status: paused ? 'paused' : 'running',
        model,
        progress,
        onGpu: true,
        fromStorage: false,
      });
      if (paused) outside.post({ type: 'train-step' });
      stepsAfterBegin = 0;
    },
    stepped(event) {
      const { curves, version } = get().run;
      curves.step(event);
      change({ progress: event.progress, latest: event, version: version + 1, isKept: false });
    },
    validated(event) {
      const { curves, version } = get().run;
      curves.validation(event);
      change({ version: version + 1 });
    },
    // The buttons already say so: this only brings the progress.
    paused: (progress) => change({ progress }),
    end: ({ progress, finished }) => change({ status: 'ended', progress, finished }),
    keep({ bytes, progress }) {
      const { config, materials } = get().run;
      if (wantsDownload) change({ download: bytes });
      wantsDownload = false;
      if (!config || progress.step === 0) return;
      const checkpoint = { bytes, config, progress, ...keptOf(materials), saved: Date.now() };
      change({ checkpoint, fromStorage: false });
      // Private windows may refuse storage; the run itself goes on.
      void outside.kept.save(checkpoint).catch(() => {});
    },
    notSaved(message) {
      wantsDownload = false;
      change({ error: message });
    },
    failed(message) {
      stepsAfterBegin = 0;
      change({ status: 'failed', error: message, onGpu: false });
    },
    lost(bytes) {
      stepsAfterBegin = 0;
      const { status, config, materials, checkpoint, progress } = get().run;
      // The kept one has its own progress; the bytes are the same.
      if (bytes && !checkpoint && config && progress)
        change({ checkpoint: { bytes, config, ...keptOf(materials), progress, saved: Date.now() } });
      change({ onGpu: false, ...(isTraining(status) ? { status: 'lost' as const } : {}) });
    },
  };
}
