// The self-check of the GPU on the page: the probe's figures, and what came of each comparison.
import type { Command, Event } from '../../protocol/index.ts';
import { type Job, jobLife, type Progress } from '../job.ts';
import type { SliceTools } from '../state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'check-start' }>;

export interface CheckResult {
  readonly probe: Of<'check-begin'>['probe'];
  readonly tolerance: number;
  readonly cases: Of<'check-begin'>['cases'];
  readonly results: readonly Of<'check-result'>[];
  readonly now: Of<'check-progress'> | undefined;
  readonly status: Progress;
}

export interface CheckSlice extends Job<CheckResult> {
  start(): void;
  stop(): void;
  begin(event: Of<'check-begin'>): void;
  progress(event: Of<'check-progress'>): void;
  found(event: Of<'check-result'>): void;
  end(finished: boolean): void;
  failed(message: string): void;
  lost(message: string): void;
}

export function checkSlice({ outside, get, change }: SliceTools<CheckSlice>): CheckSlice {
  const life = jobLife<Start, CheckResult>({
    post: outside.post,
    get,
    job: () => get().check,
    change,
    stopping: { type: 'check-stop' },
  });
  const over = { now: undefined } as const;
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    start: () => life.start({ type: 'check-start' }),
    stop: () => life.stop(),
    begin: ({ probe, tolerance, cases }) =>
      life.begin({ probe, tolerance, cases, results: [], now: undefined, status: 'running' }),
    progress: (now) => life.update(() => ({ now })),
    found: (event) => life.update(({ results }) => ({ results: [...results, event] })),
    end: (finished) => life.end(finished, over),
    failed: (message) => life.failed(message, over),
    lost(message) {
      if (life.busy) life.failed(message, over);
    },
  };
}

/** Groups compared, and those that did not pass. */
export function verdictOf(results: CheckResult['results']): { readonly groups: number; readonly failed: number } {
  const rows = results.flatMap(({ rows: compared }) => compared);
  return { groups: rows.length, failed: rows.filter(({ passed }) => !passed).length };
}
