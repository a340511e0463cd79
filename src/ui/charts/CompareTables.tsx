// The numbers of compared runs as tables: each run, and the mean of each group.
import type { MeanInterval } from '../../analysis/mean-interval.ts';
import type { ComparedRun } from '../../store/compared-run.ts';
import { type Group, lengthPoints, type MeanPoint, meanOf, validationPoints } from '../../store/groups.ts';
import { lossName, measureOf } from '../../tasks/measures.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { integer, percent, small } from '../format.ts';
import tables from '../styles/tables.module.css';
import { ByTable } from './ByTable.tsx';

const unitOf = (run: ComparedRun) =>
  lossName(measureOf(run.config.task) === 'every word' ? run.config.unit : undefined);

export function CompareTable({ runs, segments }: { readonly runs: readonly ComparedRun[]; readonly segments: number }) {
  return (
    <details>
      <summary>Last and best validations as a table</summary>
      <TableScroll label="Compared validations">
        <table>
          <thead>
            <tr>
              <th scope="col">Run</th>
              <NumberHead>Step</NumberHead>
              <NumberHead>Accuracy</NumberHead>
              <NumberHead>Best accuracy</NumberHead>
              <NumberHead>Loss</NumberHead>
              <NumberHead>Lowest loss</NumberHead>
            </tr>
          </thead>
          <tbody>
            {runs.map((run, i) => {
              const values = run.validations.get(segments) ?? [];
              const last = values.at(-1);
              const lowest = Math.min(...values.map(({ loss }) => loss));
              const unit = unitOf(run);
              return (
                <tr key={run.id}>
                  <th scope="row">
                    {i + 1}. {run.name}
                  </th>
                  <td className={tables.number}>{last ? integer(last.x) : '–'}</td>
                  <td className={tables.number}>{percent(last?.accuracy ?? Number.NaN)}</td>
                  <td className={tables.number}>{percent(Math.max(...values.map(({ accuracy }) => accuracy)))}</td>
                  <td className={tables.number}>{small(last?.loss ?? Number.NaN)}</td>
                  <td className={tables.number}>
                    {small(lowest)}
                    {unit && ` (${small(unit.of(lowest))} ${unit.name})`}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}

/** `93 % (91 %–95 %, n = 3)` */
function text(point: MeanInterval | undefined, format: (value: number) => string): string | undefined {
  if (!point) return undefined;
  const { mean, low, high, count } = point;
  const interval = low === undefined || high === undefined ? '' : `${format(low)}–${format(high)}, `;
  return `${format(mean)} (${interval}n = ${count})`;
}

const shares = [0, 1] as const;

/** The last common validation of each group, and its accuracy by length. */
export function GroupTable({ groups, segments }: { readonly groups: readonly Group[]; readonly segments: number }) {
  const lastOf = ({ runs }: Group, of: 'accuracy' | 'loss'): MeanPoint | undefined =>
    meanOf(
      runs.map((run) => validationPoints(run, segments, of)),
      of === 'accuracy' ? shares : undefined,
    ).at(-1);
  const byLength = groups.map((group) => ({ group, points: meanOf(group.runs.map(lengthPoints), shares) }));
  const lengths = [...new Set(byLength.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  return (
    <>
      <TableScroll label="Means over runs">
        <table>
          <caption>The last validation that all runs of a group have, with 95 % intervals of the mean</caption>
          <thead>
            <tr>
              <th scope="col">Group</th>
              <NumberHead>Step</NumberHead>
              <NumberHead>Accuracy</NumberHead>
              <NumberHead>Loss, nats</NumberHead>
            </tr>
          </thead>
          <tbody>
            {groups.map((group) => {
              const accuracy = lastOf(group, 'accuracy');
              return (
                <tr key={group.name}>
                  <th scope="row">{group.name}</th>
                  <td className={tables.number}>{accuracy ? integer(accuracy.x) : '–'}</td>
                  <td className={tables.number}>{text(accuracy, percent) ?? '–'}</td>
                  <td className={tables.number}>{text(lastOf(group, 'loss'), small) ?? '–'}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableScroll>
      {lengths.length > 0 && (
        <ByTable
          label="Mean accuracy by number of segments"
          by="Segments"
          values={lengths}
          groups={byLength.map(({ group, points }) => ({
            key: group.name,
            name: group.name,
            columns: [
              {
                name: '',
                cell: (n) =>
                  text(
                    points.find(({ x }) => x === n),
                    percent,
                  ),
              },
            ],
          }))}
        />
      )}
    </>
  );
}
