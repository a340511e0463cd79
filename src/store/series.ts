// A series of numbers that grows for hours and stays small: every point at first, then means over ever wider stretches.

/** One point: the mean of each column over `count` consecutive additions, the last of them at `x`. */
export type Point<C extends string> = { readonly [K in C | 'x' | 'count']: number };

/**
 * Keeps every point up to `limit`; beyond that, neighbours are merged in pairs, so adding costs O(1) on average and
 * the series never holds more than `limit` points.
 */
export class Series<C extends string> {
  private items: Point<C>[] = [];
  /** Additions that make one point. */
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

  /** Forget what came after `x`. */
  cutAfter(x: number): void {
    this.items = this.items.filter((point) => point.x <= x);
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

/** The smallest and largest of `values` in each of at most `most` stretches: what a line of that many pixels shows. */
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
