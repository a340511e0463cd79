// The state of the page and the environment of its slices. Each slice adds its part to `State` where it is defined.
import type { ModelShelf } from '../hub/model-shelf.ts';
import type { Hub } from '../hub/request.ts';
import type { Command, Event, EventOf, Failed, JobKind, Speed } from '../protocol/index.ts';
import type { RunStorage } from './library/storage.ts';
import type { PageJobs } from './page-jobs.ts';

export interface State {
  /** Receive one event of the session. */
  receive(event: Event): void;
}
export type SliceName = Exclude<keyof State, 'receive'>;

/** The reports that a slice following a job receives, including its failure. */
export type JobReport<K extends JobKind> = EventOf<K> | Failed;

/** How a piece of work ended that one slice asked another for. */
export type Outcome = 'finished' | 'stopped' | 'failed';

/** Small values by name that outlast a reload; unreadable ones are undefined. */
export interface Notes {
  recall(name: string): unknown;
  /** Undefined removes the note. */
  keep(name: string, value: unknown): void;
}

/** The environment of the slices; tests provide their own. */
export interface Environment {
  /** Send a command to the session. */
  post(command: Command): void;
  /** A file of the page's own server, by its path relative to the page. */
  fetchFile(path: string): Promise<Uint8Array<ArrayBuffer>>;
  /** The storage of runs between visits. */
  readonly runs: RunStorage;
  /** The hub, and the models downloaded from it; absent without browser storage. */
  readonly hub?: {
    readonly server: Hub;
    readonly shelf: ModelShelf;
    /** Bytes that can still be stored, if the browser says so. */
    free(): Promise<number | undefined>;
  };
  /** The speed that the last run reached on an adapter, stored between visits. */
  readonly speeds?: {
    recall(adapter: string): Speed | undefined;
    keep(adapter: string, speed: Speed): void;
  };
  /** Notes of this tab, until it is closed. */
  readonly visit?: Notes;
  /** Notes of this browser. Written at once, so also while the page is being closed. */
  readonly notes?: Notes;
  /** Why WebGPU is unavailable, if known before requesting an adapter. */
  readonly obstacle: 'insecure' | 'no-webgpu' | undefined;
}

/** The functions for a slice to change its state, start jobs, and read other slices. */
export interface SliceTools<S> {
  readonly environment: Environment;
  readonly jobs: PageJobs;
  get(): State;
  change(part: Partial<S>): void;
}
