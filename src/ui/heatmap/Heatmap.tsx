// A matrix as coloured cells on a canvas, with a cursor to read values off, and a table of the largest.
import { type KeyboardEvent, type PointerEvent, useEffect, useId, useMemo, useRef, useState } from 'react';
import type { Grid } from '../../analysis/memory-attention.ts';
import { canvasFont, colours, paint, pointOn, useTheme, useWidth } from '../canvas.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import tables from '../styles/tables.module.css';
import { drawCells } from './cells.ts';
import { type Cell, cellAt, type Layout, labelStride, largest, layoutOf, moved } from './geometry.ts';
import css from './Heatmap.module.css';
import { type Palette, paletteOf, rampOf } from './palette.ts';

/** Rows or columns [from, to). */
export interface Stretch {
  readonly label: string;
  readonly from: number;
  readonly to: number;
}

interface HeatmapProps {
  /** What it shows, for screen readers. */
  readonly label: string;
  readonly grid: Grid;
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  readonly rowAxis: string;
  readonly columnAxis: string;
  readonly low: number;
  readonly high: number;
  readonly format: (value: number) => string;
  /** The value of a cell in words. */
  readonly describe: (cell: Cell, value: string) => string;
  readonly square?: boolean;
  /** For values of both signs: a diverging palette, with `low` = −`high`. */
  readonly palette?: Palette;
  /** Narrow columns, so that hundreds fit without scrolling. */
  readonly dense?: boolean;
  /** What the value of a cell is called in the table. */
  readonly quantity?: string;
  /** Named ranges of rows and columns, labelled instead of each row and column. */
  readonly blocks?: { readonly rows: readonly Stretch[]; readonly columns: readonly Stretch[] };
  readonly largestTitle: string;
  /** Called when a cell is clicked, or Enter pressed on it. */
  readonly onPick?: (cell: Cell) => void;
}

const fontSize = 11;
const longest = 84;

/** The width of the widest label in pixels, estimated without a canvas. */
const widthOf = (labels: readonly string[]) =>
  Math.min(longest, labels.reduce((most, { length }) => Math.max(most, length), 0) * fontSize * 0.62 + 6);

