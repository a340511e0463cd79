// The whole state of the page: one slice for each concern, and the one place where results enter it.
import type { Command, Event, Speed } from '../protocol/index.ts';
import type { RunStorage } from './library/storage.ts';
import type { BenchSlice } from './slices/bench.ts';
import type { CheckSlice } from './slices/check.ts';
import type { DeviceSlice } from './slices/device.ts';
import type { EstimateSlice } from './slices/estimate.ts';
import type { EvaluateSlice } from './slices/evaluate.ts';
import type { ExamplesSlice } from './slices/examples.ts';
import type { ExperimentSlice } from './slices/experiment.ts';
import type { GenerateSlice } from './slices/generate.ts';
import type { LookSlice } from './slices/look.ts';
import type { MaterialsSlice } from './slices/materials.ts';
import type { ComputeSlice } from './slices/measure.ts';
import type { ModelsSlice } from './slices/models.ts';
import type { OfflineSlice } from './slices/offline.ts';
import type { RunSlice } from './slices/run.ts';
import type { RunsSlice } from './slices/runs.ts';
import type { StreamSlice } from './slices/stream.ts';

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
