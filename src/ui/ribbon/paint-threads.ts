// Draws the threads of memory, what was done to them, and beside them the run without interventions.
import type { Intervention } from '../../protocol/index.ts';
import { canvasFont } from '../canvas.ts';
import { columnsOf, runsOf } from './columns.ts';
import { laneOf, xOf } from './geometry.ts';
import { inView, type Scene, undecidedOf } from './scene.ts';

const signs: Readonly<Record<Intervention['kind'], string>> = { zero: '✕', freeze: '❄', shuffle: '⇅', swap: '⇄' };

export function paintThreads(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, playback } = scene;
  const { x, colours, half } = columnsOf(film, geometry, playback.head, undecidedOf(scene));
  const { threads } = film;
  const count = x.length;
  const { top, bottom } = geometry.threads;
  for (const [from, to] of runsOf(colours)) {
    context.fillStyle = colours[from] ?? '';
    // The river that the threads run in.
    const [left, right] = [x[from] ?? 0, x[Math.min(count - 1, to)] ?? 0];
    context.globalAlpha = 0.13;
    context.fillRect(left, top, right - left, bottom - top);
    context.globalAlpha = 1;
    context.beginPath();
    for (let t = 0; t < threads; t++) {
      const y = laneOf(geometry, t, threads);
      // One column more, so that no seam shows.
      const last = Math.min(count - 1, to);
      const size = (c: number) => half[t * count + c] ?? 0;
      context.moveTo(x[from] ?? 0, y - size(from));
      for (let c = from + 1; c <= last; c++) context.lineTo(x[c] ?? 0, y - size(c));
      for (let c = last; c >= from; c--) context.lineTo(x[c] ?? 0, y + size(c));
      context.closePath();
    }
    context.fill();
  }
  paintUnread(context, scene);
  if (film.isNamed && geometry.size === 'full') paintNames(context, scene);
  if (film.hasGhost) paintGhost(context, scene);
}

/** Whom each thread holds, before its beginning. */
function paintNames(context: CanvasRenderingContext2D, { film, geometry, colour }: Scene): void {
  context.font = canvasFont(11);
  context.fillStyle = colour('ink-soft');
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  const room = geometry.left - 8;
  for (let t = 0; t < film.threads; t++)
    context.fillText(film.nameOf(t), geometry.left - 6, laneOf(geometry, t, film.threads), room);
}

/** Where memory has not been yet. */
function paintUnread(context: CanvasRenderingContext2D, { film, geometry, playback, colour }: Scene): void {
  const from = Math.max(geometry.left, xOf(geometry, Math.min(playback.head, film.length)));
  const to = Math.min(geometry.right, xOf(geometry, film.total));
  if (to - from < 4) return;
  context.strokeStyle = colour('line');
  context.lineWidth = 1;
  context.setLineDash([2, 5]);
  context.beginPath();
  for (let t = 0; t < film.threads; t++) {
    const y = laneOf(geometry, t, film.threads);
    context.moveTo(from + 4, y);
    context.lineTo(to, y);
  }
  context.stroke();
  context.setLineDash([]);
}

/** The same memory without interventions: one thin line below the threads. */
function paintGhost(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, playback } = scene;
  const start = film.log.changed[0] ?? 0;
  const y = geometry.threads.bottom + 3;
  const { x, colours } = columnsOf(film, geometry, playback.head, undecidedOf(scene), true);
  for (const [from, to] of runsOf(colours)) {
    const left = Math.max(x[from] ?? 0, xOf(geometry, start + 1));
    const right = (x[Math.min(x.length - 1, to)] ?? 0) + 0.5;
    if (right <= left) continue;
    context.fillStyle = colours[from] ?? '';
    context.fillRect(left, y, right - left, geometry.size === 'full' ? 4 : 2);
  }
}

/** Where memory was changed: the threads are cut, and a sign says how. */
export function paintChanges(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, colour } = scene;
  const [from, to] = inView(scene);
  const { threads } = geometry;
  for (const index of film.log.changed) {
    if (index < from - 1 || index >= to) continue;
    const x = xOf(geometry, index + 1);
    for (const change of film.log.segments[index]?.interventions ?? []) {
      const lanes = change.tokens?.map((token) => film.threadOf(token));
      const [top, bottom] = lanes
        ? [
            laneOf(geometry, Math.min(...lanes), film.threads) - 8,
            laneOf(geometry, Math.max(...lanes), film.threads) + 8,
          ]
        : [threads.top - 4, threads.bottom + 1];
      context.fillStyle = colour('panel');
      context.fillRect(x - 4, top, 8, bottom - top);
      context.strokeStyle = colour('bad');
      context.lineWidth = 1.5;
      context.setLineDash([3, 3]);
      context.beginPath();
      context.moveTo(x, top);
      context.lineTo(x, bottom);
      context.stroke();
      context.setLineDash([]);
      if (geometry.size === 'brief') continue;
      context.fillStyle = colour('panel');
      context.fillRect(x - 9, top - 18, 18, 18);
      context.fillStyle = colour('bad');
      context.font = canvasFont(14, 700);
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText(signs[change.kind], x, top - 9);
    }
  }
}

/** The gap, or one thread in it, that a press would change. */
export function paintHover(context: CanvasRenderingContext2D, { film, geometry, hover, colour }: Scene): void {
  if (!hover) return;
  const x = xOf(geometry, hover.gap + 1);
  const { top, bottom } = geometry.threads;
  const lane = hover.thread === undefined ? undefined : laneOf(geometry, hover.thread, film.threads);
  context.strokeStyle = colour('ink');
  context.lineWidth = 2;
  context.beginPath();
  context.moveTo(x, lane === undefined ? top - 6 : lane - 9);
  context.lineTo(x, lane === undefined ? bottom + 6 : lane + 9);
  context.stroke();
  context.fillStyle = colour('ink');
  context.font = canvasFont(15);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.fillText('✂', x, top - 14);
}
