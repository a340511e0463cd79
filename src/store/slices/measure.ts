// The measurement slice: time and bytes by length, and the models that can be measured.
import type { MeasureRequest, ReportOf } from '../../protocol/index.ts';
import { sentenceOf } from '../error-text.ts';
import { type ExclusiveJob, exclusiveJob, type Progress } from '../exclusive-job.ts';
import { type LayerModel, layersOfCheckpoint, layersOfConfig, layersOfModel } from '../layer-model.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly compute: ComputeSlice;
  }
}

export interface MeasureResult {
  readonly request: MeasureRequest;
  readonly lengths: readonly number[];
  readonly points: readonly ReportOf<'measure-point'>['point'][];
  /** Where each kind stopped, and why. */
  readonly limits: readonly ReportOf<'measure-limit'>[];
  readonly now: ReportOf<'measure-progress'> | undefined;
  readonly status: Progress;
}

/** Default settings by adapter. */
export function measureDefaults(software: boolean) {
  return software
    ? { segment: 64, longest: 2048, runs: 3, seconds: 60 }
    : { segment: 512, longest: 16_384, runs: 5, seconds: 60 };
}

export interface ComputeSlice extends ExclusiveJob<MeasureResult> {
  /** Checkpoints whose header was read, by identity: their layers, or an error message. */
  readonly looked: Readonly<Record<string, LayerModel | string>>;
  /** Read a checkpoint's header, once. */
  look(choice: string): Promise<void>;
  /** The chosen layers; undefined until they are known, an error message if that fails. */
  model(): LayerModel | string | undefined;
  start(): void;
  stop(): void;
  readonly receive: (report: JobReport<'measure'>) => void;
  lost(message: string): void;
}

export function computeSlice({ jobs, get, change }: SliceTools<ComputeSlice>): ComputeSlice {
  const life = exclusiveJob<'measure', MeasureResult>({
    kind: 'measure',
    title: 'The measurement',
    jobs,
    get,
    job: () => get().compute,
    change,
  });
  const over = { now: undefined } as const;
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    looked: {},
    async look(choice) {
      const identity = get().models.identity(choice);
      if (typeof get().compute.looked[identity] === 'object') return;
      let found: LayerModel | string;
      try {
        const source = await get().models.source(choice);
        if (source.kind === 'training') return;
        found =
          source.kind === 'files'
            ? layersOfModel(source.name, get().models.opened(choice)?.config)
            : layersOfCheckpoint(source.name, source.bytes);
      } catch (error) {
        found = sentenceOf(error);
      }
      change({ looked: { ...get().compute.looked, [identity]: found } });
    },
    model() {
      const { experiment, compute, models } = get();
      const choice = experiment.compute.model;
      return choice === undefined ? layersOfConfig(experiment.config) : compute.looked[models.identity(choice)];
    },
    start() {
      const { experiment, device, compute } = get();
      const model = compute.model();
      if (typeof model !== 'object') return;
      const suited = measureDefaults(device.facts?.software ?? true);
      const { segment = suited.segment, longest = suited.longest, runs, seconds } = experiment.compute;
      life.start({
        shape: model.shape,
        segment,
        longest,
        runs: runs ?? suited.runs,
        seconds: seconds ?? suited.seconds,
      });
    },
    stop: () => life.stop(),
    receive(report) {
      switch (report.type) {
        case 'measure-begin': {
          const { request, lengths } = report;
          return life.begin({ request, lengths, points: [], limits: [], now: undefined, status: 'running' });
        }
        case 'measure-progress':
          return life.update(() => ({ now: report }));
        case 'measure-point':
          return life.update(({ points }) => ({ points: [...points, report.point] }));
        case 'measure-limit':
          return life.update(({ limits }) => ({ limits: [...limits, report] }));
        case 'measure-end':
          return life.end(report.finished, over);
        case 'failed':
          return life.failed(report, over);
        default:
          return report satisfies never;
      }
    },
    lost: (message) => life.lost(message, over),
  };
}
