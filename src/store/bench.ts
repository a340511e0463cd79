// The bench on the page: what was measured, as it comes.
import type { Command, Event } from '../train/protocol.ts';
import { Latest } from './latest.ts';
import type { SliceTools } from './state.ts';

type Of<T extends Event['type']> = Extract<Event, { type: T }>;
type Start = Extract<Command, { type: 'bench-start' }>;

/** One measurement of the cases asked for. */
export interface BenchResult {
  readonly probe: Of<'bench-begin'>['probe'];
  readonly cases: Of<'bench-begin'>['cases'];
  readonly leftOut: Of<'bench-begin'>['leftOut'];
  readonly rows: readonly Of<'bench-row'>['row'][];
  readonly refused: readonly Of<'bench-refused'>[];
  /** What is being done now. */
  readonly now: Of<'bench-progress'> | undefined;
  readonly status: 'running' | 'finished' | 'stopped';
}

export interface BenchSlice {
  readonly status: 'idle' | 'starting' | 'running' | 'failed';
  readonly error: string | undefined;
  readonly result: BenchResult | undefined;
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
  const latest = new Latest<Start>(outside.post);
  const update = (part: (result: BenchResult) => Partial<BenchResult>) => {
    const { result } = get().bench;
    if (!latest.replacing && result) change({ result: { ...result, ...part(result) } });
  };
  return {
    status: 'idle',
    error: undefined,
    result: undefined,
    start() {
      const { shapes, modes, runs, profile } = get().experiment.bench;
      // What plays by itself makes way; a run in training does not, and is named in the refusal.
      if (get().stream.status === 'playing') get().stream.pause();
      change({ status: 'starting', error: undefined });
      latest.start({
        type: 'bench-start',
        modes,
        profile,
        ...(shapes ? { shapes } : {}),
        ...(runs === undefined ? {} : { runs }),
      });
    },
    stop() {
      latest.drop();
      outside.post({ type: 'bench-stop' });
      if (get().bench.status === 'starting') change({ status: 'idle' });
    },
    begin({ probe, cases, leftOut }) {
      if (!latest.answered()) return;
      if (get().bench.status === 'idle') return outside.post({ type: 'bench-stop' });
      const result = { probe, cases, leftOut, rows: [], refused: [], now: undefined, status: 'running' } as const;
      change({ status: 'running', result });
    },
    progress: (now) => update(() => ({ now })),
    row: ({ row }) => update(({ rows }) => ({ rows: [...rows, row] })),
    refused: (event) => update(({ refused }) => ({ refused: [...refused, event] })),
    end(finished) {
      if (latest.replacing || get().bench.status !== 'running') return;
      update(() => ({ now: undefined, status: finished ? 'finished' : 'stopped' }));
      change({ status: 'idle' });
    },
    failed(message) {
      if (latest.replacing && !latest.answered()) return;
      update(({ status }) => ({ now: undefined, status: status === 'running' ? 'stopped' : status }));
      change({ status: 'failed', error: message });
    },
    lost(message) {
      const { status, failed } = get().bench;
      if (status === 'starting' || status === 'running') failed(message);
    },
  };
}
