// The threads as columns of a few pixels: the colour and the width of each, for wide segments and for thousands.
import { blend, css, type Rgb } from './colour.ts';
import type { Film } from './film.ts';
import { type Geometry, halfWidth, pointAt, xOf } from './geometry.ts';

export interface Columns {
  /** The x of each column’s middle. */
  readonly x: Float32Array;
  readonly colours: readonly string[];
  /** (threads, columns) half widths. */
  readonly half: Float32Array;
}

const step = 2;

const smooth = (from: number, to: number, at: number) => {
  const t = Math.max(0, Math.min(1, (at - from) / (to - from)));
  return t * t * (3 - 2 * t);
};

/**
 * The columns in view up to `head`. Where a segment is wide, the colour changes and the thread swells in its middle; where
 * one column covers several segments, it has their last colour and their largest change.
 */
export function columnsOf(film: Film, geometry: Geometry, head: number, undecided: Rgb, ghost = false): Columns {
  const { threads } = film;
  const from = xOf(geometry, Math.max(0, geometry.view.from));
  const to = Math.min(geometry.right, xOf(geometry, Math.min(head, film.length)));
  const count = Math.max(0, Math.ceil((to - from) / step) + 1);
  const x = new Float32Array(count);
  const colours: string[] = [];
  const half = new Float32Array(ghost ? 0 : threads * count);
  const wide = geometry.cell >= 2 * step;
  for (let c = 0; c < count; c++) {
    x[c] = Math.min(to, from + c * step);
    const at = pointAt(geometry, x[c] ?? 0);
    const first = Math.max(0, Math.min(film.length - 1, Math.floor(at)));
    const share = at - first;
    const last = wide ? first : Math.min(film.length - 1, Math.floor(pointAt(geometry, (x[c] ?? 0) + step)));
    const after = film.toneAfter(last, undecided, ghost);
    const before = first > 0 ? film.tonePassedOn(first - 1, undecided, ghost) : undecided;
    colours.push(css(wide ? blend(before, after, smooth(0.38, 0.62, share)) : after));
    if (ghost) continue;
    const swell = wide ? Math.sin(Math.PI * Math.max(0, Math.min(1, share))) ** 2 : 1;
    for (let t = 0; t < threads; t++) {
      let change = 0;
      for (let i = first; i <= last; i++) change = Math.max(change, film.changes[i * threads + t] ?? 0);
      half[t * count + c] = halfWidth(geometry, threads, change * swell * swell);
    }
  }
  return { x, colours, half };
}

/** Stretches of columns of one colour: [from, to). */
export function* runsOf(colours: readonly string[]): Generator<readonly [from: number, to: number]> {
  for (let from = 0, to = 0; from < colours.length; from = to) {
    for (to = from + 1; to < colours.length && colours[to] === colours[from]; to++);
    yield [from, to];
  }
}
