// The table of runs: settings that differ, progress, and actions.
import { Fragment, useMemo, useState } from 'react';
import { catalogue } from '../../models/catalogue.ts';
import { whatDiffers } from '../../store/compare.ts';
import { sentenceOf } from '../../store/error-text.ts';
import { isJudgedByLoss } from '../../store/library/record.ts';
import { isTraining } from '../../store/slices/run-state.ts';
import type { RunEntry, RunId, RunRecord } from '../../store/slices/runs.ts';
import { tasks } from '../../tasks/index.ts';
import { lossName } from '../../tasks/measures.ts';
import { classNames } from '../class-names.ts';
import { TableScroll } from '../controls/TableScroll.tsx';
import { bytes, integer, percent, small } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import badges from '../styles/badges.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { RunActions } from './RunActions.tsx';
import { RunFilters } from './RunFilters.tsx';
import { RunName } from './RunName.tsx';
import css from './RunTable.module.css';
import { RunTags } from './RunTags.tsx';
import { noFilter, type RunOrder, type SortColumn, shownRuns, sortKeys } from './run-list.ts';

const columns = [
  'Run',
  'Compare',
  'Task',
  'Model',
  'Differences',
  'Status',
  'Steps',
  'Validation',
  'Saved',
  'Size',
] as const;
/** Numbers: the largest are wanted first. */
const largestFirst: ReadonlySet<string> = new Set<SortColumn>(['Steps', 'Validation', 'Saved', 'Size']);
const isSortable = (column: string): column is SortColumn => Object.hasOwn(sortKeys, column);

/** For each run, the settings that differ from the other runs of its task. */
function differences(records: readonly RunRecord[]): ReadonlyMap<RunId, string> {
  const groups = new Map<string, RunRecord[]>();
  for (const record of records) groups.set(record.config.task, [...(groups.get(record.config.task) ?? []), record]);
  return new Map(
    [...groups.values()].flatMap((group) => {
      const texts = whatDiffers(group, ['task', 'model']);
      return group.map(({ id }, i) => [id, texts[i] ?? ''] as const);
    }),
  );
}

export function RunTable({ entries }: { readonly entries: readonly RunEntry[] }) {
  const actions = useActions();
  const [open, setOpen] = useState<RunId | undefined>();
  const [filter, setFilter] = useState(noFilter);
  const [order, setOrder] = useState<RunOrder | undefined>();
  const records = useMemo(() => entries.flatMap(({ record }) => (record ? [record] : [])), [entries]);
  const differing = useMemo(() => differences(records), [records]);
  const shown = useMemo(() => shownRuns(entries, differing, filter, order), [entries, differing, filter, order]);
  const sort = (by: SortColumn) =>
    setOrder({ by, isDescending: order?.by === by ? !order.isDescending : largestFirst.has(by) });
  const filters = (
    <RunFilters
      filter={filter}
      records={records}
      shown={shown.flatMap(({ record }) => (record ? [record] : []))}
      order={order}
      onChange={setFilter}
      onSort={(by) => setOrder(by && { by, isDescending: largestFirst.has(by) })}
    />
  );
  const table = (
    <TableScroll label="Runs" isTall>
      <table className={css.runs}>
        <thead>
          <tr>
            {columns.map((name) => (
              <th
                key={name}
                scope="col"
                className={['Steps', 'Size'].includes(name) ? tables.number : undefined}
                aria-sort={order?.by === name ? (order.isDescending ? 'descending' : 'ascending') : undefined}
              >
                {isSortable(name) ? (
                  <button
                    type="button"
                    className={css.sort}
                    title={`Sort by ${name.toLowerCase()}`}
                    onClick={() => sort(name)}
                  >
                    {name}
                    <span aria-hidden="true">{order?.by === name ? (order.isDescending ? ' ▾' : ' ▴') : ''}</span>
                  </button>
                ) : (
                  name
                )}
              </th>
            ))}
            <th scope="col">
              <span className={typography.hidden}>Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {shown.map((entry) =>
            entry.record ? (
              <Fragment key={entry.id}>
                <Row
                  record={entry.record}
                  isStored={entry.isStored}
                  differs={differing.get(entry.id) ?? ''}
                  isOpen={open === entry.id}
                  onToggle={() => setOpen(open === entry.id ? undefined : entry.id)}
                />
                <Remarks record={entry.record} isOpen={open === entry.id} />
                {open === entry.id && (
                  <tr>
                    <td colSpan={columns.length + 1}>
                      <RunActions record={entry.record} />
                    </td>
                  </tr>
                )}
              </Fragment>
            ) : (
              <tr key={entry.id}>
                <th scope="row">{entry.id}</th>
                <td colSpan={columns.length - 1}>
                  <span className={typography.problem}>
                    This run cannot be read. {sentenceOf(entry.problem)} Other runs are not affected.
                  </span>
                </td>
                <td>
                  <button
                    type="button"
                    aria-label={`Delete ${entry.id}, which cannot be read, permanently`}
                    onClick={() => void actions.runs.remove(entry.id)}
                  >
                    Delete permanently
                  </button>
                </td>
              </tr>
            ),
          )}
        </tbody>
      </table>
    </TableScroll>
  );
  return (
    <>
      {records.length > 1 && filters}
      {table}
    </>
  );
}

interface RowProps {
  readonly record: RunRecord;
  readonly isStored: boolean;
  readonly differs: string;
  readonly isOpen: boolean;
  onToggle(): void;
}

