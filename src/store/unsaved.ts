// Steps that were not saved yet when the page was hidden: after a reload the page says what became of them.
import * as v from 'valibot';
import type { RunId } from './library/record.ts';
import type { Notes } from './state.ts';

const name = 'unsaved steps';
const schema = v.record(v.string(), v.pipe(v.number(), v.integer(), v.minValue(1)));

/** The last step known of each run that was not saved. */
export function unsavedSteps(notes: Notes | undefined): Readonly<Record<RunId, number>> {
  const found = v.safeParse(schema, notes?.recall(name));
  return found.success ? found.output : {};
}

/** The page may be closed before this step is saved. Written at once, unlike a checkpoint. */
export function noteUnsaved(notes: Notes | undefined, id: RunId, step: number): void {
  notes?.keep(name, { ...unsavedSteps(notes), [id]: step });
}

/** Steps up to this one are saved; by default the run is gone. */
export function noteSaved(notes: Notes | undefined, id: RunId, step = Number.POSITIVE_INFINITY): void {
  const { [id]: noted, ...others } = unsavedSteps(notes);
  if (noted !== undefined && noted <= step) notes?.keep(name, Object.keys(others).length > 0 ? others : undefined);
}
