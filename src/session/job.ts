// The job interface: how a job is queued, a generator of its events, and the context a session gives it.
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { Speed } from '../engine/gpu/work.ts';
import type { OnFileProgress } from '../experiment/workspace.ts';
import type { EventOf, JobId, JobKind, RequestOf } from '../protocol/index.ts';
import type { Gate } from './gate.ts';
import type { TrainingState } from './training-state.ts';

export interface JobContext {
  readonly id: JobId;
  /** The GPU device; a new one if the last was lost. */
  device(): Promise<Gpu>;
  /** The adapter's rates, measured when the GPU is otherwise idle; undefined if it never was. */
  speed(gpu: Gpu): Promise<Speed | undefined>;
  /** Reports the fraction of a file that has been read. */
  readonly reading: OnFileProgress;
  /** The active training run and the last trained model, available to other jobs. */
  readonly training: TrainingState;
}

export interface Job<K extends JobKind> {
  readonly kind: K;
  /** Jobs of one queue run one after the other. */
  readonly queue: string;
  /** A start ends the earlier jobs of its queue; those that have not begun are dropped. */
  readonly replaces?: true;
  /**
   * Its figures are invalid with other work on the GPU: refused while the GPU is busy, ended by work that begins later.
   */
  readonly exclusive?: true;
  /** It uses the GPU, so exclusive jobs end when it starts. */
  readonly beginsWork?: true;
  /** What is using the GPU while it runs, for messages: exclusive jobs are then refused. */
  readonly busyWith?: string;
  /** Its gate between steps; none by default. */
  gate?(request: RequestOf<K>): Gate;
  run(context: JobContext, request: RequestOf<K>, gate: Gate): AsyncGenerator<EventOf<K>, void, void>;
}
