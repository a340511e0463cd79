// The whole state of the page: one slice for each concern, and the one place where results enter it.
import type { Command, Event, Speed } from '../train/protocol.ts';
import type { BenchSlice } from './bench.ts';
import type { CheckSlice } from './check.ts';
import type { ComputeSlice } from './compute.ts';
import type { DeviceSlice } from './device.ts';
import type { EstimateSlice } from './estimate.ts';
import type { EvaluateSlice } from './evaluate.ts';
import type { ExamplesSlice } from './examples.ts';
import type { ExperimentSlice } from './experiment.ts';
import type { GenerateSlice } from './generate.ts';
import type { LookSlice } from './look.ts';
import type { MaterialsSlice } from './materials.ts';
import type { ModelsSlice } from './models.ts';
import type { OfflineSlice } from './offline.ts';
import type { RunSlice } from './run.ts';
import type { RunStorage } from './runs/storage.ts';
import type { RunsSlice } from './runs.ts';
import type { StreamSlice } from './stream.ts';

export interface State {
  readonly device: DeviceSlice;
  readonly experiment: ExperimentSlice;
  readonly materials: MaterialsSlice;
  readonly models: ModelsSlice;
  readonly run: RunSlice;
  readonly runs: RunsSlice;
  readonly estimate: EstimateSlice;
  readonly examples: ExamplesSlice;
  readonly stream: StreamSlice;
  readonly look: LookSlice;
  readonly generate: GenerateSlice;
  readonly evaluate: EvaluateSlice;
  readonly bench: BenchSlice;
  readonly compute: ComputeSlice;
  readonly check: CheckSlice;
  readonly offline: OfflineSlice;
  /** Take in one event of the session. */
  receive(event: Event): void;
}

/** What the slices need of the outside; tests give their own. */
export interface Outside {
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

/** How a slice changes itself, and sees the others. */
export interface SliceTools<S> {
  readonly outside: Outside;
  get(): State;
  change(part: Partial<S>): void;
}
