// A series of numbers that grows for hours in bounded memory: every point at first, then means over ever wider ranges.
import * as v from 'valibot';

/** One point: the mean of each column over `count` consecutive additions, ending at `x`. */
export type Point<C extends string> = { readonly [K in C | 'x' | 'count']: number };

/** A series as stored: one list per column; null stands for a missing number. */
export interface SeriesData<C extends string> {
  /** Additions per point. */
  readonly every: number;
  readonly columns: { readonly [K in C | 'x' | 'count']: readonly (number | null)[] };
}

/**
 * The schema of a stored series: all columns, equally long, at most `most` points, in order of x.
 * @param later columns added later: a series stored before lacks them, and gets them without numbers
 */
export function seriesSchema<const C extends string>(columns: readonly C[], most: number, later: readonly C[] = []) {
  const numbers = v.pipe(v.array(v.nullable(v.number())), v.maxLength(most, `at most ${most} points`));
  const integers = v.pipe(v.array(v.pipe(v.number(), v.integer(), v.minValue(0))), v.maxLength(most));
  const required = columns.filter((column) => !later.includes(column)).map((column) => [column, numbers]);
  const optional = later.map((column) => [column, v.exactOptional(numbers)]);
  const entries = { ...Object.fromEntries([...required, ...optional]), x: integers, count: integers };
  return v.pipe(
    v.object({
      every: v.pipe(v.number(), v.integer(), v.minValue(1)),
      columns: v.object(entries as Record<C, typeof numbers> & { x: typeof integers; count: typeof integers }),
    }),
    v.transform((series) => {
      const lists: Readonly<Record<string, readonly unknown[]>> = series.columns;
      const missing = later.filter((column) => !Object.hasOwn(lists, column));
      const empty = Object.fromEntries(missing.map((column) => [column, lists['x']?.map(() => null)]));
      return { ...series, columns: { ...series.columns, ...empty } };
    }),
    v.check(({ columns: lists }) => {
      const all = Object.values(lists) as readonly (readonly unknown[])[];
      return new Set(all.map(({ length }) => length)).size === 1;
    }, 'columns of the same length'),
    v.check(
      ({ columns: { x } }) => (x as readonly number[]).every((step, i, all) => i === 0 || step > (all[i - 1] ?? step)),
      'steps in rising order',
    ),
    v.transform((series) => series as SeriesData<C>),
  );
}

/**
 * Keeps every point up to `limit`; beyond that, neighbours are merged in pairs, so adding costs O(1) on average and
 * the series never holds more than `limit` points.
 */
export class Series<C extends string> {
  private items: Point<C>[] = [];
  /** Additions per point. */
  private every = 1;

  constructor(
    private readonly columns: readonly C[],
    private readonly limit = 4096,
  ) {}

  get length(): number {
    return this.items.length;
  }

  get last(): Point<C> | undefined {
    return this.items.at(-1);
  }

  add(x: number, values: Readonly<Record<C, number>>): void {
    const point = { ...values, x, count: 1 } as Point<C>;
    const last = this.items.at(-1);
    if (last && last.count < this.every) this.items[this.items.length - 1] = this.merge([last, point]);
    else this.items.push(point);
    if (this.items.length <= this.limit) return;
    this.items = this.grouped(2);
    this.every *= 2;
  }

  /** A snapshot for storage. */
  data(): SeriesData<C> {
    const list = (column: C | 'x' | 'count') =>
      this.items.map((point) => (Number.isFinite(point[column]) ? point[column] : null));
    const columns = Object.fromEntries([...this.columns, 'x' as const, 'count' as const].map((c) => [c, list(c)]));
    return { every: this.every, columns: columns as unknown as SeriesData<C>['columns'] };
  }

  /** Continue from a stored series. */
  restore({ every, columns }: SeriesData<C>): void {
    this.every = every;
    this.items = columns.x.map((_, i) => {
      const names = [...this.columns, 'x' as const, 'count' as const];
      return Object.fromEntries(names.map((name) => [name, columns[name][i] ?? Number.NaN])) as Point<C>;
    });
  }

  /** At most `most` points, for a chart that can show no more. */
  view(most = this.limit): readonly Point<C>[] {
    const width = Math.ceil(this.items.length / Math.max(1, most));
    return width <= 1 ? [...this.items] : this.grouped(width);
  }

  private grouped(width: number): Point<C>[] {
    const groups: Point<C>[] = [];
    for (let i = 0; i < this.items.length; i += width) groups.push(this.merge(this.items.slice(i, i + width)));
    return groups;
  }

  private merge(points: readonly Point<C>[]): Point<C> {
    const merged: Record<string, number> = { x: points.at(-1)?.x ?? Number.NaN, count: 0 };
    for (const column of this.columns) merged[column] = 0;
    for (const point of points) {
      merged['count'] = (merged['count'] ?? 0) + point.count;
      for (const column of this.columns) merged[column] = (merged[column] ?? 0) + point[column] * point.count;
    }
    for (const column of this.columns) merged[column] = (merged[column] ?? 0) / (merged['count'] ?? 1);
    return merged as Point<C>;
  }
}

/** The minimum and maximum of `values` in each of at most `most` ranges, for a line that many pixels wide. */
export function envelope(
  values: ArrayLike<number>,
  length: number,
  most: number,
): { readonly index: number; readonly low: number; readonly high: number }[] {
  const width = Math.max(1, Math.ceil(length / Math.max(1, most)));
  const stretches: { index: number; low: number; high: number }[] = [];
  for (let start = 0; start < length; start += width) {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = start; i < Math.min(length, start + width); i++) {
      const value = values[i] ?? Number.NaN;
      if (value < low) low = value;
      if (value > high) high = value;
    }
    if (low <= high) stretches.push({ index: start + (Math.min(length, start + width) - 1 - start) / 2, low, high });
  }
  return stretches;
}