export function Heatmap(props: HeatmapProps) {
  const { label, grid, rowLabels, columnLabels, rowAxis, columnAxis, low, high, format, describe, square, onPick } =
    props;
  const { blocks, palette = 'sequential', dense = false, quantity = 'Weight' } = props;
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  const [wanted, setCursor] = useState<Cell | undefined>();
  const readout = useId();
  const { rows, columns, values } = grid;
  const cursor = wanted && wanted.row < rows && wanted.column < columns ? wanted : undefined;
  const slanted = !square || blocks !== undefined;
  const named = blocks
    ? { rows: blocks.rows.map((block) => block.label), columns: blocks.columns.map((block) => block.label) }
    : { rows: rowLabels, columns: columnLabels };
  const top = slanted ? Math.max(24, widthOf(named.columns) * 0.87 + 12) : 20;
  const layout = layoutOf(
    rows,
    columns,
    width,
    { left: widthOf(named.rows) + 8, top, right: slanted ? Math.max(10, widthOf(named.columns) * 0.5) : 8 },
    square,
    dense,
  );

  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0 || !theme) return;
    paint(element, layout.width, layout.height, (context) => {
      const colour = colours(element);
      drawCells(context, layout, values, low, high, paletteOf(palette, colour('panel')));
      context.fillStyle = colour('ink-soft');
      context.font = canvasFont(fontSize);
      if (blocks) drawBlocks(context, layout, blocks);
      else drawLabels(context, layout, rowLabels, columnLabels, slanted);
      if (cursor) drawCursor(context, layout, cursor);
    });
  });

  const valueAt = ({ row, column }: Cell) => values[row * columns + column] ?? Number.NaN;
  const point = (event: PointerEvent) => {
    const { x, y } = pointOn(event.currentTarget, event);
    return cellAt(layout, x, y);
  };
  const press = (event: KeyboardEvent) => {
    const next = moved(layout, cursor ?? { row: 0, column: 0 }, event.key);
    if (next) setCursor(cursor ? next : { row: 0, column: 0 });
    else if (event.key === 'Enter' && cursor) onPick?.(cursor);
    else return;
    event.preventDefault();
  };
  const isSymmetric = square && !blocks;
  const top12 = useMemo(() => (isSymmetric ? [] : largest(values, columns, 12)), [values, columns, isSymmetric]);

  return (
    <div className={css.heatmap}>
      <p className={css.axes}>
        <span>
          Rows: {rowAxis} · columns: {columnAxis}
        </span>
        <span className={css.scale}>
          {format(low)}
          <span className={css.ramp} style={{ background: rampOf(palette) }} />
          {format(high)}
        </span>
      </p>
      <div
        ref={box}
        className={css.scroll}
        role="application"
        aria-roledescription="heatmap"
        // biome-ignore lint/a11y/noNoninteractiveTabindex: the arrow keys move a cursor in it
        tabIndex={0}
        aria-label={`${label}. Move with the arrow keys.`}
        aria-describedby={readout}
        onKeyDown={press}
        onBlur={() => setCursor(undefined)}
      >
        <canvas
          ref={canvas}
          onPointerMove={(event) => setCursor(point(event))}
          onPointerLeave={() => setCursor(undefined)}
          onPointerDown={(event) => {
            const cell = point(event);
            if (cell) onPick?.(cell);
          }}
        />
      </div>
      <output id={readout} className={css.readout} aria-live="polite">
        {cursor
          ? describe(cursor, format(valueAt(cursor)))
          : 'Point at a cell, or use the arrow keys, to read its value.'}
      </output>
      {top12.length > 0 && (
        <details open={!blocks && !dense}>
          <summary>{props.largestTitle}</summary>
          <TableScroll label={props.largestTitle.replace(' as a table', '')}>
            <table>
              <thead>
                <tr>
                  <th scope="col">{rowAxis}</th>
                  <th scope="col">{columnAxis}</th>
                  <NumberHead>{quantity}</NumberHead>
                </tr>
              </thead>
              <tbody>
                {top12.map(({ cell, value }) => (
                  <tr key={`${cell.row} ${cell.column}`}>
                    <td>{rowLabels[cell.row]}</td>
                    <td>{columnLabels[cell.column]}</td>
                    <td className={tables.number}>{format(value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableScroll>
        </details>
      )}
    </div>
  );
}

function shortened(context: CanvasRenderingContext2D, text: string): string {
  if (context.measureText(text).width <= longest) return text;
  let cut = text;
  while (cut.length > 1 && context.measureText(`${cut}…`).width > longest) cut = cut.slice(0, -1);
  return `${cut}…`;
}

function drawLabels(
  context: CanvasRenderingContext2D,
  layout: Layout,
  rowLabels: readonly string[],
  columnLabels: readonly string[],
  slanted: boolean,
): void {
  const { rows, columns, left, top, cellWidth, cellHeight } = layout;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  const everyRow = labelStride(cellHeight, slanted ? fontSize + 1 : 2 * fontSize);
  for (let r = 0; r < rows; r += everyRow)
    context.fillText(shortened(context, rowLabels[r] ?? ''), left - 6, top + (r + 0.5) * cellHeight);
  const widest = columnLabels.reduce((most, text) => Math.max(most, context.measureText(text).width), 0);
  const everyColumn = labelStride(cellWidth, slanted ? fontSize + 1 : widest + 8);
  for (let c = 0; c < columns; c += everyColumn) {
    const x = left + (c + 0.5) * cellWidth;
    const text = shortened(context, columnLabels[c] ?? '');
    if (!slanted) {
      context.textAlign = 'center';
      context.fillText(text, x, top - 9);
      continue;
    }
    context.save();
    context.translate(x, top - 5);
    context.rotate(-Math.PI / 3);
    context.textAlign = 'left';
    context.fillText(text, 0, 0);
    context.restore();
  }
}

/** Lines between the ranges, light on dark so that they are visible on every colour, and the names of the ranges. */
function drawBlocks(
  context: CanvasRenderingContext2D,
  { left, top, cellWidth, cellHeight, rows, columns }: Layout,
  blocks: NonNullable<HeatmapProps['blocks']>,
): void {
  const ink = context.fillStyle;
  const [right, bottom] = [left + columns * cellWidth, top + rows * cellHeight];
  for (const [style, wide] of [
    ['rgb(0 0 0 / 60%)', 3],
    ['rgb(255 255 255 / 90%)', 1],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = wide;
    context.beginPath();
    for (const { from } of blocks.rows.slice(1)) {
      context.moveTo(left, top + from * cellHeight);
      context.lineTo(right, top + from * cellHeight);
    }
    for (const { from } of blocks.columns.slice(1)) {
      context.moveTo(left + from * cellWidth, top);
      context.lineTo(left + from * cellWidth, bottom);
    }
    context.stroke();
  }
  context.fillStyle = ink;
  context.textBaseline = 'middle';
  context.textAlign = 'right';
  // A name that would touch the previous one is shifted as far as needed.
  let free = Number.NEGATIVE_INFINITY;
  for (const { label, from, to } of blocks.rows) {
    const y = Math.max(top + ((from + to) / 2) * cellHeight, free);
    context.fillText(label, left - 6, y);
    free = y + fontSize + 1;
  }
  context.textAlign = 'left';
  free = Number.NEGATIVE_INFINITY;
  for (const { label, from, to } of blocks.columns) {
    const x = Math.max(left + ((from + to) / 2) * cellWidth, free);
    context.save();
    context.translate(x, top - 5);
    context.rotate(-Math.PI / 3);
    context.fillText(label, 0, 0);
    context.restore();
    free = x + fontSize + 2;
  }
}

/** Black around white, visible on every colour of the map. */
function drawCursor(context: CanvasRenderingContext2D, layout: Layout, { row, column }: Cell): void {
  const { left, top, cellWidth, cellHeight } = layout;
  const [x, y] = [left + column * cellWidth, top + row * cellHeight];
  const [w, h] = [Math.max(5, cellWidth), Math.max(5, cellHeight)];
  for (const [style, line] of [
    ['#000', 4],
    ['#fff', 2],
  ] as const) {
    context.strokeStyle = style;
    context.lineWidth = line;
    context.strokeRect(x + (cellWidth - w) / 2, y + (cellHeight - h) / 2, w, h);
  }
}
