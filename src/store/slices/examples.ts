// Samples that the last validation of the run on show judged, to be read.
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
      // Another run began, or one was resumed: its own will come.
      else if (report.type === 'train-begin') change({ latest: undefined });
    },
  };
}
