// The findings of the logit lens as a grid of layers by segments or words.
import type { Grid } from '../../../analysis/memory-attention.ts';
import type { LensColumn } from '../../../protocol/index.ts';

/** All columns in the order of the document. */
export const columnsOf = (
  asked: readonly number[],
  found: ReadonlyMap<number, readonly LensColumn[]>,
): readonly LensColumn[] => asked.flatMap((segment) => found.get(segment) ?? []);

/** The input of the first layer, then every layer's output. */
export const layerNames = (layers: number): string[] => [
  'input',
  ...Array.from({ length: layers }, (_, i) => `layer ${i + 1}`),
];

export const columnNames = (columns: readonly LensColumn[]): string[] =>
  columns.map(({ segment, word }) => (word === undefined ? String(segment + 1) : word));

/** The probability of the right answer, (layers + 1, columns). */
export function rightGrid(columns: readonly LensColumn[]): Grid {
  const rows = columns[0]?.right.length ?? 0;
  const values = new Float32Array(rows * columns.length);
  columns.forEach(({ right }, c) => {
    right.forEach((value, row) => {
      values[row * columns.length + c] = value;
    });
  });
  return { rows, columns: columns.length, values };
}
