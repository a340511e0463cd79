// Draws the cells of a matrix as an image in the colours of a palette.
import type { Layout } from './geometry.ts';
import { viridisTable } from './viridis.ts';

/** One pixel per cell on a small canvas, scaled up without smoothing. */
export function drawCells(
  context: CanvasRenderingContext2D,
  layout: Omit<Layout, 'width' | 'height'>,
  values: Float32Array,
  low: number,
  high: number,
  table: Uint8ClampedArray = viridisTable,
): void {
  const { rows, columns, left, top, cellWidth, cellHeight } = layout;
  if (rows === 0 || columns === 0) return;
  const small = document.createElement('canvas');
  small.width = columns;
  small.height = rows;
  const pixels = new ImageData(columns, rows);
  const steps = table.length / 4 - 1;
  for (let i = 0; i < rows * columns; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const share = Math.max(0, Math.min(1, (value - low) / (high - low || 1)));
    const from = 4 * Math.round(share * steps);
    for (let k = 0; k < 4; k++) pixels.data[4 * i + k] = table[from + k] ?? 0;
  }
  small.getContext('2d')?.putImageData(pixels, 0, 0);
  context.imageSmoothingEnabled = false;
  context.drawImage(small, left, top, columns * cellWidth, rows * cellHeight);
}
