// The numbers of a memory as grids: all tokens after one segment, or one token after every segment.
import type { Grid } from '../../../analysis/memory-attention.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';

/** A grid and the names of its rows. */
export interface NamedGrid {
  readonly grid: Grid;
  readonly rows: readonly string[];
}

/** What a heatmap of the memory shows. */
export interface ValuesChoice {
  /** A memory token over segments, from 0; undefined: all tokens after the current segment. */
  readonly token: number | undefined;
  /** Subtract what the segment received. */
  readonly change: boolean;
}

/** Memory tokens that are passed on; 0 where they only write, as in ARMT, or there are none. */
export function tokensOf(log: StreamLog): number {
  const { memTokens, hiddenSize, associationRows } = log.model;
  const passed = log.passedOn(log.length - 1)?.length ?? 0;
  return associationRows === undefined && passed > 0 && passed >= memTokens * hiddenSize ? memTokens : 0;
}

/** The memory tokens (M, D) after a segment, without a cache beside them; other states where there are none. */
export function memoryOf(log: StreamLog, segment: number): Float32Array | undefined {
  const tokens = tokensOf(log);
  const passed = log.passedOn(segment);
  return tokens > 0 ? passed?.subarray(0, tokens * log.model.hiddenSize) : passed;
}

/** The values after a segment, or what the segment changed; undefined if they are no longer kept. */
function valuesOf(log: StreamLog, segment: number, change: boolean): Float32Array | undefined {
  const after = memoryOf(log, segment);
  if (!after || !change) return after;
  const before = segment === 0 ? undefined : memoryOf(log, segment - 1);
  return before?.length === after.length ? after.map((value, i) => value - (before[i] as number)) : undefined;
}

/** Rows of the picture of one token over the segments. */
const MOST_ROWS = 256;

/** The segments that are kept, thinned evenly to what a picture can show. */
export function keptSegments(log: StreamLog, most = MOST_ROWS): number[] {
  const kept = log.segments.flatMap((_, i) => (log.passedOn(i) ? [i] : []));
  const stride = Math.ceil(kept.length / most);
  return kept.filter((_, i) => i % Math.max(1, stride) === 0);
}

/** The grid of a choice; undefined where the numbers are no longer kept, or there is no segment before. */
export function gridOf(log: StreamLog, current: number, { token, change }: ValuesChoice): NamedGrid | undefined {
  const { memTokens: tokens, hiddenSize: columns } = log.model;
  if (token === undefined) {
    const values = valuesOf(log, current, change);
    return (
      values && {
        grid: { rows: tokens, columns, values },
        rows: Array.from({ length: tokens }, (_, i) => `memory ${i + 1}`),
      }
    );
  }
  const rows = keptSegments(log).flatMap((segment) => {
    const values = valuesOf(log, segment, change);
    return values ? [{ segment, values: values.subarray(token * columns, (token + 1) * columns) }] : [];
  });
  if (rows.length === 0) return undefined;
  const values = new Float32Array(rows.length * columns);
  rows.forEach((row, i) => {
    values.set(row.values, i * columns);
  });
  return { grid: { rows: rows.length, columns, values }, rows: rows.map(({ segment }) => String(segment + 1)) };
}

export const largestOf = (values: ArrayLike<number>): number => {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i] as number));
  return most;
};

/** The largest magnitude over all kept segments, for one scale that all of them share. */
export function sharedScale(log: StreamLog, change: boolean): number {
  return keptSegments(log).reduce(
    (most, segment) => Math.max(most, largestOf(valuesOf(log, segment, change) ?? [])),
    0,
  );
}
