// The examples slice: samples from the last validation of the current run.
import type { ReportOf } from '../../protocol/index.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly examples: ExamplesSlice;
  }
}

export interface ExamplesSlice {
  readonly latest: ReportOf<'examples'> | undefined;
  readonly receive: (report: JobReport<'train'>) => void;
}

export function examplesSlice({ change }: SliceTools<ExamplesSlice>): ExamplesSlice {
  return {
    latest: undefined,
    receive(report) {
      if (report.type === 'examples') change({ latest: report });
      // Another run began or was resumed and will send its own.
      else if (report.type === 'train-begin') change({ latest: undefined });
    },
  };
}
