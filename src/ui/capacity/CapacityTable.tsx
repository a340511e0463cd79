// The numbers of Capacity: one row per value, one column per model.
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { integer, percent } from '../format.ts';
import tables from '../styles/tables.module.css';
import { type CapacityCurve, type CapacityPoint, curveName } from './curves.ts';

interface CapacityTableProps {
  readonly curves: readonly CapacityCurve[];
  /** What the rows count. */
  readonly by: string;
}

const cell = (point: CapacityPoint | undefined) => {
  if (!point) return '–';
  const { fits, accuracy, low, high, samples } = point;
  return fits
    ? `${percent(accuracy)} (${percent(low)}–${percent(high)}, n = ${integer(samples)})`
    : 'does not fit in the document';
};

export function CapacityTable({ curves, by }: CapacityTableProps) {
  const values = [...new Set(curves.flatMap(({ points }) => points.map(({ value }) => value)))].sort((a, b) => a - b);
  return (
    <details open>
      <summary>As a table</summary>
      <TableScroll label={`Accuracy by ${by.toLowerCase()}`}>
        <table>
          <thead>
            <tr>
              <NumberHead>{by}</NumberHead>
              {curves.map(({ result }) => (
                <NumberHead key={result.id}>{curveName(result)}</NumberHead>
              ))}
            </tr>
          </thead>
          <tbody>
            {values.map((value) => (
              <tr key={value}>
                <th scope="row" className={tables.number}>
                  {integer(value)}
                </th>
                {curves.map(({ result, points }) => (
                  <td key={result.id} className={tables.number}>
                    {cell(points.find((point) => point.value === value))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}
