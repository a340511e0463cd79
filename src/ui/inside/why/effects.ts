// How a map of effects is laid out and named, and how large an effect is.
import type { Grid } from '../../../analysis/memory-attention.ts';
import { positionLabels } from '../../../analysis/memory-attention.ts';
import type { EffectMap } from '../../../store/slices/patch.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { shownWord } from '../../stream/words.ts';

export interface LaidOut {
  readonly grid: Grid;
  readonly rowAxis: string;
  readonly columnAxis: string;
  readonly rowLabels: readonly string[];
  readonly columnLabels: readonly string[];
  /** The patch of a cell, in words. */
  readonly describe: (row: number, column: number) => string;
  /** The index of a cell among the patches. */
  readonly indexOf: (row: number, column: number) => number;
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`);

/**
 * How far a patch moves the answer: 0 not at all, 1 as far as the other document; where both answers are the same, the
 * change of the logit difference.
 */
export function effectOf({ reading }: EffectMap, margin: number): number {
  const plain = reading.answer.logit - reading.than.logit;
  const other = reading.other.answer.logit - reading.other.than.logit;
  return reading.differs ? (plain - margin) / (plain - other) : margin - plain;
}

/** Segments run from left to right. */
export function layOut(log: StreamLog, map: EffectMap): LaidOut {
  const { settings, reading, margins } = map;
  const { rows, columns } = reading;
  const { sweep } = settings;
  const effects = Float32Array.from(margins, (margin) => effectOf(map, margin));
  if (sweep.kind === 'memory') {
    const values = new Float32Array(effects.length);
    const indexOf = (row: number, column: number) => column * columns + row;
    for (let row = 0; row < columns; row++)
      for (let column = 0; column < rows; column++) values[row * rows + column] = effects[indexOf(row, column)] ?? NaN;
    const rowLabels = [...numbered('mem', columns - 1), 'all'];
    return {
      grid: { rows: columns, columns: rows, values },
      rowAxis: 'Memory token',
      columnAxis: 'After segment',
      rowLabels,
      columnLabels: Array.from({ length: rows }, (_, i) => String(i + 1)),
      describe: (row, column) =>
        `${row === columns - 1 ? 'All memory' : `Memory token ${row + 1}`} after segment ${column + 1}`,
      indexOf,
    };
  }
  const grid = { rows, columns, values: effects };
  const indexOf = (row: number, column: number) => row * columns + column;
  const where = `segment ${sweep.segment + 1}`;
  if (sweep.kind === 'heads')
    return {
      grid,
      rowAxis: 'Layer',
      columnAxis: 'Head',
      rowLabels: numbered('layer', rows),
      columnLabels: Array.from({ length: columns }, (_, i) => String(i + 1)),
      describe: (row, column) => `Head ${column + 1} of layer ${row + 1} in ${where}`,
      indexOf,
    };
  const words = (log.segments[sweep.segment]?.words ?? []).map((word) => shownWord(word, log.model.pieces));
  const positions = [...positionLabels(log.model, words).slice(0, columns - 1), 'all'];
  const layers = ['input', ...numbered('layer', rows - 1)];
  return {
    grid,
    rowAxis: 'Hidden state',
    columnAxis: 'Position',
    rowLabels: layers,
    columnLabels: positions,
    describe: (row, column) =>
      `${row === 0 ? 'The input of the first layer' : `The output of layer ${row}`} at ${
        column === columns - 1 ? 'all positions' : `“${positions[column]}”`
      } in ${where}`,
    indexOf,
  };
}
