// The whole document on one canvas: every segment, its marks, and the probability curves below.
import { type KeyboardEvent, type PointerEvent, useEffect, useRef } from 'react';
import { envelope } from '../../analysis/series.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { chanceOf } from '../../tasks/measures.ts';
import type { Mark } from '../../tasks/task.ts';
import { canvasFont, colours, paint, useTheme, useWidth } from '../canvas.ts';
import { integer } from '../format.ts';
import { labelStride } from '../heatmap/geometry.ts';
import { changeNames } from './change-words.ts';
import { namesOf } from './operations.ts';
import css from './Timeline.module.css';

interface TimelineProps {
  readonly log: StreamLog;
  readonly seen: number;
  readonly current: number;
  onJump(segment: number): void;
}

const height = 206;
const strip = { top: 26, height: 22 };
/** The row with the memory operation of each segment. */
const operationRow = { top: 50, height: 13 };
const plot = { top: 98, height: 94 };
const side = 30;

export function Timeline({ log, seen, current, onJump }: TimelineProps) {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = useTheme();
  useEffect(() => {
    const element = canvas.current;
    if (!element || width === 0 || !theme) return;
    paint(element, width, height, (context) => draw(context, colours(element), log, seen, current, width));
  });
  const point = (event: PointerEvent) => {
    const frame = event.currentTarget.getBoundingClientRect();
    const share = (event.clientX - frame.left - side) / (width - 2 * side);
    onJump(Math.floor(share * log.total));
  };
  const press = (event: KeyboardEvent) => {
    const marked = log.marked.map(({ index }) => index);
    const targets: Readonly<Record<string, number | undefined>> = {
      ArrowLeft: current - 1,
      ArrowDown: current - 1,
      ArrowRight: current + 1,
      ArrowUp: current + 1,
      PageDown: marked.find((index) => index > current) ?? seen - 1,
      PageUp: marked.findLast((index) => index < current) ?? 0,
      Home: 0,
      End: seen - 1,
    };
    const target = targets[event.key];
    if (target === undefined) return;
    event.preventDefault();
    onJump(target);
  };
  const shown = log.segments[current];
  const kinds = [
    ...(shown?.marks.map(({ kind }) => kind) ?? []),
    ...(shown?.decision ? [namesOf(shown.decision)] : []),
    ...(shown?.interventions.map(({ kind }) => changeNames[kind]) ?? []),
  ].join(', ');
  return (
    <div
      ref={box}
      className={css.timeline}
      role="slider"
      tabIndex={0}
      aria-label="Current segment. Arrow keys move by one, Page Up and Page Down to the next marked segment."
      aria-valuemin={1}
      aria-valuemax={Math.max(1, seen)}
      aria-valuenow={current + 1}
      aria-valuetext={`segment ${current + 1} of ${log.total}${kinds ? `, ${kinds}` : ''}`}
      onKeyDown={press}
    >
      <canvas
        ref={canvas}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          point(event);
        }}
        onPointerMove={(event) => event.buttons > 0 && point(event)}
      />
    </div>
  );
}

