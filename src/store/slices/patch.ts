// Patching: a map of how the answer moves when parts of another document's reading are put into that of the one on show.
import type { PatchSettings, ReportOf } from '../../protocol/index.ts';
import { sentenceOf } from '../error-text.ts';
import type { JobReport, SliceTools } from '../state.ts';
import { documentRequest } from './stream.ts';

declare module '../state.ts' {
  interface State {
    readonly patch: PatchSlice;
  }
}

/** A map as far as it has been drawn; NaN where it has not. */
export interface EffectMap {
  readonly settings: PatchSettings;
  readonly reading: Omit<ReportOf<'patch-begin'>, 'type'>;
  readonly done: number;
  readonly margins: Float32Array;
  readonly answer: Float32Array;
  readonly than: Float32Array;
}

export interface PatchSlice {
  readonly status: 'idle' | 'running' | 'ended' | 'stopped' | 'failed';
  readonly error: string | undefined;
  readonly map: EffectMap | undefined;
  start(settings: PatchSettings): Promise<void>;
  stop(): void;
  /** Clear: another stream is shown. */
  clear(): void;
  readonly receive: (report: JobReport<'patch'>) => void;
  lost(message: string): void;
}

const put = (into: Float32Array, values: Float32Array, from: number): Float32Array => {
  const next = into.slice();
  next.set(values, from);
  return next;
};

export function patchSlice({ jobs, get, change }: SliceTools<PatchSlice>): PatchSlice {
  const fail = (reason: unknown) => {
    const kept = get().patch.map ? ' The part of the map drawn so far is kept.' : '';
    change({ status: 'failed', error: `The map of effects could not be drawn. ${sentenceOf(reason)}${kept}` });
  };
  let settings: PatchSettings | undefined;
  return {
    status: 'idle',
    error: undefined,
    map: undefined,
    async start(wanted) {
      const id = jobs.reserve('patch');
      settings = wanted;
      change({ status: 'running', error: undefined, map: undefined });
      try {
        const request = await documentRequest(get());
        if (!jobs.isCurrent(id)) return;
        if (!request) return change({ status: 'idle' });
        jobs.start(id, 'patch', { ...request, ...wanted });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    stop() {
      // Without a patch there is nothing to keep, and no need to wait.
      if (get().patch.map) jobs.control('patch', 'stop');
      else get().patch.clear();
    },
    clear() {
      jobs.drop('patch');
      change({ status: 'idle', error: undefined, map: undefined });
    },
    receive(report) {
      switch (report.type) {
        case 'patch-begin': {
          if (!settings) return;
          const { type: _, ...reading } = report;
          const empty = new Float32Array(reading.rows * reading.columns).fill(Number.NaN);
          return change({ map: { settings, reading, done: 0, margins: empty, answer: empty, than: empty } });
        }
        case 'patch-cells': {
          const { map } = get().patch;
          if (!map) return;
          const { from, margins, answer, than } = report;
          return change({
            map: {
              ...map,
              done: from + margins.length,
              margins: put(map.margins, margins, from),
              answer: put(map.answer, answer, from),
              than: put(map.than, than, from),
            },
          });
        }
        case 'patch-end':
          return change({ status: report.finished ? 'ended' : 'stopped' });
        case 'failed':
          return fail(report);
        default:
          return report satisfies never;
      }
    },
    lost(message) {
      if (get().patch.status === 'running') fail(message);
    },
  };
}
