// What the page shows of the runs of this browser, and what can be done with them.
import type { Suspicion, TrainProgress } from '../../protocol/index.ts';
import type { ComparedRun } from '../compared-run.ts';
import type { OpenedRun, RunEntry, SavedState } from '../library/library.ts';
import type { EvaluatedPoint, RunId, RunRecord } from '../library/record.ts';
import type { Space } from '../library/storage.ts';

declare module '../state.ts' {
  interface State {
    readonly runs: RunsSlice;
  }
}

/** A file waiting to be downloaded. */
export interface OutgoingFile {
  readonly name: string;
  readonly content: Blob;
}

export interface RunsSlice {
  readonly status: 'loading' | 'ready';
  /** Why runs are kept for this visit only, if storage is unavailable. */
  readonly visitOnly: string | undefined;
  /** All runs, newest first, including those in the bin. */
  readonly entries: readonly RunEntry[];
  /** Runs held by other tabs. */
  readonly elsewhere: ReadonlySet<RunId>;
  /** Why the last save failed. */
  readonly saveProblem: string | undefined;
  /** Why the user's last action failed. */
  readonly problem: string | undefined;
  /** The outcome of the user's last action. */
  readonly notice: string | undefined;
  /** The runs overlaid on the curves of Train, in the order they were chosen. */
  readonly compared: readonly ComparedRun[];
  readonly space: Space | undefined;
  /** The step that each run had reached when an earlier visit was left, if it was not saved then. */
  readonly unsaved: Readonly<Record<RunId, number>>;

  load(): Promise<void>;
  /** Resolves once the runs are loaded. */
  loaded(): Promise<void>;
  refresh(): Promise<void>;
  find(id: RunId | undefined): RunRecord | undefined;
  /** The newest run with a checkpoint, if any. */
  newest(): RunRecord | undefined;
  read(id: RunId): Promise<OpenedRun>;
  rename(id: RunId, name: string): Promise<void>;
  /** Replace the tags of a run. */
  tag(id: RunId, tags: readonly string[]): Promise<void>;
  /** Keep what an evaluation of a run on its own task measured; it replaces earlier points at the same numbers of segments. */
  evaluated(id: RunId, task: string, points: readonly EvaluatedPoint[]): Promise<void>;
  /** Move a run into or out of the bin. */
  setDeleted(id: RunId, deleted: boolean): Promise<void>;
  /** Permanently remove the runs in the bin. */
  emptyBin(): Promise<void>;
  /** Permanently remove a run at once. */
  remove(id: RunId): Promise<void>;
  /** Show the comparison of a link once the runs are loaded, and say which of its runs are not here. */
  showComparison(): Promise<void>;
  /** Add a run to the comparison, or remove it. */
  compare(id: RunId, wanted: boolean): Promise<void>;
  /** Add runs to the comparison; undefined empties it. */
  compareAll(ids: readonly RunId[] | undefined): Promise<void>;
  /** Runs with their validations; those that cannot be read are left out. */
  comparable(ids: readonly RunId[]): Promise<readonly ComparedRun[]>;
  exportRun(id: RunId): Promise<OutgoingFile | undefined>;
  exportCheckpoint(id: RunId): Promise<OutgoingFile | undefined>;
  /** @param name of the file, for messages */
  importFile(name: string, file: Pick<Blob, 'size' | 'text'>): Promise<void>;
  /** An exported run, or the files of one that comes back from PyTorch. */
  importFiles(files: readonly File[]): Promise<void>;
  protectStorage(): Promise<void>;
  /** Retry the failed save. */
  saveAgain(): Promise<void>;
  dismissProblem(): void;

  // Called by the run in training.
  claim(id: RunId): Promise<boolean>;
  release(id: RunId): Promise<void>;
  begun(record: RunRecord): Promise<void>;
  resumed(id: RunId): Promise<void>;
  save(id: RunId, state: SavedState): Promise<void>;
  ended(
    id: RunId,
    how: 'stopped' | 'finished' | 'failed',
    progress: TrainProgress,
    suspicions: readonly Suspicion[],
  ): Promise<void>;
}
