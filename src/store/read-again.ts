// The life cycle of a job that reads segments of the document on show again, to look into them.
import type { SegmentAt } from '../protocol/index.ts';
import { sentenceOf } from './error-text.ts';
import type { PageJobs } from './page-jobs.ts';
import { documentRequest } from './slices/stream.ts';
import type { StreamLog } from './slices/stream-log.ts';
import type { State } from './state.ts';

type Kind = 'lens' | 'associations';

/** What was found in the segments of a document. */
export interface ReadAgain<T> {
  readonly status: 'idle' | 'starting' | 'reading' | 'failed';
  readonly error: string | undefined;
  /** The document that it was found in. */
  readonly log: StreamLog | undefined;
  /** The segments asked for, ascending. */
  readonly asked: readonly number[];
  /** By segment. */
  readonly found: ReadonlyMap<number, T>;
  /** Read all segments that can be read again, or evenly spaced ones of a long document. */
  start(): Promise<void>;
  stop(): void;
}

interface Tools<T> {
  readonly kind: Kind;
  /** What failed, as the beginning of a sentence. */
  readonly title: string;
  readonly jobs: PageJobs;
  get(): State;
  mine(): ReadAgain<T>;
  change(part: Partial<ReadAgain<T>>): void;
}

/** Segments of a long document that are looked into. */
const MOST_SEGMENTS = 64;

/** The behaviour shared by the slices of such jobs. */
export function readingAgain<T>({ kind, title, jobs, get, mine, change }: Tools<T>) {
  const fail = (reason: unknown) => change({ status: 'failed', error: `${title} ${sentenceOf(reason)}` });
  const initial: ReadAgain<T> = {
    status: 'idle',
    error: undefined,
    log: undefined,
    asked: [],
    found: new Map(),
    async start() {
      const { log } = get().stream;
      if (!log) return;
      const id = jobs.reserve(kind);
      const at: SegmentAt[] = log.readable(MOST_SEGMENTS);
      change({ status: 'starting', error: undefined, log, asked: at.map(({ index }) => index), found: new Map() });
      try {
        const request = await documentRequest(get());
        if (jobs.isCurrent(id) && request) jobs.start(id, kind, { ...request, at });
      } catch (error) {
        if (jobs.isCurrent(id)) fail(error);
      }
    },
    stop() {
      if (mine().status !== 'starting') return void jobs.control(kind, 'stop');
      jobs.drop(kind);
      change({ status: 'idle' });
    },
  };
  return {
    initial,
    fail,
    begin: () => change({ status: 'reading' }),
    add: (index: number, value: T) => change({ found: new Map(mine().found).set(index, value) }),
    end: () => change({ status: 'idle' }),
    lost(message: string) {
      if (mine().status === 'starting' || mine().status === 'reading') fail(message);
    },
  };
}
