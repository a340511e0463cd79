// The bench on the page: what was measured, as it comes.
import type { Command, Event } from '../../protocol/index.ts';
import { type Job, jobLife, type Progress } from '../job.ts';
import type { SliceTools } from '../state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'bench-start' }>;

/** One measurement of the cases asked for. */
export interface BenchResult {
  readonly probe: Of<'bench-begin'>['probe'];
  /** The variants of the kernels that were used, in words. */
  readonly kernels: string;
  readonly cases: Of<'bench-begin'>['cases'];
  readonly leftOut: Of<'bench-begin'>['leftOut'];
  readonly rows: readonly Of<'bench-row'>['row'][];
  readonly refused: readonly Of<'bench-refused'>[];
  /** What is being done now. */
  readonly now: Of<'bench-progress'> | undefined;
  readonly status: Progress;
}

export interface BenchSlice extends Job<BenchResult> {
  start(): void;
  stop(): void;
  begin(event: Of<'bench-begin'>): void;
  progress(event: Of<'bench-progress'>): void;
  row(event: Of<'bench-row'>): void;
  refused(event: Of<'bench-refused'>): void;
  end(finished: boolean): void;
  failed(message: string): void;
  lost(message: string): void;
}

export function benchSlice({ outside, get, change }: SliceTools<BenchSlice>): BenchSlice {
  const life = jobLife<Start, BenchResult>({
    post: outside.post,
    get,
    job: () => get().bench,
    change,
    stopping: { type: 'bench-stop' },
  });
  const over = { now: undefined } as const;
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    start() {
      const { shapes, modes, runs, profile, half } = get().experiment.bench;
      life.start({
        type: 'bench-start',
        modes,
        profile,
        half,
        ...(shapes ? { shapes } : {}),
        ...(runs === undefined ? {} : { runs }),
      });
    },
    stop: () => life.stop(),
    begin: ({ probe, kernels, cases, leftOut }) =>
      life.begin({ probe, kernels, cases, leftOut, rows: [], refused: [], now: undefined, status: 'running' }),
    progress: (now) => life.update(() => ({ now })),
    row: ({ row }) => life.update(({ rows }) => ({ rows: [...rows, row] })),
    refused: (event) => life.update(({ refused }) => ({ refused: [...refused, event] })),
    end: (finished) => life.end(finished, over),
    failed: (message) => life.failed(message, over),
    lost(message) {
      if (life.busy) life.failed(message, over);
    },
  };
}
