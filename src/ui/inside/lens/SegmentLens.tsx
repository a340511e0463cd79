// The logit lens on the segment on show: every layer's answer in words.
import type { LensColumn } from '../../../protocol/index.ts';
import { NumberHead } from '../../controls/NumberHead.tsx';
import { TableScroll } from '../../controls/TableScroll.tsx';
import { integer, percent } from '../../format.ts';
import tables from '../../styles/tables.module.css';
import typography from '../../styles/typography.module.css';

interface SegmentLensProps {
  readonly columns: readonly LensColumn[];
  readonly layers: readonly string[];
  readonly current: number;
}

/** Words whose answers are listed. */
const MOST_COLUMNS = 12;

export function SegmentLens({ columns, layers, current }: SegmentLensProps) {
  if (columns.length === 0)
    return (
      <p className={typography.note}>
        Nothing is predicted in segment {integer(current + 1)}, or it was not looked at.
      </p>
    );
  const shown = columns.slice(0, MOST_COLUMNS);
  const isWords = shown.some(({ word }) => word !== undefined);
  return (
    <>
      <h3>Segment {integer(current + 1)} layer by layer</h3>
      <TableScroll label="Answers by layer">
        <table>
          <thead>
            <tr>
              <th scope="col">Head reads</th>
              {shown.map(({ word }, i) => (
                <NumberHead key={i}>{isWords ? `“${word}”` : 'Right answer'}</NumberHead>
              ))}
              {!isWords && <th scope="col">Most likely answer</th>}
            </tr>
          </thead>
          <tbody>
            {layers.map((layer, row) => (
              <tr key={layer}>
                <th scope="row">{row === 0 ? 'input of layer 1' : `output of ${layer}`}</th>
                {shown.map(({ right, top }, i) => (
                  <td key={i} className={tables.number}>
                    {percent(right[row] ?? Number.NaN)}
                    {isWords && top?.[row] && ` (top: ${top[row].answer})`}
                  </td>
                ))}
                {!isWords && <td>{topOf(shown[0], row)}</td>}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      {columns.length > shown.length && (
        <p className={typography.note}>
          The first {integer(MOST_COLUMNS)} of {integer(columns.length)} words.
        </p>
      )}
    </>
  );
}

function topOf(column: LensColumn | undefined, row: number): string {
  const top = column?.top?.[row];
  if (top) return `${top.answer} (${percent(top.probability)})`;
  return `right for ${percent(column?.hits[row] ?? Number.NaN)} of ${integer(column?.count ?? 0)} words`;
}
