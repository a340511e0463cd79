// The logit lens slice: what the head makes of every layer in the segments of the document on show.
import type { LensColumn } from '../../protocol/index.ts';
import { type ReadAgain, readingAgain } from '../read-again.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly lens: LensSlice;
  }
}

export interface LensSlice extends ReadAgain<readonly LensColumn[]> {
  readonly receive: (report: JobReport<'lens'>) => void;
  lost(message: string): void;
}

export function lensSlice({ jobs, get, change }: SliceTools<LensSlice>): LensSlice {
  const job = readingAgain<readonly LensColumn[]>({
    kind: 'lens',
    title: 'The logit lens could not be computed.',
    jobs,
    get,
    mine: () => get().lens,
    change,
  });
  return {
    ...job.initial,
    receive(report) {
      switch (report.type) {
        case 'lens-begin':
          return job.begin();
        case 'lens-segment':
          return job.add(report.index, report.columns);
        case 'lens-end':
          return job.end();
        case 'failed':
          return job.fail(report);
        default:
          return report satisfies never;
      }
    },
    lost: job.lost,
  };
}
