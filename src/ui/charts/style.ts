// The common style of all charts; colours come from the theme.
import { percent } from '../format.ts';

export const axis = {
  stroke: 'var(--ink-soft)',
  tick: { fontSize: 11, fill: 'var(--ink-soft)' },
  tickLine: false,
  axisLine: { stroke: 'var(--line-strong)' },
  minTickGap: 28,
} as const;

/** The label below a horizontal axis. */
export const below = (value: string) =>
  ({ value, position: 'insideBottom', offset: -10, fontSize: 11, fill: 'var(--ink-soft)' }) as const;

/** The label beside a vertical axis. */
export const beside = (value: string) =>
  ({
    value,
    angle: -90,
    position: 'insideLeft',
    offset: 6,
    fontSize: 11,
    fill: 'var(--ink-soft)',
    style: { textAnchor: 'middle' },
  }) as const;

/** Room for a vertical axis with its label. */
export const axisWidth = 62;

/** A vertical axis of shares, 0 to 1. */
export const shares = {
  domain: [0, 1],
  ticks: [0, 0.25, 0.5, 0.75, 1],
  tickFormatter: percent,
  width: axisWidth,
  ...axis,
} as const;

export const grid = { stroke: 'var(--line)', vertical: false } as const;

export const tooltip = {
  isAnimationActive: false,
  contentStyle: { background: 'var(--panel)', border: '1px solid var(--line-strong)', borderRadius: 6, fontSize: 12 },
  labelStyle: { color: 'var(--ink)' },
  itemStyle: { color: 'var(--ink)' },
} as const;

const strokes = ['var(--series-1)', 'var(--series-2)', 'var(--series-3)', 'var(--series-4)'] as const;
const dashes = ['0', '8 3', '3 3', '10 3 2 3'] as const;

/** Colour and dashes of the i-th line; together with its marker they differ for any few lines. */
export function lineStyle(i: number): { readonly stroke: string; readonly strokeDasharray: string } {
  return { stroke: strokes[i % strokes.length] ?? strokes[0], strokeDasharray: dashes[i % dashes.length] ?? dashes[0] };
}
