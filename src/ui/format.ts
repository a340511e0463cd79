// Formats numbers for reading.
import type { MetricFormat } from '../train/metrics.ts';

const three = new Intl.NumberFormat('en', { maximumSignificantDigits: 3 });
const plain = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const space = '\u202f';

/** 12.3 M; integers below a thousand. */
export function count(n: number): string {
  if (!Number.isFinite(n)) return '–';
  for (const [unit, size] of [
    ['Z', 1e21],
    ['E', 1e18],
    ['P', 1e15],
    ['T', 1e12],
    ['G', 1e9],
    ['M', 1e6],
    ['k', 1e3],
  ] as const)
    if (Math.abs(n) >= size * 0.9995) return `${three.format(n / size)}${space}${unit}`;
  return three.format(n);
}

/** 1,234 */
export const integer = (n: number) => plain.format(n);

/** 4.2 MB */
export const bytes = (n: number) => `${count(n)}${Math.abs(n) >= 999.5 ? '' : space}B`;

/** 0.000123 as 1.23e-4, 0.0123 as it is. */
export function small(n: number): string {
  if (!Number.isFinite(n)) return '–';
  return n !== 0 && Math.abs(n) < 1e-3 ? n.toExponential(2).replace('.00', '') : three.format(n);
}

/** 93 %, 0.4 % */
export function percent(share: number): string {
  if (!Number.isFinite(share)) return '–';
  const value = 100 * share;
  // 0 % and 100 % are shown only for exactly none and all.
  if (value > 0 && value < 0.05) return `<0.1${space}%`;
  if (value < 100 && value >= 99.95) return `>99.9${space}%`;
  const digits = value > 0 && value < 1 ? 1 : value > 99 && value < 100 ? 1 : 0;
  return `${value.toFixed(digits)}${space}%`;
}

/** 3.1 ms, 45 s, 4 min, 1 h 20 min */
export function duration(milliseconds: number): string {
  if (!Number.isFinite(milliseconds)) return '–';
  if (milliseconds < 1000) return `${three.format(milliseconds)}${space}ms`;
  const seconds = milliseconds / 1000;
  if (seconds < 59.5)
    return `${seconds < 9.95 ? three.format(Number(seconds.toFixed(1))) : Math.round(seconds)}${space}s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes}${space}min`;
  const rest = minutes % 60;
  return `${Math.floor(minutes / 60)}${space}h${rest > 0 ? ` ${rest}${space}min` : ''}`;
}

/** The values of a metric of training steps. */
export const formatOf: Readonly<Record<MetricFormat, (value: number) => string>> = {
  number: small,
  share: percent,
  count,
};
