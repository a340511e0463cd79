// A chart line for the legend, and the markers that distinguish lines without colour.

import legends from '../styles/legends.module.css';
import { lineStyle } from './style.ts';

interface MarkerProps {
  readonly kind: number;
  readonly cx: number;
  readonly cy: number;
  readonly stroke: string;
}

/** One of four shapes. */
export function Marker({ kind, cx, cy, stroke }: MarkerProps) {
  if (!Number.isFinite(cx) || !Number.isFinite(cy)) return <g />;
  const common = { fill: 'var(--panel)', stroke, strokeWidth: 1.5 };
  const r = 3.5;
  switch (kind % 4) {
    case 0:
      return <circle cx={cx} cy={cy} r={r} {...common} />;
    case 1:
      return <rect x={cx - r} y={cy - r} width={2 * r} height={2 * r} {...common} />;
    case 2:
      return <path d={`M${cx} ${cy - r - 1}l${r + 1} ${2 * r}h${-2 * (r + 1)}z`} {...common} />;
    default:
      return <path d={`M${cx} ${cy - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`} {...common} />;
  }
}

/** Colours and dashes repeat after four lines, with other markers: sixteen lines differ. */
const markerOf = (i: number) => i + Math.floor(i / 4);

/** The i-th line with its marker. */
export function LineKey({ i }: { readonly i: number }) {
  const { stroke, strokeDasharray } = lineStyle(i);
  return (
    <svg className={legends.drawn} viewBox="0 0 34 12" aria-hidden="true">
      <line x1="0" y1="6" x2="34" y2="6" stroke={stroke} strokeWidth="2" strokeDasharray={strokeDasharray} />
      <Marker kind={markerOf(i)} cx={17} cy={6} stroke={stroke} />
    </svg>
  );
}

/** The i-th line of a quantity of batches, drawn behind the validations. */
export const batchLine = (i: number) => ({
  stroke: 'var(--thin)',
  ...(i > 0 ? { strokeDasharray: lineStyle(i).strokeDasharray } : {}),
});

/** A line of batches, for the legend. */
export function BatchKey({ i }: { readonly i: number }) {
  return (
    <svg className={legends.drawn} viewBox="0 0 34 12" aria-hidden="true">
      <line x1="0" y1="6" x2="34" y2="6" strokeWidth="1" {...batchLine(i)} />
    </svg>
  );
}

/** A reference line from RMT-1M, with its marker if it has one. */
export function ReferenceKey({ dashes, marker }: { readonly dashes: string; readonly marker?: number }) {
  const stroke = 'var(--reference)';
  return (
    <svg className={legends.drawn} viewBox="0 0 34 12" aria-hidden="true">
      <line x1="0" y1="6" x2="34" y2="6" stroke={stroke} strokeWidth="1.5" strokeDasharray={dashes} />
      {marker !== undefined && <Marker kind={marker} cx={17} cy={6} stroke={stroke} />}
    </svg>
  );
}

/** The dots of the i-th line. */
export const dotsOf =
  (i: number) =>
  ({ cx, cy, key }: { readonly cx?: number; readonly cy?: number; readonly key?: unknown }) => (
    <Marker key={String(key)} kind={markerOf(i)} cx={Number(cx)} cy={Number(cy)} stroke={lineStyle(i).stroke} />
  );
