// Why a run could not be saved, as sentences: what happened, what is safe, and what to do.
import { sentenceOf } from './error-text.ts';
import { isFull, type SavedState } from './library/library.ts';
import type { RunId } from './library/record.ts';
import type { State } from './state.ts';

export const megabytes = (bytes: number) => `${(bytes / 1e6).toPrecision(3)} MB`;

/** @param saving the state that could not be saved; undefined if it was something else of the run */
export function saveProblemText(
  error: unknown,
  { run, runs }: Pick<State, 'run' | 'runs'>,
  id: RunId,
  saving: SavedState | undefined,
): string {
  const record = runs.find(id);
  const name = record?.name ?? 'this run';
  const isTraining = run.status === 'running' || run.status === 'paused';
  const before = record?.checkpoint
    ? `${isTraining ? 'Training continues, and the' : 'The'} checkpoint from step ${record.progress.step} is safe.`
    : `${isTraining ? 'Training continues, but no' : 'No'} checkpoint of this run is saved yet.`;
  const what = saving ? `step ${saving.progress.step} of “${name}” (${megabytes(saving.bytes.length)})` : `“${name}”`;
  const advice = isFull(error)
    ? 'Delete runs on the Runs view (export first what you want to keep) and empty the bin, then save again.'
    : 'Download the checkpoint before you leave the page.';
  const why = isFull(error) ? ': the storage of this browser is full.' : `. ${sentenceOf(error)}`;
  return `Could not save ${what}${why} ${before} ${advice}`;
}
