// Where everything on the ribbon is, in CSS pixels, testable without a canvas.
import type { View } from './view.ts';

export type Size = 'full' | 'brief';

export interface Geometry {
  readonly width: number;
  readonly height: number;
  /** Where the segments in view begin and end; the answer is to their right. */
  readonly left: number;
  readonly right: number;
  readonly view: View;
  /** Width of a segment. */
  readonly cell: number;
  readonly words: { readonly top: number; readonly bottom: number };
  readonly threads: { readonly top: number; readonly bottom: number };
  readonly numbers: number;
  readonly bands: { readonly top: number; readonly bottom: number };
  /** Where words stand as text, as a stack of dashes, or as a tick. */
  readonly detail: 'text' | 'dashes' | 'tick' | 'none';
  readonly size: Size;
}

/** Narrower than this, a segment's words are dashes, then a tick, then nothing. */
const textFrom = 58;
const dashesFrom = 9;
const tickFrom = 2.5;

/** A phone has less room for words, which are no text there. */
const isNarrow = (width: number) => width < 560;

export const heightOf = (width: number, size: Size): number => (size === 'brief' ? 58 : isNarrow(width) ? 282 : 336);

/** Room for the names of threads. */
const roomForNames = (width: number) => (isNarrow(width) ? 44 : 66);

export function geometryOf(width: number, view: View, size: Size, named = false): Geometry {
  const left = named && size === 'full' ? roomForNames(width) : 10;
  const right = Math.max(left + 40, width - (isNarrow(width) ? 100 : 138));
  const cell = (right - left) / (view.to - view.from);
  const detail =
    size === 'brief' || cell < tickFrom ? 'none' : cell >= textFrom ? 'text' : cell >= dashesFrom ? 'dashes' : 'tick';
  const height = heightOf(width, size);
  const less = heightOf(Number.POSITIVE_INFINITY, 'full') - height;
  const rows =
    size === 'brief'
      ? {
          words: { top: 0, bottom: 6 },
          threads: { top: 6, bottom: 38 },
          numbers: 50,
          bands: { top: 44, bottom: 54 },
        }
      : {
          words: { top: 30, bottom: 128 - less },
          threads: { top: 164 - less, bottom: 252 - less },
          numbers: 270 - less,
          bands: { top: 284 - less, bottom: 328 - less },
        };
  return { width, height, left, right, view, cell, detail, size, ...rows };
}

/** The x of a point of the document, in segments. */
export const xOf = ({ left, view, cell }: Geometry, segment: number): number => left + (segment - view.from) * cell;

/** The point of the document at an x, in segments. */
export const pointAt = ({ left, view, cell }: Geometry, x: number): number => view.from + (x - left) / cell;

/** The segment at an x, the nearest one beyond the ends. */
export function segmentAt(geometry: Geometry, x: number, seen: number): number {
  return Math.max(0, Math.min(seen - 1, Math.floor(pointAt(geometry, x))));
}

/** The gap nearest to an x: after which segment. Undefined farther than a few pixels, or where gaps are too narrow. */
export function gapAt(geometry: Geometry, x: number, total: number): number | undefined {
  if (geometry.cell < 7) return undefined;
  const border = Math.round(pointAt(geometry, x));
  const near = Math.min(10, geometry.cell / 3);
  if (Math.abs(xOf(geometry, border) - x) > near || border < 1 || border > total - 1) return undefined;
  return border - 1;
}

/** The middle of a thread. */
export function laneOf({ threads: { top, bottom } }: Geometry, thread: number, threads: number): number {
  return top + ((thread + 0.5) * (bottom - top)) / threads;
}

/** The thread at a y; undefined beside them. */
export function threadAt({ threads: { top, bottom } }: Geometry, y: number, threads: number): number | undefined {
  if (y < top || y >= bottom || threads === 0) return undefined;
  return Math.floor(((y - top) / (bottom - top)) * threads);
}

/** Half the width of a thread: a line where the memory token stayed as it was, its whole lane where it turned by 90°. */
export function halfWidth({ threads: { top, bottom } }: Geometry, threads: number, change: number): number {
  const lane = (bottom - top) / threads;
  const thin = Math.max(0.9, Math.min(4, 0.15 * lane));
  return thin + (0.46 * lane - thin) * Math.sqrt(Math.max(0, Math.min(1, change)));
}
