// What the page shows of a run, and what can be done with it.
import type { RunConfig } from '../../experiment/config.ts';
import type { PresetName } from '../../experiment/presets.ts';
import type {
  Materials,
  ModelFacts,
  ModelSource,
  ReportOf,
  Suspicion,
  TextReport,
  TrainProgress,
} from '../../protocol/index.ts';
import type { Experiment } from '../address.ts';
import { Curves } from '../library/curves.ts';
import type { SavedState } from '../library/library.ts';
import type { RunId } from '../library/record.ts';
import type { JobReport, Outcome } from '../state.ts';
import type { Watched } from './watched.ts';

declare module '../state.ts' {
  interface State {
    readonly run: RunSlice;
  }
}

export interface RunSlice {
  readonly status: 'idle' | 'starting' | 'running' | 'paused' | 'ended' | 'failed' | 'lost';
  readonly error: string | undefined;
  /** The id of the current run in the library. */
  readonly id: RunId | undefined;
  /** The configuration of the current run; the one being edited is the experiment's. */
  readonly config: RunConfig | undefined;
  /** The user's files that the current run reads. */
  readonly materials: Materials | undefined;
  /** The names of these files, available or not. */
  readonly files: readonly string[];
  readonly model: ModelFacts | undefined;
  readonly progress: TrainProgress | undefined;
  readonly latest: ReportOf<'train-step'> | undefined;
  /** How much of the user's text or noise the vocabulary covers. */
  readonly text: TextReport | undefined;
  /** What is suspicious about its figures. */
  readonly suspicions: readonly Suspicion[];
  readonly curves: Curves;
  /** One document as it was read at each validation, while somebody looked. */
  readonly watched: readonly Watched[];
  /** Why the document could not be read. */
  readonly watchProblem: string | undefined;
  /** Changes when the curves grew. */
  readonly version: number;
  readonly finished: boolean;
  /** The last checkpoint of the current run, with the curves up to it. */
  readonly checkpoint: SavedState | undefined;
  /** Whether the session holds the model of this run. */
  readonly onGpu: boolean;
  /** A file waiting to be downloaded. */
  readonly download: Uint8Array<ArrayBuffer> | undefined;
  start(paused?: boolean): void;
  /**
   * Train another configuration than the one being edited, as a run of its own.
   * @param what     and the model that it starts from, as in lists, if any
   * @param launched gets its id
   * @returns how it ended, once it has; rejects if it cannot start
   */
  train(
    what: Pick<Experiment, 'config' | 'preset'> & { readonly from?: string },
    launched?: (id: RunId) => void,
  ): Promise<Outcome>;
  /** The same for a run of the library, from its last checkpoint. */
  trainOn(id: RunId, launched?: (id: RunId) => void): Promise<Outcome>;
  pause(): void;
  continue(): void;
  /** One step; starts the run if there is none. */
  step(): void;
  stop(): void;
  /** Resume from the last checkpoint of a run of the library; by default the current one. */
  resume(id?: RunId): Promise<void>;
  /** Continue the finished current run with a further stage of `steps` steps, as a new run. */
  extend(steps: number): Promise<void>;
  /** Show a run of the library as it was left. */
  show(id: RunId): Promise<void>;
  /** Whether somebody looks at the document that is read at validations. */
  watch(wanted: boolean): void;
  resumeFile(file: File): Promise<void>;
  /** Show no run; one in training ends without being saved. */
  clear(): void;
  save(): void;
  /** Save the steps since the last checkpoint, because the page may be closed. */
  autosave(): void;
  downloaded(): void;
  readonly receive: (report: JobReport<'train'>) => void;
  lost(): void;
}

/** What is shown before the first run, and what is reset with each. Its curves are replaced, never added to. */
export const noRun = {
  status: 'idle',
  error: undefined,
  id: undefined,
  config: undefined,
  materials: undefined,
  files: [],
  model: undefined,
  progress: undefined,
  latest: undefined,
  text: undefined,
  suspicions: [],
  curves: new Curves(),
  watched: [],
  watchProblem: undefined,
  version: 0,
  finished: false,
  checkpoint: undefined,
  onGpu: false,
} as const satisfies Partial<RunSlice>;

export const isTraining = (status: RunSlice['status']) =>
  status === 'starting' || status === 'running' || status === 'paused';

/** A run that is being started. */
export interface Launch {
  readonly id: RunId;
  readonly config: RunConfig;
  readonly preset: PresetName;
  readonly materials: Materials | undefined;
  readonly resume?: { readonly name: string; readonly bytes: Uint8Array<ArrayBuffer> };
  readonly checkpoint?: SavedState;
  /** The model that it starts from. */
  readonly from?: ModelSource;
  readonly paused?: boolean;
  /** Whether it is not in the library yet. */
  readonly isNew: boolean;
}
