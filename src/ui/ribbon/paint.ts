// Draws the whole ribbon from a scene: threads, words, arcs, bands, segment numbers, and the answer at the end.
import { canvasFont } from '../canvas.ts';
import { integer, percent } from '../format.ts';
import { labelStride } from '../heatmap/geometry.ts';
import { blend, css, hueOf, rgbOf } from './colour.ts';
import { xOf } from './geometry.ts';
import { type Arcs, answerBox, paintArcs } from './paint-arcs.ts';
import { paintBandName, paintBands } from './paint-bands.ts';
import { paintContributions } from './paint-contributions.ts';
import { paintGradient } from './paint-gradient.ts';
import { paintChanges, paintHover, paintThreads } from './paint-threads.ts';
import { paintWords } from './paint-words.ts';
import { inView, type Scene } from './scene.ts';

export function paintRibbon(context: CanvasRenderingContext2D, scene: Scene, arcs: Arcs): void {
  const { geometry } = scene;
  paintCurrent(context, scene);
  paintThreads(context, scene);
  paintGradient(context, scene);
  paintArcs(context, scene, arcs);
  paintBands(context, scene);
  paintChanges(context, scene);
  paintAnswer(context, scene);
  if (geometry.size === 'brief') return;
  paintContributions(context, scene);
  paintWords(context, scene);
  paintNumbers(context, scene);
  paintBandName(context, scene);
  paintHover(context, scene);
}

/** The current segment as a light column behind everything. */
function paintCurrent(context: CanvasRenderingContext2D, { geometry, current, film, colour }: Scene): void {
  if (film.length === 0) return;
  const width = Math.max(2, geometry.cell);
  const x = xOf(geometry, current + 0.5) - width / 2;
  if (x + width < geometry.left || x > geometry.right) return;
  context.fillStyle = colour('band');
  const [top, bottom] =
    geometry.size === 'brief' ? [0, geometry.height] : [geometry.words.top - 6, geometry.height - 4];
  context.fillRect(x, top, width, bottom - top);
  context.fillStyle = colour('line-strong');
  if (width < 12) context.fillRect(x + width / 2 - 0.5, top, 1, bottom - top);
}

/** Segment numbers, and below the threads what each segment did. */
function paintNumbers(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, current, colour } = scene;
  const { cell, view, numbers } = geometry;
  const every = labelStride(cell, 44);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  const first = Math.max(1, Math.ceil(view.from));
  for (let n = first; n <= Math.min(film.total, view.to + 0.5); n++) {
    const isCurrent = n - 1 === current;
    const isLabelled = n % every === 0 || n === 1;
    const isNear = Math.abs(n - 1 - current) * cell < 40;
    if (!isCurrent && (!isLabelled || isNear)) continue;
    context.font = canvasFont(11, isCurrent ? 700 : 400);
    context.fillStyle = colour(isCurrent ? 'ink' : 'ink-soft');
    context.fillText(integer(n), Math.min(geometry.right - 8, xOf(geometry, n - 0.5)), numbers);
  }
  if (cell < 34) return;
  const [from, to] = inView(scene);
  context.font = canvasFont(12, 700);
  for (let i = from; i < to; i++) {
    const operations = film.log.segments[i]?.decision?.operations ?? [];
    const signs = operations.map((each) => ({ write: '↓', hold: '=', read: '↑' })[each]).join(' ');
    context.fillStyle = colour(
      operations.includes('write') ? 'fact' : operations.includes('read') ? 'question' : 'line-strong',
    );
    context.fillText(signs, xOf(geometry, i + 0.5) + 16, numbers);
  }
}

/** What the model would answer now; at the end, its answer. */
function paintAnswer(context: CanvasRenderingContext2D, scene: Scene): void {
  const { film, geometry, playback, colour } = scene;
  const at = Math.min(film.length, Math.floor(playback.head + 0.45)) - 1;
  if (at < 0) return;
  const { log, answers } = film;
  const best = film.best[at] ?? -1;
  if (best < 0) return;
  const name = answers[best] ?? '';
  const p = answers.length > 0 ? (log.segments[at]?.probabilities[best] ?? 0) : (film.certainty[at] ?? 0);
  const lit = playback.ending;
  const { x, y, width, height } = answerBox(scene);
  const isBrief = geometry.size === 'brief';
  const tall = isBrief ? 30 : height;
  const tone = film.toneAfter(at, rgbOf(colour('undecided')));
  const fill = css(blend(rgbOf(colour('panel')), answers.length > 0 ? hueOf(best) : tone, 0.12 + 0.2 * lit));
  context.fillStyle = fill;
  context.fillRect(x, y - tall / 2, width, tall);
  context.fillStyle = css(tone);
  context.fillRect(x, y - tall / 2, 3 + 2 * lit, tall);
  context.fillStyle = colour('ink');
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  const isNarrow = width < 80;
  const font = (size: number, weight: number) => {
    context.font = canvasFont(size, weight);
  };
  font(isNarrow || isBrief ? 12 : 15, 650);
  const inset = x + 9 + lit;
  if (isBrief) {
    context.fillText(name || percent(p), inset, y);
    return;
  }
  context.fillText(name || `right ${log.token}s`, inset, y - 8, width - 12);
  font(12, 400);
  context.fillStyle = colour('ink-soft');
  context.fillText(percent(p), inset, y + 12, width - 12);
  if (isNarrow) return;
  font(11, 400);
  context.fillText(lit > 0 ? 'its answer' : 'if asked now', x, y - tall / 2 - 10);
}
