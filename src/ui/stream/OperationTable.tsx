// The document's segments as a table: the memory operation of each, and the model's answer after it.
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { percent } from '../format.ts';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { namesOf, scoresOf } from './operations.ts';

const most = 64;

/** The rows: all segments of a short document, else those that write, read, are marked or follow an intervention. */
export function tableRows(log: StreamLog, seen: number) {
  const all = Array.from({ length: seen }, (_, i) => i);
  const chosen =
    seen <= most
      ? all
      : all.filter((i) => {
          const segment = log.segments[i];
          const does = segment?.decision?.operations ?? [];
          return segment && (segment.marks.length > 0 || segment.interventions.length > 0 || !does.includes('hold'));
        });
  return chosen.slice(0, most).flatMap((index) => {
    const segment = log.segments[index];
    return segment
      ? [
          {
            index,
            marked: [...new Set(segment.marks.map(({ kind }) => kind))].join(', '),
            operation: segment.decision ? namesOf(segment.decision) : '',
            score: segment.decision ? scoresOf(segment.decision) : '',
            changed: segment.interventions.map(({ kind }) => kind).join(', '),
            probability: log.expectedProbability[index] ?? Number.NaN,
            untouched: log.untouchedProbability[index] ?? Number.NaN,
          },
        ]
      : [];
  });
}

export function OperationTable({ log, seen }: { readonly log: StreamLog; readonly seen: number }) {
  const rows = tableRows(log, seen);
  const changed = log.changed.length > 0;
  const chance = (value: number) => (Number.isFinite(value) ? percent(value) : '–');
  return (
    <>
      <TableScroll label="Segments">
        <table>
          <thead>
            <tr>
              <NumberHead>Segment</NumberHead>
              <th scope="col">Marked</th>
              <th scope="col">Operation</th>
              <NumberHead>Score</NumberHead>
              {changed && <th scope="col">Intervention</th>}
              <NumberHead>{log.measure === 'classes' ? `p of ${log.expected}` : 'Mean p'}</NumberHead>
              {changed && <NumberHead>Without</NumberHead>}
            </tr>
          </thead>
          <tbody>
            {rows.map((row) => (
              <tr key={row.index}>
                <td className={tables.number}>{row.index + 1}</td>
                <td>{row.marked || '–'}</td>
                <td>{row.operation || '–'}</td>
                <td className={tables.number}>{row.score || '–'}</td>
                {changed && <td>{row.changed || '–'}</td>}
                <td className={tables.number}>{chance(row.probability)}</td>
                {changed && <td className={tables.number}>{chance(row.untouched)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {seen > most && (
        <p className={typography.note}>
          Of {seen} segments, the first {most} that contain a mark, write, read, or have an intervention are shown.
        </p>
      )}
    </>
  );
}
