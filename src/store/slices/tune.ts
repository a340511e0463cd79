// The slice that times kernels on request; the kernels chosen are part of the device slice.
import { type ExclusiveJob, exclusiveJob, type Progress } from '../exclusive-job.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly tune: TuneSlice;
  }
}

export interface TuneSlice extends ExclusiveJob<{ readonly status: Progress }> {
  start(): void;
  stop(): void;
  readonly receive: (report: JobReport<'tune'>) => void;
  lost(message: string): void;
}

export function tuneSlice({ jobs, get, change }: SliceTools<TuneSlice>): TuneSlice {
  const life = exclusiveJob<'tune', { readonly status: Progress }>({
    kind: 'tune',
    title: 'Timing the kernels',
    jobs,
    get,
    job: () => get().tune,
    change,
  });
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    start: () => life.start({}),
    stop: () => life.stop(),
    receive(report) {
      if (report.type === 'tune-begin') life.begin({ status: 'running' });
      else if (report.type === 'tune-end') life.end(report.finished, {});
      else life.failed(report, {});
    },
    lost: (message) => life.lost(message, {}),
  };
}
