// The layout of a heatmap's cells and labels in CSS pixels, testable without a canvas.

export interface Layout {
  readonly rows: number;
  readonly columns: number;
  /** Top left corner of the cells. */
  readonly left: number;
  readonly top: number;
  readonly cellWidth: number;
  readonly cellHeight: number;
  readonly width: number;
  readonly height: number;
}

const clamp = (value: number, low: number, high: number) => Math.max(low, Math.min(high, value));

/**
 * Cells as large as `available` allows, within readable bounds: few cells stop growing at a maximum size, many shrink
 * to a minimum width; beyond that the heatmap becomes wider than the page and scrolls.
 */
export function layoutOf(
  rows: number,
  columns: number,
  available: number,
  gutter: { readonly left: number; readonly top: number; readonly right: number },
  square = false,
  dense = false,
): Layout {
  const room = Math.max(1, available - gutter.left - gutter.right);
  if (square) {
    const cell = clamp(room, 120, 420) / Math.max(1, rows, columns);
    return finish(rows, columns, cell, cell, gutter);
  }
  const narrowest = columns <= 128 && !dense ? 13 : dense ? 2 : 3;
  const widest = columns <= 12 ? 56 : 34;
  const cellWidth = clamp(room / Math.max(1, columns), narrowest, widest);
  const cellHeight = rows <= 12 ? clamp(cellWidth, 22, 30) : rows <= 64 ? 16 : rows <= 128 ? 13 : 4;
  return finish(rows, columns, cellWidth, cellHeight, gutter);
}

function finish(
  rows: number,
  columns: number,
  cellWidth: number,
  cellHeight: number,
  gutter: { readonly left: number; readonly top: number; readonly right: number },
): Layout {
  const width = Math.ceil(gutter.left + columns * cellWidth + gutter.right);
  const height = Math.ceil(gutter.top + rows * cellHeight + 1);
  return { rows, columns, left: gutter.left, top: gutter.top, cellWidth, cellHeight, width, height };
}

export interface Cell {
  readonly row: number;
  readonly column: number;
}

/** The cell under a point, if there is one. */
export function cellAt(
  { rows, columns, left, top, cellWidth, cellHeight }: Layout,
  x: number,
  y: number,
): Cell | undefined {
  const column = Math.floor((x - left) / cellWidth);
  const row = Math.floor((y - top) / cellHeight);
  return column >= 0 && column < columns && row >= 0 && row < rows ? { row, column } : undefined;
}

/** The cell that a key moves to from `cell`; undefined for other keys. */
export function moved(
  { rows, columns }: Pick<Layout, 'rows' | 'columns'>,
  { row, column }: Cell,
  key: string,
): Cell | undefined {
  const steps: Readonly<Record<string, readonly [number, number]>> = {
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    PageUp: [-10, 0],
    PageDown: [10, 0],
    Home: [0, -columns],
    End: [0, columns],
  };
  const step = steps[key];
  if (!step) return undefined;
  return { row: clamp(row + step[0], 0, rows - 1), column: clamp(column + step[1], 0, columns - 1) };
}

/** The label interval that avoids overlaps: 1, 2, 5, 10, 20, … */
export function labelStride(pitch: number, needed: number): number {
  for (let decade = 1; ; decade *= 10)
    for (const step of [1, 2, 5]) if (step * decade * pitch >= needed) return step * decade;
}

/** The cells with the largest magnitudes, largest first; missing numbers are left out. */
export function largest(
  values: Float32Array,
  columns: number,
  most: number,
): { readonly cell: Cell; readonly value: number }[] {
  const size = (i: number) => Math.abs(values[i] ?? 0);
  const order = Array.from(values.keys())
    .filter((i) => Number.isFinite(values[i]))
    .sort((a, b) => size(b) - size(a));
  return order
    .slice(0, most)
    .map((i) => ({ cell: { row: Math.floor(i / columns), column: i % columns }, value: values[i] ?? 0 }));
}
