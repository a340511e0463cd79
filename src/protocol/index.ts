// What the page (or the command line) may ask of a session, and what a session reports: two unions, nothing else crosses.
import type { BenchEvent, BenchRequest } from './bench.ts';
import type { CheckEvent } from './check.ts';
import type { ConnectEvent } from './connect.ts';
import type { EstimateEvent, EstimateRequest } from './estimate.ts';
import type { EvaluateEvent, EvaluateRequest } from './evaluate.ts';
import type { GenerateEvent, GenerateRequest } from './generate.ts';
import type { LookEvent, LookRequest } from './look.ts';
import type { MeasureEvent, MeasureRequest } from './measure.ts';
import type { StreamEvent, StreamRequest } from './stream.ts';
import type { TrainEvent, TrainRequest } from './train.ts';

export type * from './bench.ts';
export type * from './check.ts';
export type * from './connect.ts';
export type * from './estimate.ts';
export type * from './evaluate.ts';
export type * from './generate.ts';
export type * from './look.ts';
export type * from './measure.ts';
export type * from './stream.ts';
export type * from './train.ts';

export type Command =
  | { readonly type: 'connect' }
  | ({ readonly type: 'estimate'; readonly id: number } & EstimateRequest)
  | ({ readonly type: 'train-start' } & TrainRequest)
  | { readonly type: 'train-pause' }
  | { readonly type: 'train-continue' }
  /** One step, then paused. */
  | { readonly type: 'train-step' }
  /** End the run; answered by `train-end`. The model stays for streaming and evaluation. */
  | { readonly type: 'train-stop' }
  /** The run's training checkpoint as it is now; answered by `checkpoint`. */
  | { readonly type: 'checkpoint' }
  | ({ readonly type: 'stream-start' } & StreamRequest)
  | { readonly type: 'stream-pace'; readonly interval: number }
  | { readonly type: 'stream-pause' }
  | { readonly type: 'stream-continue' }
  | { readonly type: 'stream-step' }
  | { readonly type: 'stream-stop' }
  | ({ readonly type: 'look-start' } & LookRequest)
  | ({ readonly type: 'evaluate-start' } & EvaluateRequest)
  | { readonly type: 'evaluate-stop' }
  | ({ readonly type: 'generate-start' } & GenerateRequest)
  | { readonly type: 'generate-stop' }
  /** Measure; whatever else is begun on the GPU meanwhile ends it. */
  | ({ readonly type: 'bench-start' } & BenchRequest)
  | { readonly type: 'bench-stop' }
  /** Time and bytes against length; makes way as the bench does. */
  | ({ readonly type: 'measure-start' } & MeasureRequest)
  | { readonly type: 'measure-stop' }
  /** Probe the adapter and compare its gradients with a reference; makes way as the bench does. */
  | { readonly type: 'check-start' }
  | { readonly type: 'check-stop' };

export type Event =
  | ConnectEvent
  | ({ readonly id: number } & EstimateEvent)
  | TrainEvent
  | StreamEvent
  | LookEvent
  | EvaluateEvent
  | GenerateEvent
  | BenchEvent
  | MeasureEvent
  | CheckEvent
  | {
      readonly type: 'failed';
      /** What was being done. */
      readonly during:
        | 'connect'
        | 'estimate'
        | 'train'
        | 'stream'
        | 'look'
        | 'evaluate'
        | 'checkpoint'
        | 'generate'
        | 'bench'
        | 'measure'
        | 'check';
      /** `where: found (expected …)`; whole sentence for a person. */
      readonly message: string;
      /** Wrong input (2) or failed while running (1), as the command line's exit status. */
      readonly status: 1 | 2;
    }
  /** The GPU device went away. `checkpoint` is the last one kept, if a run was on. */
  | { readonly type: 'device-lost'; readonly message: string; readonly checkpoint?: Uint8Array<ArrayBuffer> }
  /** How much of a file has been read, from 0 to 1. */
  | { readonly type: 'reading'; readonly name: string; readonly share: number };

/** Where a session sends its events. */
export type Post = (event: Event) => void;
