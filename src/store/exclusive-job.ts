// The life cycle of a job that needs the GPU to itself (bench, measurement, self-check).
import type { JobKind, RequestOf } from '../protocol/index.ts';
import { sentenceOf } from './error-text.ts';
import type { PageJobs } from './page-jobs.ts';
import type { State } from './state.ts';

/** The state of such a job. */
export interface ExclusiveJob<R> {
  readonly status: 'idle' | 'starting' | 'running' | 'failed';
  readonly error: string | undefined;
  /** The result of the last job that began; kept if another fails to begin. */
  readonly result: R | undefined;
}
/** The status of a result. */
export type Progress = 'running' | 'finished' | 'stopped';

interface Tools<K extends JobKind, R> {
  readonly kind: K;
  /** The job as the subject of an error message. */
  readonly title: string;
  readonly jobs: PageJobs;
  get(): State;
  /** The job in the state. */
  job(): ExclusiveJob<R>;
  change(part: Partial<ExclusiveJob<R>>): void;
}

/** The behaviour shared by the slices of such jobs. */
export function exclusiveJob<K extends JobKind, R extends { readonly status: Progress }>(tools: Tools<K, R>) {
  const { kind, title, jobs, get, job, change } = tools;
  const update = (part: (result: R) => Partial<R>) => {
    const { result } = job();
    if (result) change({ result: { ...result, ...part(result) } });
  };
  const failed = (reason: unknown, part: Partial<R>) => {
    const happened = job().status === 'running' ? 'stopped' : 'could not start';
    update(({ status }) => ({ ...part, status: status === 'running' ? 'stopped' : status }) as Partial<R>);
    const kept = job().result ? ' Earlier results are kept.' : '';
    change({ status: 'failed', error: `${title} ${happened}. ${sentenceOf(reason)}${kept}` });
  };
  return {
    update,
    failed,
    start(request: RequestOf<K>) {
      // A playing stream is paused. A run in training is not interrupted; the session refuses the job instead.
      if (get().stream.status === 'playing') get().stream.pause();
      change({ status: 'starting', error: undefined });
      jobs.begin(kind, request);
    },
    stop() {
      if (job().status !== 'starting') return jobs.control(kind, 'stop');
      jobs.drop(kind);
      change({ status: 'idle' });
    },
    begin: (result: R) => change({ status: 'running', result }),
    end(finished: boolean, part: Partial<R>) {
      update(() => ({ ...part, status: finished ? 'finished' : 'stopped' }) as Partial<R>);
      change({ status: 'idle' });
    },
    lost(message: string, part: Partial<R>) {
      if (job().status === 'starting' || job().status === 'running') failed(message, part);
    },
  };
}
