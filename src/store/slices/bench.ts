// The bench slice: results as they arrive.
import type { ReportOf } from '../../protocol/index.ts';
import { type ExclusiveJob, exclusiveJob, type Progress } from '../exclusive-job.ts';
import type { JobReport, SliceTools } from '../state.ts';

declare module '../state.ts' {
  interface State {
    readonly bench: BenchSlice;
  }
}

/** One measurement of the requested cases. */
export interface BenchResult {
  readonly probe: ReportOf<'bench-begin'>['probe'];
  /** The kernel variants used, in words. */
  readonly kernels: string;
  readonly cases: ReportOf<'bench-begin'>['cases'];
  readonly leftOut: ReportOf<'bench-begin'>['leftOut'];
  readonly rows: readonly ReportOf<'bench-row'>['row'][];
  readonly refused: readonly ReportOf<'bench-refused'>[];
  /** The current activity. */
  readonly now: ReportOf<'bench-progress'> | undefined;
  readonly status: Progress;
}

export interface BenchSlice extends ExclusiveJob<BenchResult> {
  start(): void;
  stop(): void;
  readonly receive: (report: JobReport<'bench'>) => void;
  lost(message: string): void;
}

export function benchSlice({ jobs, get, change }: SliceTools<BenchSlice>): BenchSlice {
  const life = exclusiveJob<'bench', BenchResult>({
    kind: 'bench',
    title: 'The measurement',
    jobs,
    get,
    job: () => get().bench,
    change,
  });
  const over = { now: undefined } as const;
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    start() {
      const { shapes, modes, runs, profile, half } = get().experiment.bench;
      life.start({
        modes,
        profile,
        half,
        ...(shapes ? { shapes } : {}),
        ...(runs === undefined ? {} : { runs }),
      });
    },
    stop: () => life.stop(),
    receive(report) {
      switch (report.type) {
        case 'bench-begin': {
          const { probe, kernels, cases, leftOut } = report;
          const empty = { rows: [], refused: [], now: undefined, status: 'running' } as const;
          return life.begin({ probe, kernels, cases, leftOut, ...empty });
        }
        case 'bench-progress':
          return life.update(() => ({ now: report }));
        case 'bench-row':
          return life.update(({ rows }) => ({ rows: [...rows, report.row] }));
        case 'bench-refused':
          return life.update(({ refused }) => ({ refused: [...refused, report] }));
        case 'bench-end':
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