function draw(
  context: CanvasRenderingContext2D,
  colour: (name: string) => string,
  log: StreamLog,
  seen: number,
  current: number,
  width: number,
): void {
  const { total } = log;
  const room = width - 2 * side;
  const cell = room / total;
  const x = (segment: number) => side + segment * cell;
  const gap = cell > 6 ? 2 : cell > 3 ? 1 : 0;

  // The strip: unread segments first, then those read.
  context.fillStyle = colour('line');
  if (gap === 0) context.fillRect(side, strip.top, room, strip.height);
  else for (let i = seen; i < total; i++) context.fillRect(x(i), strip.top, cell - gap, strip.height);
  context.fillStyle = colour('film');
  if (gap === 0) context.fillRect(side, strip.top, x(seen) - side, strip.height);
  else for (let i = 0; i < seen; i++) context.fillRect(x(i), strip.top, cell - gap, strip.height);

  // Marks: a triangle for a fact, a diamond for the question, a disc for the answer, labelled where there is room.
  context.font = canvasFont(11, 600);
  context.textBaseline = 'middle';
  const taken: [number, number][] = [];
  for (const { index, kinds } of log.marked) {
    const middle = x(index) + (cell - gap) / 2;
    const kind = kinds.includes('question') ? 'question' : kinds.includes('fact') ? 'fact' : 'answer';
    context.fillStyle = colour(kind);
    context.fillRect(Math.min(x(index), middle - 1.5), strip.top, Math.max(3, cell - gap), strip.height);
    if (cell > 12 || total <= 128 || kind === 'question') drawShape(context, kind, middle, 17);
    const text = kinds.join(' + ');
    const wide = context.measureText(text).width;
    const start = middle + 8 + wide < width ? middle + 8 : middle - 8 - wide;
    if (taken.some(([from, to]) => start - 12 < to && start + wide + 12 > from)) continue;
    taken.push([start, start + wide]);
    context.textAlign = 'left';
    context.fillText(text, start, 14);
  }

  drawOperations(context, colour, log, seen, x, cell, gap);

  // Segment numbers.
  context.font = canvasFont(11);
  context.fillStyle = colour('ink-soft');
  context.textAlign = 'center';
  const every = labelStride(cell, 46);
  const numbers = operationRow.top + operationRow.height + 11;
  context.fillText('1', x(0) + cell / 2, numbers);
  for (let i = every; i <= total; i += every)
    if (i > 1 && (i - 1) * cell > 24) context.fillText(integer(i), x(i - 0.5), numbers);

  // The two curves.
  const y = (share: number) => plot.top + (1 - share) * plot.height;
  const chance = chanceOf(log.model.task ?? '', {});
  context.strokeStyle = colour('line');
  context.lineWidth = 1;
  context.textAlign = 'right';
  for (const share of [0, 0.5, 1]) {
    context.beginPath();
    context.moveTo(side, Math.round(y(share)) + 0.5);
    context.lineTo(width - side, Math.round(y(share)) + 0.5);
    context.stroke();
    context.fillText(String(share), side - 6, y(share));
  }
  if (chance !== undefined && log.measure === 'classes') {
    context.setLineDash([2, 3]);
    context.strokeStyle = colour('ink-soft');
    context.beginPath();
    context.moveTo(side, y(chance));
    context.lineTo(width - side, y(chance));
    context.stroke();
    context.setLineDash([]);
  }
  context.textAlign = 'left';

  const sure = envelope(log.expectedProbability, seen, room);
  if (sure.length > 0) {
    context.beginPath();
    context.moveTo(x((sure[0]?.index ?? 0) + 0.5), y(0));
    for (const { index, high } of sure) context.lineTo(x(index + 0.5), y(high));
    context.lineTo(x((sure.at(-1)?.index ?? 0) + 0.5), y(0));
    context.globalAlpha = 0.18;
    context.fillStyle = colour('accent');
    context.fill();
    context.globalAlpha = 1;
    trace(context, sure, x, y, colour('accent'), 2);
  }
  context.setLineDash([5, 4]);
  trace(context, envelope(log.reading, seen, room), x, y, colour('second'), 1.5);
  context.setLineDash([]);

  if (log.changed.length > 0) {
    // A double line, to be distinguishable without colour.
    const untouched = envelope(log.untouchedProbability, seen, room);
    trace(context, untouched, x, y, colour('ink'), 3.5);
    trace(context, untouched, x, y, colour('panel'), 1.5);
    drawChanges(context, colour, log, x);
  }

  // The current segment.
  if (seen > 0) {
    const wide = Math.max(4, cell - gap);
    const middle = x(current) + (cell - gap) / 2;
    context.strokeStyle = colour('ink');
    context.lineWidth = 2;
    context.strokeRect(middle - wide / 2 - 1.5, strip.top - 2.5, wide + 3, strip.height + 5);
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(Math.round(middle) + 0.5, plot.top - 4);
    context.lineTo(Math.round(middle) + 0.5, plot.top + plot.height);
    context.stroke();
  }
}

