// The largest weights of a head as a table.
import type { Grid } from '../../../analysis/memory-attention.ts';
import { NumberHead } from '../../controls/NumberHead.tsx';
import { TableScroll } from '../../controls/TableScroll.tsx';
import { percent } from '../../format.ts';
import { largest } from '../../heatmap/geometry.ts';
import tables from '../../styles/tables.module.css';

interface LargestWeightsProps {
  readonly grid: Grid;
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
}

export function LargestWeights({ grid, rowLabels, columnLabels }: LargestWeightsProps) {
  return (
    <details>
      <summary>Largest weights as a table</summary>
      <TableScroll label="Largest weights">
        <table>
          <thead>
            <tr>
              <th scope="col">attending</th>
              <th scope="col">attended to</th>
              <NumberHead>Weight</NumberHead>
            </tr>
          </thead>
          <tbody>
            {largest(grid.values, grid.columns, 20).map(({ cell, value }) => (
              <tr key={`${cell.row} ${cell.column}`}>
                <td>{rowLabels[cell.row]}</td>
                <td>{columnLabels[cell.column]}</td>
                <td className={tables.number}>{percent(value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}
