// Which part of the document is in view: during the opening all that has been read, afterwards what the user chose.
import { openingSegments } from './playback.ts';

/** Segments [from, to), with fractions while it moves. */
export interface View {
  readonly from: number;
  readonly to: number;
}

/** From the beginning to a little beyond the head, at least the segments of the opening. */
export function openingView(head: number, total: number): View {
  const wanted = Math.max(openingSegments, head * 1.04 + 0.4);
  return { from: 0, to: Math.max(1, Math.min(total, wanted)) };
}

/** `span` segments, with the current one as close to the middle as possible. */
export function viewAround(current: number, span: number, total: number): View {
  const shown = Math.max(1, Math.min(span, total));
  const from = Math.max(0, Math.min(total - shown, current + 0.5 - shown / 2));
  return { from, to: from + shown };
}

/** A view on its way to another, a few milliseconds later. */
export function eased(view: View, target: View, milliseconds: number): View {
  const share = 1 - Math.exp(-milliseconds / 90);
  const near = (a: number, b: number) => (Math.abs(a - b) < 1e-3 * (target.to - target.from) ? b : a + (b - a) * share);
  return { from: near(view.from, target.from), to: near(view.to, target.to) };
}

export const sameView = (a: View, b: View): boolean => a.from === b.from && a.to === b.to;

/** The widths of view that are offered: 8, 64, 512, and all segments. */
export const spansOf = (total: number): readonly number[] => [...[8, 64, 512].filter((span) => span < total), total];
