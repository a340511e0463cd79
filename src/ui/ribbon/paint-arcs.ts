// Draws the arcs: from words down into the threads where a segment writes, and up out of them where one answers.
import { css, hueOf } from './colour.ts';
import { laneOf, xOf } from './geometry.ts';
import { type Link, readLinks, writeLinks } from './links.ts';
import { wordsOf } from './paint-words.ts';
import { inView, type Scene, toneOf } from './scene.ts';

/** Strongest just when the head has passed the middle of the segment. */
const flash = (since: number) => (since < 0 ? 0 : Math.exp(-since * 2.2));

export function paintArcs(context: CanvasRenderingContext2D, scene: Scene, caches: Arcs): void {
  if (scene.geometry.size === 'brief') return;
  const { film, current, playback } = scene;
  const [from, to] = inView(scene);
  // Where contributions are shown, their gradient is in the place of these arcs.
  for (let i = film.contributions ? to : from; i < to; i++) {
    const operations = film.log.segments[i]?.decision?.operations;
    const isMarked = (film.log.segments[i]?.marks.length ?? 0) > 0;
    const isLookedAt = scene.geometry.detail === 'text' && (i === current || isMarked);
    if (!operations?.includes('write') && !isLookedAt) continue;
    const since = playback.head - i - 0.5;
    if (since < 0 || scene.geometry.cell < 3) continue;
    const strength = operations?.includes('write') ? 1 : 0.35;
    paintWrites(context, scene, i, caches.writes(scene, i), strength, flash(since));
  }
  paintReads(context, scene, caches);
}

/** The links of each segment, computed once while they are shown. */
export class Arcs {
  private readonly written = new Map<number, readonly Link[]>();
  private readonly read = new Map<number, Float32Array | undefined>();

  writes({ film }: Scene, index: number): readonly Link[] {
    const known = this.written.get(index) ?? writeLinks(film.log, index);
    this.written.set(index, known);
    return known;
  }

  reads({ film }: Scene, index: number): Float32Array | undefined {
    if (!this.read.has(index)) this.read.set(index, readLinks(film.log, index));
    return this.read.get(index);
  }
}

function paintWrites(
  context: CanvasRenderingContext2D,
  scene: Scene,
  index: number,
  links: readonly Link[],
  strength: number,
  pulse: number,
): void {
  const { film, geometry } = scene;
  const { cell, detail, words } = geometry;
  const placed = detail === 'text' ? wordsOf(context, film.log, geometry, index) : [];
  const largest = links[0]?.weight ?? 1;
  const middle = xOf(geometry, index + 0.5);
  context.strokeStyle = toneOf(scene, index);
  for (const { word, token, weight } of links) {
    const share = weight / largest;
    const at = placed.find((each) => each.word === word);
    // A word left out for lack of space has no arc.
    if (detail === 'text' && !at) continue;
    // From below the stack, so that no arc crosses another word; a line under the word says which one it is.
    const [x, y] = [at ? at.x + at.width / 2 : middle, words.bottom + 3];
    const thread = film.threadOf(token);
    const lane = laneOf(geometry, thread, film.threads);
    // Within the segment, so that arcs to different threads stay apart.
    const end = middle + (thread / Math.max(1, film.threads - 1) - 0.5) * Math.min(0.3 * cell, 36);
    context.globalAlpha = Math.min(0.9, strength * (0.1 + 0.38 * share) + 0.6 * pulse * share);
    context.lineWidth = (0.7 + 1.6 * share) * (1 + 0.9 * pulse * strength);
    context.beginPath();
    if (at) {
      context.moveTo(at.x, at.y + 8);
      context.lineTo(at.x + at.width, at.y + 8);
    }
    context.moveTo(x, y);
    context.bezierCurveTo(x, y + 0.55 * (lane - y), end, lane - 0.6 * (lane - words.bottom), end, lane);
    context.stroke();
  }
  context.globalAlpha = 1;
}

/** Reading: from the threads to the answer words of a text, or at the end to the answer. */
function paintReads(context: CanvasRenderingContext2D, scene: Scene, caches: Arcs): void {
  const { film, geometry, playback } = scene;
  const { log } = film;
  const [from, to] = inView(scene);
  context.lineCap = 'round';
  if (log.model.answers === 'class') {
    const last = log.total - 1;
    if (playback.ending === 0 || geometry.view.to < log.total) return;
    const weights = caches.reads(scene, last);
    context.strokeStyle = toneOf(scene, last);
    const start = geometry.right;
    const reach = playback.ending;
    const middle = (geometry.threads.top + geometry.threads.bottom) / 2;
    for (let t = 0; t < film.threads; t++) {
      const y = laneOf(geometry, t, film.threads);
      const target = answerBox(scene);
      const end = start + (target.x - start) * reach;
      context.globalAlpha = 0.75;
      context.lineWidth = 1 + 22 * threadShare(film, weights, t);
      context.beginPath();
      context.moveTo(start - 1, y);
      context.bezierCurveTo(
        start + 0.6 * (end - start),
        y,
        start + 0.5 * (end - start),
        middle,
        end,
        y + (middle - y) * reach,
      );
      context.stroke();
    }
    context.globalAlpha = 1;
    context.lineCap = 'butt';
    return;
  }
  if (geometry.detail === 'text')
    for (let i = from; i < to; i++) {
      const segment = log.segments[i];
      if (!segment || playback.head < i + 0.8) continue;
      const scored = new Set(log.scoredWords(segment).map(({ at }) => at));
      const weights = caches.reads(scene, i);
      if (!weights || scored.size === 0 || log.measure === 'every word') continue;
      const placed = wordsOf(context, log, geometry, i).filter(({ word }) => scored.has(word));
      context.strokeStyle = css(hueOf(0));
      for (const { x, y, width } of placed)
        for (let t = 0; t < film.threads; t++) {
          const lane = laneOf(geometry, t, film.threads);
          context.globalAlpha = 0.45;
          context.lineWidth = 0.5 + 6 * threadShare(film, weights, t);
          context.beginPath();
          context.moveTo(x + width / 2, lane);
          context.lineTo(x + width / 2, geometry.words.bottom + 3);
          context.moveTo(x, y + 8);
          context.lineTo(x + width, y + 8);
          context.stroke();
        }
    }
  context.globalAlpha = 1;
  context.lineCap = 'butt';
}

function threadShare(film: Scene['film'], weights: Float32Array | undefined, thread: number): number {
  if (!weights) return 0;
  let share = 0;
  weights.forEach((weight, token) => {
    if (film.threadOf(token) === thread) share += weight;
  });
  return share;
}

/** Where the answer stands. */
export function answerBox({ geometry }: Scene) {
  const middle = (geometry.threads.top + geometry.threads.bottom) / 2;
  const room = geometry.width - geometry.right;
  // The arcs that rise to it need some room too.
  const before = Math.min(50, 0.22 * room);
  return { x: geometry.right + before, y: middle, width: room - before - 2, height: 54 };
}
