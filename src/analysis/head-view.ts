// The attention of one segment head by head: which part of it is in use, its strongest lines, and a small picture of it.
import type { Block } from './attention-figure.ts';
import type { FullAttention } from './attention-operations.ts';
import type { Grid, Sizes } from './memory-attention.ts';

/** How many positions of a segment, and keys, are not padding. */
export function usedOf(sizes: Sizes, words: number): { readonly rows: number; readonly columns: number } {
  const rows = words + sizes.positions - sizes.segmentSize;
  return { rows, columns: sizes.cacheSize + rows };
}

/** The attention of one head, without padding. */
export function headOf(
  { heads, rows, columns, values }: FullAttention,
  layer: number,
  head: number,
  used: { readonly rows: number; readonly columns: number },
): Grid {
  const start = (layer * heads + head) * rows * columns;
  const kept = new Float32Array(used.rows * used.columns);
  for (let r = 0; r < used.rows; r++)
    kept.set(values.subarray(start + r * columns, start + r * columns + used.columns), r * used.columns);
  return { ...used, values: kept };
}

/** A query and a key, with the weight between them. */
export interface Line {
  readonly row: number;
  readonly column: number;
  readonly weight: number;
}

/** Fewer lines than this are drawn of a whole head: the strongest. */
export const MOST_LINES = 400;

/**
 * The lines of a head, the strongest first.
 * @param of only those of one query or one key
 */
export function linesOf(
  { rows, columns, values }: Grid,
  of?: { readonly side: 'query' | 'key'; readonly at: number },
): Line[] {
  const lines: Line[] = [];
  const least = of ? 0.001 : 0.01;
  for (let row = 0; row < rows; row++) {
    if (of?.side === 'query' && row !== of.at) continue;
    for (let column = 0; column < columns; column++) {
      if (of?.side === 'key' && column !== of.at) continue;
      const weight = values[row * columns + column] ?? 0;
      if (weight >= least) lines.push({ row, column, weight });
    }
  }
  lines.sort((a, b) => b.weight - a.weight);
  return of ? lines : lines.slice(0, MOST_LINES);
}

/** The kind of each position that a list of blocks covers. */
export function kindsOf(blocks: readonly Block[], count: number): Block['kind'][] {
  const kinds = new Array<Block['kind']>(count).fill('special');
  for (const { kind, from, to } of blocks) kinds.fill(kind, from, Math.min(to, count));
  return kinds;
}

/** The share of one query's attention on each kind of key. */
export function sharesOf({ columns, values }: Grid, row: number, kinds: readonly Block['kind'][]) {
  const shares = { memory: 0, text: 0, special: 0 };
  for (let column = 0; column < columns; column++) {
    const kind = kinds[column] === 'marked' ? 'text' : (kinds[column] as 'memory' | 'text' | 'special');
    shares[kind] += values[row * columns + column] ?? 0;
  }
  return shares;
}

/** A smaller picture of a matrix, of at most `most` rows and columns: each cell is the largest of those it stands for. */
export function thumbnailOf({ rows, columns, values }: Grid, most: number): Grid {
  const [h, w] = [Math.min(rows, most), Math.min(columns, most)];
  const small = new Float32Array(h * w);
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) {
      const at = Math.floor((r * h) / rows) * w + Math.floor((c * w) / columns);
      small[at] = Math.max(small[at] ?? 0, values[r * columns + c] ?? 0);
    }
  return { rows: h, columns: w, values: small };
}
