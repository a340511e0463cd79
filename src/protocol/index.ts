// The protocol between the page (or the command line) and a session: the unions of all commands and all events.
import type { AssociationsEvent, AssociationsRequest } from './associations.ts';
import type { AttributeEvent, AttributeRequest } from './attribute.ts';
import type { BenchEvent, BenchRequest } from './bench.ts';
import type { CaptureEvent, CaptureRequest } from './capture.ts';
import type { CheckEvent, CheckRequest } from './check.ts';
import type { ConnectEvent, ConnectRequest } from './connect.ts';
import type { DescribeEvent, DescribeRequest } from './describe.ts';
import type { EstimateEvent, EstimateRequest } from './estimate.ts';
import type { EvaluateEvent, EvaluateRequest } from './evaluate.ts';
import type { ExportEvent, ExportRequest } from './export.ts';
import type { GenerateEvent, GenerateRequest } from './generate.ts';
import type { HoldersEvent, HoldersRequest } from './holders.ts';
import type { ImportEvent, ImportRequest } from './import.ts';
import type { InspectEvent, InspectRequest } from './inspect.ts';
import type { LensEvent, LensRequest } from './lens.ts';
import type { LookEvent, LookRequest } from './look.ts';
import type { MeasureEvent, MeasureRequest } from './measure.ts';
import type { PatchEvent, PatchRequest } from './patch.ts';
import type { ProbeEvent, ProbeRequest } from './probe.ts';
import type { StreamEvent, StreamRequest } from './stream.ts';
import type { TrainEvent, TrainRequest } from './train.ts';
import type { TuneEvent, TuneRequest } from './tune.ts';

export type * from './associations.ts';
export type * from './attribute.ts';
export type * from './bench.ts';
export type * from './capture.ts';
export type * from './check.ts';
export type * from './connect.ts';
export type * from './describe.ts';
export type * from './estimate.ts';
export type * from './evaluate.ts';
export type * from './export.ts';
export type * from './generate.ts';
export type * from './holders.ts';
export type * from './import.ts';
export type * from './inspect.ts';
export type * from './lens.ts';
export type * from './look.ts';
export type * from './measure.ts';
export type * from './patch.ts';
export type * from './probe.ts';
export type * from './stream.ts';
export type * from './train.ts';
export type * from './tune.ts';

/** Every kind of job: its request and its events. */
interface Jobs {
  readonly connect: { readonly request: ConnectRequest; readonly event: ConnectEvent };
  readonly describe: { readonly request: DescribeRequest; readonly event: DescribeEvent };
  readonly estimate: { readonly request: EstimateRequest; readonly event: EstimateEvent };
  readonly train: { readonly request: TrainRequest; readonly event: TrainEvent };
  readonly stream: { readonly request: StreamRequest; readonly event: StreamEvent };
  readonly inspect: { readonly request: InspectRequest; readonly event: InspectEvent };
  readonly capture: { readonly request: CaptureRequest; readonly event: CaptureEvent };
  readonly look: { readonly request: LookRequest; readonly event: LookEvent };
  readonly attribute: { readonly request: AttributeRequest; readonly event: AttributeEvent };
  readonly patch: { readonly request: PatchRequest; readonly event: PatchEvent };
  readonly evaluate: { readonly request: EvaluateRequest; readonly event: EvaluateEvent };
  readonly generate: { readonly request: GenerateRequest; readonly event: GenerateEvent };
  readonly lens: { readonly request: LensRequest; readonly event: LensEvent };
  readonly associations: { readonly request: AssociationsRequest; readonly event: AssociationsEvent };
  readonly probe: { readonly request: ProbeRequest; readonly event: ProbeEvent };
  readonly holders: { readonly request: HoldersRequest; readonly event: HoldersEvent };
  readonly import: { readonly request: ImportRequest; readonly event: ImportEvent };
  readonly export: { readonly request: ExportRequest; readonly event: ExportEvent };
  readonly bench: { readonly request: BenchRequest; readonly event: BenchEvent };
  readonly measure: { readonly request: MeasureRequest; readonly event: MeasureEvent };
  readonly check: { readonly request: CheckRequest; readonly event: CheckEvent };
  readonly tune: { readonly request: TuneRequest; readonly event: TuneEvent };
}

export type JobKind = keyof Jobs;
export type RequestOf<K extends JobKind> = Jobs[K]['request'];
export type EventOf<K extends JobKind> = Jobs[K]['event'];

/** Identifies a job: chosen by the side that starts it, and never reused. */
export type JobId = number;

export interface StartOf<K extends JobKind> {
  readonly type: 'start';
  readonly id: JobId;
  readonly kind: K;
  readonly request: RequestOf<K>;
}
export type Start = { readonly [K in JobKind]: StartOf<K> }[JobKind];

/** A control of a running job. */
export type Control =
  | { readonly type: 'pause' | 'continue'; readonly id: JobId }
  /** Take one step, then pause. */
  | { readonly type: 'step'; readonly id: JobId }
  /** End the job early; it still reports its end. The model of a run stays available for streaming and evaluation. */
  | { readonly type: 'stop'; readonly id: JobId }
  /** Minimum milliseconds from one step to the next. */
  | { readonly type: 'pace'; readonly id: JobId; readonly interval: number }
  /** Whether somebody looks at the document that a run reads at its validations. */
  | { readonly type: 'watch'; readonly id: JobId; readonly wanted: boolean }
  /** Request a run's current training checkpoint; answered by `checkpoint`, also after the run has ended. */
  | { readonly type: 'checkpoint'; readonly id: JobId };

export type Command = Start | Control;

export interface Failed {
  readonly type: 'failed';
  /** The failed activity. */
  readonly during: JobKind | 'checkpoint';
  /** `where: found (expected …)`; a complete message for display. */
  readonly message: string;
  /** Wrong input (2) or failure while running (1), like the command line's exit status. */
  readonly status: 1 | 2;
  /** The parts of the message if input was wrong, from which the page makes its own sentences. */
  readonly input?: { readonly where: string; readonly found: string; readonly expected: string };
  /** Why no adapter could be opened, if that is the reason. */
  readonly adapter?: 'no-webgpu' | 'no-adapter' | 'no-device';
}

/** Fraction of a file that has been read, from 0 to 1, while a job is prepared. */
export interface FileProgress {
  readonly type: 'reading';
  readonly name: string;
  readonly share: number;
}

/** The GPU device was lost, and every job on it ended. `checkpoint` is the last one kept, if a run was active. */
export interface DeviceLost {
  readonly type: 'device-lost';
  readonly message: string;
  readonly checkpoint?: Uint8Array<ArrayBuffer>;
}

/** Everything a job can report. */
export type Report = EventOf<JobKind> | Failed | FileProgress | DeviceLost;
/** The reports of one type. */
export type ReportOf<T extends Report['type']> = Extract<Report, { readonly type: T }>;

type WithId<R> = R extends unknown ? R & { readonly id: JobId } : never;
/** A report with the id of its job; for a lost device, the job that noticed it first. */
export type Event = WithId<Report>;

/** Where a session sends its events. */
export type Post = (event: Event) => void;
