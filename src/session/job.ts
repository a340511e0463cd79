// What a job is: how it queues, and a generator of what it reports; and what a session gives it to run with.
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { Speed } from '../engine/gpu/work.ts';
import type { Reading } from '../experiment/workspace.ts';
import type { EventOf, JobId, JobKind, RequestOf } from '../protocol/index.ts';
import type { Gate } from './gate.ts';
import type { TrainingState } from './training-state.ts';

export interface JobContext {
  readonly id: JobId;
  /** The GPU device; another one if the last was lost. */
  device(): Promise<Gpu>;
  /** What the adapter reaches, measured if the GPU has nothing else to do; undefined if it never had. */
  speed(gpu: Gpu): Promise<Speed | undefined>;
  /** Reports how much of a file has been read. */
  readonly reading: Reading;
  /** The run in training and the last model trained, which other jobs may use. */
  readonly training: TrainingState;
}

export interface Job<K extends JobKind> {
  readonly kind: K;
  /** Jobs of one queue run one after the other. */
  readonly queue: string;
  /** A start ends the jobs of its queue before it; one that has not begun is not run at all. */
  readonly replaces?: true;
  /** Its figures mean nothing with other work beside it: refused while the GPU is busy, ended by work that begins later. */
  readonly exclusive?: true;
  /** It gives the GPU work, for which exclusive jobs make way. */
  readonly beginsWork?: true;
  /** What the GPU is busy with while it runs, in words: exclusive jobs are then refused. */
  readonly busyWith?: string;
  /** How it is held between its steps; never, when left out. */
  gate?(request: RequestOf<K>): Gate;
  run(context: JobContext, request: RequestOf<K>, gate: Gate): AsyncGenerator<EventOf<K>, void, void>;
}
