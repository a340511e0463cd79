// The estimate slice: the cost of the configured run, requested as knobs change and corrected by measured runs.
import { knobNames, type RunConfig } from '../../experiment/config.ts';
import type { Failed, Materials, Preview, ReportOf, RunEstimate, Speed, StartingPoint } from '../../protocol/index.ts';
import { configProblem } from '../address.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { adapterName } from './device.ts';
import { materialsForRun } from './materials.ts';
import { isTraining } from './run-state.ts';

declare module '../state.ts' {
  interface State {
    readonly estimate: EstimateSlice;
  }
}

export interface Estimate extends RunEstimate {
  readonly config: RunConfig;
  /** Whether its time is based on the last run here instead of the probe. */
  readonly fromRuns: boolean;
  /** Whether a file is involved that was not read: its vocabulary is assumed to have the maximum size. */
  readonly unread: boolean;
  /** The files it is for, and what their beginning says. */
  readonly given: Materials | undefined;
  /** The model that it starts from. */
  readonly from: StartingPoint | undefined;
  readonly preview?: Preview;
}

export interface EstimateSlice {
  readonly status: 'idle' | 'asking' | 'ready' | 'failed';
  readonly error: string | undefined;
  /** Why the run cannot start from the chosen model. */
  readonly mismatch: string | undefined;
  readonly result: Estimate | undefined;
  /** Milliseconds of each setting estimated so far, by `settingOf`; NaN if it cannot be estimated. */
  readonly times: ReadonlyMap<string, number>;
  /**
   * Request an estimate for the current configuration, unless there is no GPU or a run is in training.
   * @param others configurations of a sweep, whose times are estimated afterwards
   */
  ask(others?: readonly RunConfig[]): void;
  /** Why a run of this configuration cannot start, if an estimate says so. */
  obstacleTo(config: RunConfig, from?: StartingPoint): string | undefined;
  /** Receives estimates and the reports of runs, whose speed corrects the next estimates. */
  readonly receive: (report: JobReport<'estimate' | 'train'>) => void;
}

const sameConfig = (a: RunConfig, b: RunConfig) => knobNames.every((name) => String(a[name]) === String(b[name]));

/** What the cost of a run depends on: everything but its seed. */
export const settingOf = (config: RunConfig): string =>
  knobNames.flatMap((name) => (name === 'seed' ? [] : [String(config[name])])).join('|');

/** Steps before a run's speed is representative: the first ones wait for kernel compilation. */
const SETTLED = 10;

export function estimateSlice({ environment, jobs, get, change }: SliceTools<EstimateSlice>): EstimateSlice {
  /** Configurations of a sweep that wait to be estimated, and the one that is being estimated. */
  let waiting: readonly RunConfig[] = [];
  let other: RunConfig | undefined;
  let pending: Pick<Estimate, 'config' | 'unread' | 'fromRuns' | 'given' | 'from'> | undefined;
  /** The run in training, with its estimate. */
  let running:
    | { readonly tokens: number; readonly milliseconds: number; readonly speed: Speed; readonly from: number }
    | undefined;
  let measured: Speed | undefined;
  const adapter = () => {
    const { facts } = get().device;
    return facts && adapterName(facts);
  };
  const begin = () => {
    const { result } = get().estimate;
    const { config, progress } = get().run;
    measured = undefined;
    running = undefined;
    if (!result || !config || result.from !== get().start.model || !sameConfig(config, result.config)) return;
    const { tokens, milliseconds, speed } = result;
    const from = progress?.step ?? 0;
    if (milliseconds !== undefined && speed) running = { tokens, milliseconds, speed, from };
  };
  const measure = ({ progress, tokensPerSecond }: ReportOf<'train-step'>) => {
    if (!running || progress.step < running.from + SETTLED) return;
    const longer = (1000 * running.tokens) / tokensPerSecond / running.milliseconds;
    const { matmulGflops, copyGBs, dispatchMicroseconds } = running.speed;
    measured = {
      matmulGflops: matmulGflops / longer,
      copyGBs: copyGBs / longer,
      dispatchMicroseconds: dispatchMicroseconds * longer,
    };
  };
  /** Wrong input is about the model that the run starts from, if there is one. */
  const reasonOf = (report: Failed) => {
    const error = sentenceOf(report);
    const isMismatch = pending?.from !== undefined && report.status === 2;
    return { error, mismatch: isMismatch ? `This run cannot start from this model. ${error}` : undefined };
  };
  const keep = () => {
    const name = adapter();
    if (!measured || !name) return;
    environment.speeds?.keep(name, measured);
    change({ times: new Map() });
  };
  const request = (config: RunConfig) => {
    const name = adapter();
    const speed = name === undefined ? undefined : environment.speeds?.recall(name);
    const given = materialsForRun(config, get().materials.given);
    const { model: from } = get().start;
    jobs.begin('estimate', {
      config,
      ...(given ? { materials: given } : {}),
      ...(speed ? { speed } : {}),
      ...(from ? { from: { name: from.name, metadata: from.metadata } } : {}),
    });
    return { given, from, fromRuns: speed !== undefined };
  };
  /** Note the time of a setting, and ask for the next of the sweep. */
  const timed = (config: RunConfig, milliseconds: number | undefined) => {
    // Without a time, the GPU is busy: all are asked for again once it is free.
    if (milliseconds === undefined) return;
    change({ times: new Map(get().estimate.times).set(settingOf(config), milliseconds) });
    waiting = waiting.filter((each) => !get().estimate.times.has(settingOf(each)));
    [other] = waiting;
    if (other) request(other);
  };
  return {
    status: 'idle',
    error: undefined,
    mismatch: undefined,
    result: undefined,
    times: new Map(),
    ask(others = []) {
      const { device, run, experiment, start } = get();
      if (device.status !== 'ready' || isTraining(run.status)) return;
      const { config } = experiment;
      const isIncomplete = start.status === 'reading' || start.status === 'failed';
      if (configProblem(config) || isIncomplete) {
        jobs.drop('estimate');
        return change({ status: 'idle', result: undefined, error: undefined, mismatch: undefined });
      }
      waiting = others;
      other = undefined;
      change({ status: 'asking', error: undefined });
      const asked = request(config);
      const { given, from } = asked;
      // A model that exists has its vocabulary.
      const unread = !from && (given?.text !== undefined || given?.articles !== undefined);
      pending = { config, unread, ...asked };
    },
    obstacleTo(config, from) {
      const { result, mismatch } = get().estimate;
      const isFor = (of: Pick<Estimate, 'config' | 'from'>) => of.from === from && sameConfig(config, of.config);
      if (mismatch !== undefined && pending && isFor(pending)) return mismatch;
      return result && isFor(result) ? result.obstacle : undefined;
    },
    receive(report) {
      switch (report.type) {
        case 'estimate': {
          const { type: _, ...estimate } = report;
          if (other) return timed(other, estimate.milliseconds);
          const obstacle = estimate.obstacle && `This run does not fit on this GPU. ${sentenceOf(estimate.obstacle)}`;
          if (!pending) return;
          change({ status: 'ready', mismatch: undefined, result: { ...estimate, obstacle, ...pending } });
          return timed(pending.config, estimate.milliseconds);
        }
        case 'failed':
          if (report.during !== 'estimate') return;
          if (other) return timed(other, Number.NaN);
          return change({ status: 'failed', ...reasonOf(report), result: undefined });
        case 'train-begin':
          return begin();
        case 'train-step':
          return measure(report);
        case 'train-end':
          return keep();
        default:
          // Other reports of a run do not contain its speed.
          return;
      }
    },
  };
}
