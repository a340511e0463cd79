// The list of runs as it is shown: filtered by words, task, model and tag, and sorted by a column.
import { catalogue } from '../../models/catalogue.ts';
import { isJudgedByLoss } from '../../store/library/record.ts';
import type { RunEntry, RunRecord } from '../../store/slices/runs.ts';
import { tasks } from '../../tasks/index.ts';

export interface RunFilter {
  /** Every word has to be in a run's name, its differences, its tags, its task or its model. */
  readonly words: string;
  readonly task: string;
  readonly model: string;
  readonly tag: string;
}
export const noFilter: RunFilter = { words: '', task: '', model: '', tag: '' };

/** What a column is sorted by. */
type Key = string | number | undefined;

/** The value of a run in each column that can be sorted by. */
export const sortKeys = {
  Run: ({ name }) => name.toLowerCase(),
  Task: ({ config }) => tasks[config.task].title,
  Model: ({ config }) => catalogue[config.model].title,
  Differences: (_, differs) => differs,
  Status: ({ state }) => state,
  Steps: ({ progress }) => progress.step,
  // More is better: a loss counts downwards.
  Validation: (record) =>
    record.validated && (isJudgedByLoss(record) ? -record.validated.lowestLoss : record.validated.bestAccuracy),
  Saved: ({ checkpoint, saved }) => checkpoint && saved,
  Size: ({ checkpoint }) => checkpoint?.bytes,
} as const satisfies Readonly<Record<string, (record: RunRecord, differs: string) => Key>>;
export type SortColumn = keyof typeof sortKeys;

export interface RunOrder {
  readonly by: SortColumn;
  readonly isDescending: boolean;
}

const collator = new Intl.Collator('en', { numeric: true });

/** Missing values come last in either direction. */
function compareKeys(a: Key, b: Key, isDescending: boolean): number {
  if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined);
  const order = typeof a === 'number' && typeof b === 'number' ? a - b : collator.compare(String(a), String(b));
  return isDescending ? -order : order;
}

/** The tags of all runs, sorted. */
export const tagsOf = (records: readonly RunRecord[]): readonly string[] =>
  [...new Set(records.flatMap(({ tags = [] }) => tags))].sort(collator.compare);

/**
 * @param differs the differences of each run from the others, by its id
 * @param order   undefined: as they come, newest first
 */
export function shownRuns(
  entries: readonly RunEntry[],
  differs: ReadonlyMap<string, string>,
  { words, task, model, tag }: RunFilter,
  order: RunOrder | undefined,
): readonly RunEntry[] {
  const wanted = words.toLowerCase().split(/\s+/).filter(Boolean);
  const isAny = wanted.length === 0 && task === '' && model === '' && tag === '';
  const found = entries.filter(({ id, record }) => {
    if (!record) return isAny;
    const { name, config, tags = [] } = record;
    const text = [name, differs.get(id), ...tags, tasks[config.task].title, catalogue[config.model].title]
      .join(' ')
      .toLowerCase();
    return (
      wanted.every((word) => text.includes(word)) &&
      (task === '' || config.task === task) &&
      (model === '' || config.model === model) &&
      (tag === '' || tags.includes(tag))
    );
  });
  if (!order) return found;
  const keyOf = ({ id, record }: RunEntry): Key => record && sortKeys[order.by](record, differs.get(id) ?? '');
  return [...found].sort((a, b) => compareKeys(keyOf(a), keyOf(b), order.isDescending));
}