function Row({ record, isStored, differs, isOpen, onToggle }: RowProps) {
  const actions = useActions();
  const { id, name, config, origin, validated, checkpoint, saved } = record;
  const isCompared = usePlayground(({ runs }) => runs.compared.some((run) => run.id === id));
  // Its curves are read from storage first; the checkbox does not wait for them.
  const [wanted, setWanted] = useState<boolean>();
  const compare = async (on: boolean) => {
    setWanted(on);
    await actions.runs.compare(id, on).finally(() => setWanted(undefined));
  };
  const live = usePlayground(({ run }) => (run.id === id && isTraining(run.status) ? run.progress : undefined));
  const { step, steps } = live ?? record.progress;
  const hasRemarks = useRemarks(record).length > 0;
  return (
    <tr className={isOpen || hasRemarks ? css.open : undefined}>
      <th scope="row">
        <RunName id={id} name={name} />
        <RunTags id={id} name={name} tags={record.tags ?? []} />
      </th>
      <td data-label="Compare">
        <input
          type="checkbox"
          aria-label={`Compare ${name}`}
          title={
            validated
              ? 'Show its validation curves for comparison, here and on the Train view'
              : 'This run has no validations yet'
          }
          checked={wanted ?? isCompared}
          disabled={!validated && !isCompared}
          onChange={({ target }) => void compare(target.checked)}
        />
      </td>
      <td data-label="Task">{tasks[config.task].title}</td>
      <td data-label="Model">
        {catalogue[config.model].title}
        {origin && (
          <span className={css.why} title={`SHA-256 ${origin.hash}`}>
            from {origin.name} ({bytes(origin.size)}, {origin.hash.slice(0, 8)}…)
          </span>
        )}
      </td>
      <td data-label="Differences" className={css.differs}>
        {differs || '–'}
      </td>
      <td data-label="Status">
        <Status record={record} isStored={isStored} />
      </td>
      <td data-label="Steps" className={tables.number}>
        {integer(step)} of {integer(steps)}
      </td>
      <td data-label="Validation">
        <Validation record={record} />
      </td>
      <td data-label="Saved">
        {checkpoint ? <time dateTime={new Date(saved).toISOString()}>{moment(saved)}</time> : '–'}
      </td>
      <td data-label="Size" className={tables.number}>
        {checkpoint ? bytes(checkpoint.bytes) : '–'}
      </td>
      <td>
        <button type="button" aria-expanded={isOpen} aria-label={`Actions for ${name}`} onClick={onToggle}>
          Actions <span aria-hidden="true">{isOpen ? '▴' : '▾'}</span>
        </button>
      </td>
    </tr>
  );
}

const moment = (time: number) =>
  new Date(time).toLocaleString('en', {
    month: 'short',
    day: 'numeric',
    hour: '2-digit',
    minute: '2-digit',
    hour12: false,
  });

const statusOf: Readonly<Record<RunRecord['state'], string>> = {
  training: 'Interrupted',
  stopped: 'Stopped',
  finished: 'Finished',
  failed: 'Failed',
};

function Status({ record, isStored }: { readonly record: RunRecord; readonly isStored: boolean }) {
  const isElsewhere = usePlayground(({ runs }) => runs.elsewhere.has(record.id));
  const here = usePlayground(({ run }) => (run.id === record.id && isTraining(run.status) ? run.status : undefined));
  if (isElsewhere) return 'In another tab';
  const text = here ? (here === 'paused' ? 'Paused' : 'Training') : statusOf[record.state];
  return (
    <>
      {text}
      {!isStored && <span className={classNames(badges.tag, css.unsaved)}>not saved</span>}
    </>
  );
}

/** What is to be said about a run in sentences. */
function useRemarks({ id, suspicions = [] }: RunRecord): readonly string[] {
  const isElsewhere = usePlayground(({ runs }) => runs.elsewhere.has(id));
  const where =
    'Another tab is training this run. You can stream or evaluate it here; stop it there to resume it here.';
  return [...(isElsewhere ? [where] : []), ...suspicions.map(({ sentence }) => sentence)];
}

/** In a row of their own under the run: in a column they would be a few words wide. */
function Remarks({ record, isOpen }: { readonly record: RunRecord; readonly isOpen: boolean }) {
  const remarks = useRemarks(record);
  if (remarks.length === 0) return null;
  return (
    <tr className={classNames(css.remarks, isOpen && css.open)}>
      <td colSpan={columns.length + 1}>
        {remarks.map((sentence) => (
          <p key={sentence}>{sentence}</p>
        ))}
      </td>
    </tr>
  );
}

/** The best validation on the most segments, and the last. */
function Validation({ record }: { readonly record: RunRecord }) {
  const { validated, config } = record;
  if (!validated) return '–';
  const { segments, accuracy, bestAccuracy, loss, lowestLoss } = validated;
  const unit = isJudgedByLoss(record) ? lossName(config.unit) : undefined;
  const [best, last, what] = isJudgedByLoss(record)
    ? [small(unit ? unit.of(lowestLoss) : lowestLoss), small(unit ? unit.of(loss) : loss), unit?.name ?? 'loss in nats']
    : [percent(bestAccuracy), percent(accuracy), 'accuracy'];
  return (
    <>
      <span className={css.best}>{best}</span>
      {last !== best && <> · last {last}</>}
      <span className={css.why}>
        {what}, {segments} {segments === 1 ? 'segment' : 'segments'}
      </span>
    </>
  );
}
