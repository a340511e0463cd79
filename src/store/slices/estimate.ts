// The estimate slice: the cost of the configured run, requested as knobs change and corrected by measured runs.
import { knobNames, type RunConfig } from '../../experiment/config.ts';
import type { Materials, Preview, ReportOf, RunEstimate, Speed } from '../../protocol/index.ts';
import { configProblem } from '../address.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { adapterName } from './device.ts';
import { materialsForRun } from './materials.ts';
import { isTraining } from './run.ts';

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
  readonly preview?: Preview;
}

export interface EstimateSlice {
  readonly status: 'idle' | 'asking' | 'ready' | 'failed';
  readonly error: string | undefined;
  readonly result: Estimate | undefined;
  /** Request an estimate for the current configuration, unless there is no GPU or a run is in training. */
  ask(): void;
  /** Why a run of this configuration does not fit on the adapter, if an estimate says so. */
  obstacleTo(config: RunConfig): string | undefined;
  /** Receives estimates and the reports of runs, whose speed corrects the next estimates. */
  readonly receive: (report: JobReport<'estimate' | 'train'>) => void;
}

const sameConfig = (a: RunConfig, b: RunConfig) => knobNames.every((name) => String(a[name]) === String(b[name]));

/** Steps before a run's speed is representative: the first ones wait for kernel compilation. */
const SETTLED = 10;

export function estimateSlice({ environment, jobs, get, change }: SliceTools<EstimateSlice>): EstimateSlice {
  let pending: Pick<Estimate, 'config' | 'unread' | 'fromRuns' | 'given'> | undefined;
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
    if (!result || !config || !sameConfig(config, result.config)) return;
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
  const keep = () => {
    const name = adapter();
    if (measured && name) environment.speeds?.keep(name, measured);
  };
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    ask() {
      const { device, run, experiment, materials } = get();
      if (device.status !== 'ready' || isTraining(run.status)) return;
      const { config } = experiment;
      if (configProblem(config)) {
        jobs.drop('estimate');
        return change({ status: 'idle', result: undefined, error: undefined });
      }
      const given = materialsForRun(config, materials.given);
      const name = adapter();
      const speed = name === undefined ? undefined : environment.speeds?.recall(name);
      const unread = given?.text !== undefined || given?.articles !== undefined;
      pending = { config, unread, fromRuns: speed !== undefined, given };
      change({ status: 'asking', error: undefined });
      jobs.begin('estimate', { config, ...(given ? { materials: given } : {}), ...(speed ? { speed } : {}) });
    },
    obstacleTo(config) {
      const { result } = get().estimate;
      return result && sameConfig(config, result.config) ? result.obstacle : undefined;
    },
    receive(report) {
      switch (report.type) {
        case 'estimate': {
          const { type: _, ...estimate } = report;
          const obstacle = estimate.obstacle && `This run does not fit on this GPU. ${sentenceOf(estimate.obstacle)}`;
          return pending && change({ status: 'ready', result: { ...estimate, obstacle, ...pending } });
        }
        case 'failed':
          if (report.during !== 'estimate') return;
          return change({ status: 'failed', error: sentenceOf(report), result: undefined });
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
