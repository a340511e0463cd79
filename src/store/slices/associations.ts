// The associations slice: rank, writes and recall of ARMT’s memory in the segments of the document on show.
import type { AssociationsSeen } from '../../protocol/index.ts';
import { type ReadAgain, readingAgain } from '../read-again.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly associations: AssociationsSlice;
  }
}

export interface AssociationsSlice extends ReadAgain<readonly AssociationsSeen[]> {
  readonly receive: (report: JobReport<'associations'>) => void;
  lost(message: string): void;
}

export function associationsSlice({ jobs, get, change }: SliceTools<AssociationsSlice>): AssociationsSlice {
  const job = readingAgain<readonly AssociationsSeen[]>({
    kind: 'associations',
    title: 'The associations could not be examined.',
    jobs,
    get,
    mine: () => get().associations,
    change,
  });
  return {
    ...job.initial,
    receive(report) {
      switch (report.type) {
        case 'associations-begin':
          return job.begin();
        case 'associations-segment':
          return job.add(report.index, report.layers);
        case 'associations-end':
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
