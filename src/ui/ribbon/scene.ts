// Everything that one drawing of the ribbon depends on.
import { css, type Rgb, rgbOf } from './colour.ts';
import type { Film } from './film.ts';
import type { Geometry } from './geometry.ts';
import type { Playback } from './playback.ts';

export interface Scene {
  readonly film: Film;
  readonly geometry: Geometry;
  readonly playback: Playback;
  readonly current: number;
  /** What the pointer is over: a gap, and in it perhaps one thread. */
  readonly hover: { readonly gap: number; readonly thread: number | undefined } | undefined;
  /** A fact on its way to another segment. */
  readonly dragged: { readonly from: number; readonly to: number } | undefined;
  readonly colour: (name: string) => string;
}

/** The grey of a memory that leaves every answer open. */
export const undecidedOf = ({ colour }: Scene): Rgb => rgbOf(colour('undecided'));

/** The colour of the memory after a segment. */
export const toneOf = (scene: Scene, segment: number): string => css(scene.film.toneAfter(segment, undecidedOf(scene)));

/** The segments in view that the head has reached: [from, to). */
export function inView({ geometry: { view }, playback: { head }, film }: Scene): readonly [number, number] {
  return [Math.max(0, Math.floor(view.from)), Math.min(film.length, Math.ceil(view.to), Math.ceil(head))];
}
