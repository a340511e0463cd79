// The whole state of the page, and what its slices are given. Each slice adds its own part to `State` where it is defined.
import type { Command, Event, EventOf, Failed, JobKind, Speed } from '../protocol/index.ts';
import type { RunStorage } from './library/storage.ts';
import type { PageJobs } from './page-jobs.ts';

export interface State {
  /** Take in one event of the session. */
  receive(event: Event): void;
}
export type SliceName = Exclude<keyof State, 'receive'>;

/** What a slice that follows a job takes in: what the job reports, and its failure. */
export type JobReport<K extends JobKind> = EventOf<K> | Failed;

/** What the slices need of their environment; tests give their own. */
export interface Environment {
  /** Send a command to the session. */
  post(command: Command): void;
  /** A file of the page's own server, by its path relative to the page. */
  fetchFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** Where runs are kept over reloads. */
  readonly runs: RunStorage;
  /** The speed that the last run reached on an adapter, kept over reloads. */
  readonly speeds?: {
    recall(adapter: string): Speed | undefined;
    keep(adapter: string, speed: Speed): void;
  };
  /** Why WebGPU cannot be used at all, if that is known before asking for an adapter. */
  readonly obstacle: 'insecure' | 'no-webgpu' | undefined;
}

/** How a slice changes itself, starts jobs, and sees the others. */
export interface SliceTools<S> {
  readonly environment: Environment;
  readonly jobs: PageJobs;
  get(): State;
  change(part: Partial<S>): void;
}
