// The self-check slice: the probe's figures, and the result of each comparison.
import type { ReportOf } from '../../protocol/index.ts';
import { type ExclusiveJob, exclusiveJob, type Progress } from '../exclusive-job.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly check: CheckSlice;
  }
}

export interface CheckResult {
  readonly probe: ReportOf<'check-begin'>['probe'];
  readonly tolerance: number;
  readonly cases: ReportOf<'check-begin'>['cases'];
  readonly results: readonly ReportOf<'check-result'>[];
  readonly now: ReportOf<'check-progress'> | undefined;
  readonly status: Progress;
}

export interface CheckSlice extends ExclusiveJob<CheckResult> {
  start(): void;
  stop(): void;
  readonly receive: (report: JobReport<'check'>) => void;
  lost(message: string): void;
}

export function checkSlice({ jobs, get, change }: SliceTools<CheckSlice>): CheckSlice {
  const life = exclusiveJob<'check', CheckResult>({
    kind: 'check',
    title: 'The self-check',
    jobs,
    get,
    job: () => get().check,
    change,
  });
  const over = { now: undefined } as const;
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    start: () => life.start({}),
    stop: () => life.stop(),
    receive(report) {
      switch (report.type) {
        case 'check-begin': {
          const { probe, tolerance, cases } = report;
          return life.begin({ probe, tolerance, cases, results: [], now: undefined, status: 'running' });
        }
        case 'check-progress':
          return life.update(() => ({ now: report }));
        case 'check-result':
          return life.update(({ results }) => ({ results: [...results, report] }));
        case 'check-end':
          return life.end(report.finished, over);
        case 'failed':
          return life.failed(report, over);
        default:
          return report satisfies never;
      }
    },
    lost: (message) => life.lost(message, over),
  };
}

/** The numbers of compared and failed groups. */
export function verdictOf(results: CheckResult['results']): { readonly groups: number; readonly failed: number } {
  const rows = results.flatMap(({ rows: compared }) => compared);
  return { groups: rows.length, failed: rows.filter(({ passed }) => !passed).length };
}
