// What the run being configured will take: asked of the session as the knobs change, and put right by what runs here really took.
import { knobNames, type RunConfig } from '../../experiment/config.ts';
import type { Event, RunEstimate, Speed } from '../../protocol/index.ts';
import { configProblem } from '../address.ts';
import type { SliceTools } from '../state.ts';
import { adapterName } from './device.ts';
import { materialsFor } from './materials.ts';
import { isTraining } from './run.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;

export interface Estimate extends RunEstimate {
  readonly config: RunConfig;
  /** Its time is at the speed of the last run here, not at the probe's. */
  readonly fromRuns: boolean;
  /** A file is not read for an estimate: how many words it has is taken to be as many as are kept. */
  readonly unread: boolean;
}

export interface EstimateSlice {
  readonly status: 'idle' | 'asking' | 'ready' | 'failed';
  readonly error: string | undefined;
  readonly result: Estimate | undefined;
  /** Ask for the configuration as it is now, unless there is no GPU or it is in training. */
  ask(): void;
  answered(event: Of<'estimate'>): void;
  failed(message: string): void;
  /** Why the adapter cannot hold a run of this configuration, as far as it has been estimated. */
  obstacleTo(config: RunConfig): string | undefined;
  /** A run began: from now on it is measured. */
  begin(): void;
  stepped(event: Of<'train-step'>): void;
  /** Remember the speed that it reached: the next estimates are made from it. */
  end(): void;
}

const sameConfig = (a: RunConfig, b: RunConfig) => knobNames.every((name) => String(a[name]) === String(b[name]));

/** Steps until a run's speed says something: the first ones wait for kernels to be compiled. */
const SETTLED = 10;

export function estimateSlice({ outside, get, change }: SliceTools<EstimateSlice>): EstimateSlice {
  let asked = 0;
  let pending: Pick<Estimate, 'config' | 'unread' | 'fromRuns'> | undefined;
  /** The run in training, with what was expected of it. */
  let running:
    | { readonly tokens: number; readonly milliseconds: number; readonly speed: Speed; readonly from: number }
    | undefined;
  let measured: Speed | undefined;
  const adapter = () => {
    const { facts } = get().device;
    return facts && adapterName(facts);
  };
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    ask() {
      const { device, run, experiment, materials } = get();
      if (device.status !== 'ready' || isTraining(run.status)) return;
      const { config } = experiment;
      const id = ++asked;
      if (configProblem(config)) return change({ status: 'idle', result: undefined, error: undefined });
      const given = materialsFor(config.task, materials.given);
      const name = adapter();
      const speed = name === undefined ? undefined : outside.speeds?.recall(name);
      const unread = given?.text !== undefined || given?.articles !== undefined;
      pending = { config, unread, fromRuns: speed !== undefined };
      change({ status: 'asking', error: undefined });
      outside.post({
        type: 'estimate',
        id,
        config,
        ...(given ? { materials: given } : {}),
        ...(speed ? { speed } : {}),
      });
    },
    answered({ id, type: _, ...estimate }) {
      if (id !== asked || !pending) return;
      change({ status: 'ready', result: { ...estimate, ...pending } });
    },
    failed: (message) => change({ status: 'failed', error: message, result: undefined }),
    obstacleTo(config) {
      const { result } = get().estimate;
      return result && sameConfig(config, result.config) ? result.obstacle : undefined;
    },
    begin() {
      const { result } = get().estimate;
      const { config, progress } = get().run;
      measured = undefined;
      if (!result || !config || !sameConfig(config, result.config)) running = undefined;
      else {
        const { tokens, milliseconds, speed } = result;
        const from = progress?.step ?? 0;
        running = milliseconds !== undefined && speed ? { tokens, milliseconds, speed, from } : undefined;
      }
    },
    stepped({ progress, tokensPerSecond }) {
      if (!running || progress.step < running.from + SETTLED) return;
      const longer = (1000 * running.tokens) / tokensPerSecond / running.milliseconds;
      const { matmulGflops, copyGBs, dispatchMicroseconds } = running.speed;
      measured = {
        matmulGflops: matmulGflops / longer,
        copyGBs: copyGBs / longer,
        dispatchMicroseconds: dispatchMicroseconds * longer,
      };
    },
    end() {
      const name = adapter();
      if (measured && name) outside.speeds?.keep(name, measured);
    },
  };
}
