// The training run: its progress, its curves, and the last checkpoint, which survives a lost device and a reload.
import type { RunConfig } from '../train/config.ts';
import type { Command, Event, ModelFacts, NoiseText, TrainProgress } from '../train/protocol.ts';
import { configProblem, messageOf } from './address.ts';
import { configOfTraining } from './resume.ts';
import { Series } from './series.ts';
import type { SliceTools } from './state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

/** A checkpoint with what it takes to go on from it. */
export interface KeptRun {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly config: RunConfig;
  readonly progress: TrainProgress;
  readonly noise: NoiseText | undefined;
  /** Milliseconds since 1970. */
  readonly saved: number;
}

/** Where a stage of the curriculum began. */
export interface StageBand {
  readonly stage: number;
  readonly segments: number;
  readonly from: number;
}

/** The curves of one run; appended to, never copied. */
export class Curves {
  readonly steps = new Series(['loss', 'accuracy', 'learningRate', 'gradientNorm'] as const);
  /** Validations, by number of segments. */
  readonly validations = new Map<number, Series<'loss' | 'accuracy'>>();
  readonly bands: StageBand[] = [];

  step({ progress, loss, accuracy, learningRate, gradientNorm }: Of<'train-step'>): void {
    this.steps.add(progress.step, { loss, accuracy, learningRate, gradientNorm });
    if (this.bands.at(-1)?.stage !== progress.stage)
      this.bands.push({ stage: progress.stage, segments: progress.segments, from: progress.step - 1 });
  }

  validation({ progress, segments, accuracy, loss }: Of<'validation'>): void {
    const series = this.validations.get(segments) ?? new Series(['loss', 'accuracy'] as const, 1024);
    this.validations.set(segments, series);
    series.add(progress.step, { accuracy, loss });
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
  readonly noise: NoiseText | undefined;
  readonly model: ModelFacts | undefined;
  readonly progress: TrainProgress | undefined;
  readonly latest: Of<'train-step'> | undefined;
  readonly curves: Curves;
  /** Changes when the curves grew. */
  readonly version: number;
  readonly finished: boolean;
  readonly checkpoint: KeptRun | undefined;
  /** The checkpoint comes from an earlier visit. */
  readonly fromStorage: boolean;
  /** The session has the model of this run at hand. */
  readonly onGpu: boolean;
  /** A file on its way to the visitor. */
  readonly download: Uint8Array<ArrayBuffer> | undefined;
  recall(): Promise<void>;
  setNoise(noise: NoiseText | undefined): void;
  start(paused?: boolean): void;
  pause(): void;
  continue(): void;
  /** One step; starts the run if there is none. */
  step(): void;
  stop(): void;
  /** Go on from the last checkpoint kept. */
  resumeKept(): void;
  resumeFile(name: string, bytes: Uint8Array<ArrayBuffer>): void;
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

export const isTraining = (status: RunSlice['status']) =>
  status === 'starting' || status === 'running' || status === 'paused';

export function runSlice({ outside, get, change }: SliceTools<RunSlice>): RunSlice {
  let wantsDownload = false;
  /** The step that a click on Step has asked for before the run began. */
  let stepsAfterBegin = 0;
  let goesOn = false;

  const launch = (
    config: RunConfig,
    resume: { name: string; bytes: Uint8Array<ArrayBuffer> } | undefined,
    paused: boolean,
  ) => {
    const { noise } = get().run;
    const command: Command = {
      type: 'train-start',
      config,
      ...(noise ? { noise } : {}),
      ...(resume ? { resume } : {}),
      ...(paused ? { paused } : {}),
    };
    change({
      status: 'starting',
      error: undefined,
      config,
      finished: false,
      onGpu: false,
      progress: undefined,
      latest: undefined,
    });
    outside.post(command);
  };

  return {
    status: 'idle',
    error: undefined,
    config: undefined,
    noise: undefined,
    model: undefined,
    progress: undefined,
    latest: undefined,
    curves: new Curves(),
    version: 0,
    finished: false,
    checkpoint: undefined,
    fromStorage: false,
    onGpu: false,
    download: undefined,
    async recall() {
      const kept = await outside.kept.load().catch(() => undefined);
      if (kept && !get().run.checkpoint) change({ checkpoint: kept, fromStorage: true });
    },
    setNoise: (noise) => change({ noise }),
    start(paused = false) {
      const { config } = get().experiment;
      const problem = configProblem(config);
      if (problem) return change({ error: problem });
      goesOn = false;
      launch(config, undefined, paused);
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
      const { bytes, config, progress, noise } = checkpoint;
      goesOn = !fromStorage;
      if (goesOn) curves.cutAfter(progress.step);
      get().experiment.setConfig(config);
      change({ noise });
      launch(config, { name: 'the last run', bytes }, false);
    },
    resumeFile(name, bytes) {
      try {
        const config = configOfTraining(name, bytes);
        goesOn = false;
        get().experiment.setConfig(config);
        launch(config, { name, bytes }, false);
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
    downloaded: () => change({ download: undefined }),
    begin({ model, progress }) {
      const paused = stepsAfterBegin > 0;
      change({
        status: paused ? 'paused' : 'running',
        model,
        progress,
        onGpu: true,
        fromStorage: false,
        ...(goesOn ? {} : { curves: new Curves(), version: 0 }),
      });
      if (paused) outside.post({ type: 'train-step' });
      stepsAfterBegin = 0;
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
    paused: (progress) => change({ progress }),
    end: ({ progress, finished }) => change({ status: 'ended', progress, finished }),
    keep({ bytes, progress }) {
      const { config, noise } = get().run;
      if (wantsDownload) change({ download: bytes });
      wantsDownload = false;
      if (!config || progress.step === 0) return;
      const checkpoint = { bytes, config, progress, noise, saved: Date.now() };
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
      const { status, config, noise, checkpoint, progress } = get().run;
      // The kept one has its own progress; the bytes are the same.
      if (bytes && !checkpoint && config && progress)
        change({ checkpoint: { bytes, config, noise, progress, saved: Date.now() } });
      change({ onGpu: false, ...(isTraining(status) ? { status: 'lost' as const } : {}) });
    },
  };
}