/** The memory operation of each segment: an arrow down for write, up for read, a line for hold. */
function drawOperations(
  context: CanvasRenderingContext2D,
  colour: (name: string) => string,
  log: StreamLog,
  seen: number,
  x: (segment: number) => number,
  cell: number,
  gap: number,
): void {
  const middle = operationRow.top + operationRow.height / 2;
  context.strokeStyle = colour('line-strong');
  context.lineWidth = 1;
  context.beginPath();
  const holds = (i: number) => i < seen && (log.segments[i]?.decision?.operations.includes('hold') ?? false);
  for (let i = 0; i < seen; i++) {
    if (!holds(i)) continue;
    const first = i;
    // If there is no gap between segments, one line covers all consecutive holding segments.
    while (gap === 0 && holds(i + 1)) i++;
    for (const line of cell > 6 ? [-1.5, 1.5] : [0]) {
      context.moveTo(x(first) + gap, middle + line);
      context.lineTo(x(i + 1) - 2 * gap, middle + line);
    }
  }
  context.stroke();
  for (let i = 0; i < seen; i++) {
    const operations = log.segments[i]?.decision?.operations ?? [];
    const both = operations.includes('write') && operations.includes('read');
    const at = x(i) + (cell - gap) / 2;
    if (operations.includes('write')) drawArrow(context, both ? at - 4 : at, colour('fact'), 1);
    if (operations.includes('read')) drawArrow(context, both ? at + 4 : at, colour('question'), -1);
  }
}

/** An arrow into the memory (1) or out of it (−1). */
function drawArrow(context: CanvasRenderingContext2D, x: number, style: string, direction: 1 | -1): void {
  const [tail, tip] =
    direction === 1
      ? [operationRow.top, operationRow.top + operationRow.height]
      : [operationRow.top + operationRow.height, operationRow.top];
  context.strokeStyle = style;
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, tail);
  context.lineTo(x, tip);
  context.moveTo(x - 3.5, tip - 4.5 * direction);
  context.lineTo(x, tip);
  context.lineTo(x + 3.5, tip - 4.5 * direction);
  context.stroke();
}

/** Where the memory was changed: between the segment that produced it and the next. */
function drawChanges(
  context: CanvasRenderingContext2D,
  colour: (name: string) => string,
  log: StreamLog,
  x: (segment: number) => number,
): void {
  context.strokeStyle = colour('bad');
  context.lineWidth = 1.5;
  context.setLineDash([3, 3]);
  context.beginPath();
  for (const index of log.changed) {
    context.moveTo(x(index + 1), strip.top - 4);
    context.lineTo(x(index + 1), plot.top + plot.height);
  }
  context.stroke();
  context.setLineDash([]);
  context.lineWidth = 2;
  for (const index of log.changed) {
    const [at, middle] = [x(index + 1), plot.top - 6];
    context.fillStyle = colour('panel');
    context.fillRect(at - 6, middle - 6, 12, 12);
    context.beginPath();
    context.moveTo(at - 4, middle - 4);
    context.lineTo(at + 4, middle + 4);
    context.moveTo(at + 4, middle - 4);
    context.lineTo(at - 4, middle + 4);
    context.stroke();
  }
}

/** A line through ranges of low and high, which shows single spikes at any length. */
function trace(
  context: CanvasRenderingContext2D,
  stretches: readonly { readonly index: number; readonly low: number; readonly high: number }[],
  x: (segment: number) => number,
  y: (share: number) => number,
  style: string,
  line: number,
): void {
  context.strokeStyle = style;
  context.lineWidth = line;
  context.lineJoin = 'round';
  context.beginPath();
  stretches.forEach(({ index, low, high }, i) => {
    const at = x(index + 0.5);
    if (i === 0) context.moveTo(at, y(low));
    context.lineTo(at, y(low));
    if (high > low) context.lineTo(at, y(high));
  });
  context.stroke();
}

function drawShape(context: CanvasRenderingContext2D, kind: Mark['kind'], x: number, y: number): void {
  context.beginPath();
  if (kind === 'answer') context.arc(x, y, 4.5, 0, 2 * Math.PI);
  else if (kind === 'question') {
    context.moveTo(x, y - 6);
    context.lineTo(x + 5, y);
    context.lineTo(x, y + 6);
    context.lineTo(x - 5, y);
  } else {
    context.moveTo(x - 5.5, y - 5);
    context.lineTo(x + 5.5, y - 5);
    context.lineTo(x, y + 5);
  }
  context.fill();
}
