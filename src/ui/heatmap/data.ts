// The numbers behind a heatmap: one row per cell.
import type { Grid } from '../../analysis/memory-attention.ts';
import type { FigureData } from '../figure/data.ts';

interface Labelled {
  readonly subject: string;
  readonly grid: Grid;
  readonly rowAxis: string;
  readonly columnAxis: string;
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  /** The quantity in a cell. */
  readonly quantity: string;
  readonly unit?: string;
  readonly about: FigureData['about'];
}

export function heatmapData(map: Labelled): FigureData {
  const { subject, grid, rowAxis, columnAxis, rowLabels, columnLabels, quantity, unit, about } = map;
  const { rows, columns, values } = grid;
  return {
    subject,
    columns: [
      { name: 'row' },
      { name: rowAxis },
      { name: 'column' },
      // A map of segments against segments has the same name on both sides.
      { name: columnAxis === rowAxis ? `other ${columnAxis}` : columnAxis },
      { name: quantity, ...(unit === undefined ? {} : { unit }) },
    ],
    rows: Array.from({ length: rows * columns }, (_, i) => {
      const [row, column] = [Math.floor(i / columns), i % columns];
      return [row + 1, rowLabels[row], column + 1, columnLabels[column], values[i]];
    }),
    about,
  };
}
