// Which runs of the table are shown: by words, task, model and tag; and all of them into the comparison at once.
import { catalogue, type ModelId } from '../../models/catalogue.ts';
import { mostCompared } from '../../store/address.ts';
import type { RunRecord } from '../../store/slices/runs.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import { Field } from '../controls/Field.tsx';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './RunFilters.module.css';
import { noFilter, type RunFilter, type RunOrder, type SortColumn, sortKeys, tagsOf } from './run-list.ts';

interface RunFiltersProps {
  readonly filter: RunFilter;
  /** All runs, and those shown. */
  readonly records: readonly RunRecord[];
  readonly shown: readonly RunRecord[];
  readonly order: RunOrder | undefined;
  onChange(filter: RunFilter): void;
  onSort(by: SortColumn | undefined): void;
}

export function RunFilters({ filter, records, shown, order, onChange, onSort }: RunFiltersProps) {
  const { runs } = useActions();
  const compared = usePlayground((state) => state.runs.compared);
  const used = <T extends string>(of: (record: RunRecord) => T) => [...new Set(records.map(of))];
  const tags = tagsOf(records);
  const comparable = shown.filter(({ id, validated }) => validated && !compared.some((run) => run.id === id));
  const select = (
    label: string,
    key: 'task' | 'model' | 'tag',
    values: readonly string[],
    title: (id: string) => string,
  ) => (
    <Field label={label} help={`Show only the runs with this ${label.toLowerCase()}.`}>
      {(ids) => (
        <select {...ids} value={filter[key]} onChange={({ target }) => onChange({ ...filter, [key]: target.value })}>
          <option value="">All</option>
          {values.map((value) => (
            <option key={value} value={value}>
              {title(value)}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
  const isFiltered = Object.values(filter).some((value) => value !== '');
  return (
    <section aria-label="Runs shown">
      <div className={controls.row}>
        <Field label="Find" help="Words in the name, the differences, the tags, the task or the model.">
          {(ids) => (
            <input
              {...ids}
              type="text"
              value={filter.words}
              onChange={({ target }) => onChange({ ...filter, words: target.value })}
            />
          )}
        </Field>
        {select(
          'Task of a run',
          'task',
          used(({ config }) => config.task),
          (id) => tasks[id as TaskId].title,
        )}
        {select(
          'Model of a run',
          'model',
          used(({ config }) => config.model),
          (id) => catalogue[id as ModelId].title,
        )}
        <Field className={css.order} label="Sort by" help="A column of the table.">
          {(ids) => (
            <select
              {...ids}
              value={order?.by ?? ''}
              onChange={({ target }) => onSort((target.value || undefined) as SortColumn | undefined)}
            >
              <option value="">Newest first</option>
              {Object.keys(sortKeys).map((column) => (
                <option key={column}>{column}</option>
              ))}
            </select>
          )}
        </Field>
        {tags.length > 0 && select('Tag', 'tag', tags, (tag) => tag)}
      </div>
      <p className={layout.actions}>
        <span className={typography.note} role="status">
          {isFiltered && `${integer(shown.length)} of ${integer(records.length)} runs are shown.`}
        </span>
        {isFiltered && (
          <button type="button" onClick={() => onChange(noFilter)}>
            Show all
          </button>
        )}
        <button
          type="button"
          disabled={comparable.length === 0 || compared.length + comparable.length > mostCompared}
          title={`Draw the validations of all runs shown, at most ${mostCompared}; runs that differ in their seed alone as one mean`}
          onClick={() => void runs.compareAll(comparable.map(({ id }) => id))}
        >
          Compare all shown
        </button>
        <button type="button" disabled={compared.length === 0} onClick={() => void runs.compareAll(undefined)}>
          Compare none
        </button>
      </p>
    </section>
  );
}
