// Draws the probability of every answer after each segment as stacked bands: a wrong belief is seen, not only the best.
import { canvasFont } from '../canvas.ts';
import { css, hueOf } from './colour.ts';
import { pointAt, xOf } from './geometry.ts';
import type { Scene } from './scene.ts';

const step = 2;
/** Columns that differ less than this are drawn as one. */
const same = 0.004;

export function paintBands(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, playback, colour } = scene;
  const { bands } = geometry;
  const height = bands.bottom - bands.top;
  const from = xOf(geometry, Math.max(0, geometry.view.from));
  const to = Math.min(geometry.right, xOf(geometry, Math.min(Math.floor(playback.head + 0.5), film.length)));
  const { segments, expectedProbability } = film.log;
  const answers = film.answers.length;
  const sharesAt = (x: number): readonly number[] => {
    const index = Math.max(0, Math.min(film.length - 1, Math.floor(pointAt(geometry, x))));
    if (answers > 0) return Array.from(segments[index]?.probabilities ?? []);
    return [expectedProbability[index] || 0];
  };
  context.fillStyle = colour('band');
  context.fillRect(geometry.left, bands.top, geometry.right - geometry.left, height);
  let start = from;
  let shares = to > from ? sharesAt(from) : [];
  const put = (end: number) => {
    let y = bands.bottom;
    shares.forEach((share, answer) => {
      const high = share * height;
      if (high >= 0.25) {
        context.fillStyle = css(hueOf(answer));
        context.fillRect(start, y - high, end - start + 0.3, high);
      }
      y -= high;
    });
    start = end;
  };
  for (let x = from + step; x < to; x += step) {
    const next = sharesAt(x);
    if (next.every((share, i) => Math.abs(share - (shares[i] ?? 0)) < same)) continue;
    put(x);
    shares = next;
  }
  if (to > from) put(to);
  if (film.hasGhost) paintUntouched(context, scene);
}

/** The probability of the right answer without interventions: a double line, distinguishable without colour. */
function paintUntouched(context: CanvasRenderingContext2D, { film, geometry, playback, colour }: Scene): void {
  const { bands } = geometry;
  const { untouchedProbability } = film.log;
  const from = xOf(geometry, Math.max(geometry.view.from, (film.log.changed[0] ?? 0) + 1));
  const to = Math.min(geometry.right, xOf(geometry, Math.min(playback.head, film.length)));
  for (const [width, name] of [
    [3.5, 'ink'],
    [1.5, 'panel'],
  ] as const) {
    context.strokeStyle = colour(name);
    context.lineWidth = width;
    context.beginPath();
    let isDown = false;
    for (let x = from; x < to; x += step) {
      const p = untouchedProbability[Math.floor(pointAt(geometry, x))] ?? Number.NaN;
      if (!Number.isFinite(p)) continue;
      const y = bands.bottom - 2 - p * (bands.bottom - bands.top - 4);
      if (isDown) context.lineTo(x, y);
      else context.moveTo(x, y);
      isDown = true;
    }
    context.stroke();
  }
}

/** What the bands are, beside them. */
export function paintBandName(context: CanvasRenderingContext2D, { film, geometry, colour }: Scene): void {
  context.font = canvasFont(11);
  context.fillStyle = colour('ink-soft');
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const { bands } = geometry;
  const lines = ['probability of', film.answers.length > 0 ? 'every answer' : `right ${film.log.token}s`];
  lines.forEach((line, i) => {
    context.fillText(line, geometry.right + 10, (bands.top + bands.bottom) / 2 + (i - (lines.length - 1) / 2) * 14);
  });
}
