// Time and bytes against length, as they are measured here, and the models that may be measured.
import type { Command, Event, MeasureRequest } from '../../protocol/index.ts';
import { messageOf } from '../address.ts';
import { type Job, jobLife, type Progress } from '../job.ts';
import { type LayerModel, layersOfCheckpoint, layersOfConfig } from '../layer-model.ts';
import type { SliceTools } from '../state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'measure-start' }>;

export interface MeasureResult {
  readonly request: MeasureRequest;
  readonly lengths: readonly number[];
  readonly points: readonly Of<'measure-point'>['point'][];
  /** Where a kind went no further, and why. */
  readonly limits: readonly Of<'measure-limit'>[];
  readonly now: Of<'measure-progress'> | undefined;
  readonly status: Progress;
}

/** What suits an adapter, until the visitor says otherwise. */
export function measureDefaults(software: boolean) {
  return software
    ? { segment: 64, longest: 2048, runs: 3, seconds: 60 }
    : { segment: 512, longest: 16_384, runs: 5, seconds: 60 };
}

export interface ComputeSlice extends Job<MeasureResult> {
  /** Checkpoints that were looked at, by choice: their layers, or what is wrong. */
  readonly looked: Readonly<Record<string, LayerModel | string>>;
  /** Read a checkpoint's header, unless that was done. */
  look(choice: string): Promise<void>;
  /** The layers chosen, once they are known; a message if they cannot be had. */
  model(): LayerModel | string | undefined;
  start(): void;
  stop(): void;
  begin(event: Of<'measure-begin'>): void;
  progress(event: Of<'measure-progress'>): void;
  point(event: Of<'measure-point'>): void;
  limit(event: Of<'measure-limit'>): void;
  end(finished: boolean): void;
  failed(message: string): void;
  lost(message: string): void;
}

export function computeSlice({ outside, get, change }: SliceTools<ComputeSlice>): ComputeSlice {
  const life = jobLife<Start, MeasureResult>({
    post: outside.post,
    get,
    job: () => get().compute,
    change,
    stopping: { type: 'measure-stop' },
  });
  const over = { now: undefined } as const;
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    looked: {},
    async look(choice) {
      if (typeof get().compute.looked[choice] === 'object') return;
      let found: LayerModel | string;
      try {
        const source = await get().models.source(choice);
        if (source.kind !== 'checkpoint') return;
        found = layersOfCheckpoint(source.name, source.bytes);
      } catch (error) {
        found = messageOf(error);
      }
      change({ looked: { ...get().compute.looked, [choice]: found } });
    },
    model() {
      const { experiment, compute } = get();
      const choice = experiment.compute.model;
      return choice === undefined ? layersOfConfig(experiment.config) : compute.looked[choice];
    },
    start() {
      const { experiment, device, compute } = get();
      const model = compute.model();
      if (typeof model !== 'object') return;
      const suited = measureDefaults(device.facts?.software ?? true);
      const { segment = suited.segment, longest = suited.longest, runs, seconds } = experiment.compute;
      life.start({
        type: 'measure-start',
        shape: model.shape,
        segment,
        longest,
        runs: runs ?? suited.runs,
        seconds: seconds ?? suited.seconds,
      });
    },
    stop: () => life.stop(),
    begin: ({ request, lengths }) =>
      life.begin({ request, lengths, points: [], limits: [], now: undefined, status: 'running' }),
    progress: (now) => life.update(() => ({ now })),
    point: ({ point }) => life.update(({ points }) => ({ points: [...points, point] })),
    limit: (event) => life.update(({ limits }) => ({ limits: [...limits, event] })),
    end: (finished) => life.end(finished, over),
    failed: (message) => life.failed(message, over),
    lost(message) {
      if (life.busy) life.failed(message, over);
    },
  };
}
