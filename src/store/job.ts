// The life of a job that wants the GPU to itself (bench, measurement, self-check): asked for, under way, ended, or failed.
import type { Command } from '../protocol/index.ts';
import { Latest } from './latest.ts';
import type { State } from './state.ts';

/** What the page knows of such a job. */
export interface Job<R> {
  readonly status: 'idle' | 'starting' | 'running' | 'failed';
  readonly error: string | undefined;
  /** What came of the last one that began; it stays when another fails to begin. */
  readonly result: R | undefined;
}
/** How far a result is. */
export type Progress = 'running' | 'finished' | 'stopped';

interface JobTools<R> {
  post(command: Command): void;
  get(): State;
  /** The job as the state has it. */
  job(): Job<R>;
  change(part: Partial<Job<R>>): void;
  readonly stopping: Command;
}

/** What all slices of such jobs do alike. */
export function jobLife<C extends Command, R extends { readonly status: Progress }>(tools: JobTools<R>) {
  const { post, get, job, change, stopping } = tools;
  const latest = new Latest<C>(post);
  const changeResult = (part: (result: R) => Partial<R>) => {
    const { result } = job();
    if (result) change({ result: { ...result, ...part(result) } });
  };
  return {
    start(command: C) {
      // What plays by itself makes way; a run in training does not, and is named in the refusal.
      if (get().stream.status === 'playing') get().stream.pause();
      change({ status: 'starting', error: undefined });
      latest.start(command);
    },
    stop() {
      latest.drop();
      post(stopping);
      if (job().status === 'starting') change({ status: 'idle' });
    },
    begin(result: R) {
      if (!latest.answered()) return;
      // It was stopped before it began.
      if (job().status === 'idle') return post(stopping);
      change({ status: 'running', result });
    },
    update(part: (result: R) => Partial<R>) {
      if (!latest.replacing) changeResult(part);
    },
    end(finished: boolean, part: Partial<R>) {
      if (latest.replacing || job().status !== 'running') return;
      changeResult(() => ({ ...part, status: finished ? 'finished' : 'stopped' }) as Partial<R>);
      change({ status: 'idle' });
    },
    failed(message: string, part: Partial<R>) {
      if (latest.replacing && !latest.answered()) return;
      changeResult(({ status }) => ({ ...part, status: status === 'running' ? 'stopped' : status }) as Partial<R>);
      change({ status: 'failed', error: message });
    },
    get busy() {
      return job().status === 'starting' || job().status === 'running';
    },
  };
}
