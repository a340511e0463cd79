// Generalisation of the models of RMT-1M by the number of segments trained on, evaluated on 1 to 15 segments.
// Source: Bulatov et al. 2023, arXiv:2304.11062, figure on generalisation; read off the plot, accurate to about 0.3 points
import type { TaskId } from '../../tasks/index.ts';

/** Per cent on 1, 2, 3, … segments; a text for a range, undefined where the plot is unreadable. */
export type Cell = number | string | undefined;

export interface Generalisation {
  readonly task: TaskId;
  /** Number of segments it was trained on, as text where several share one curve. */
  readonly trained: string;
  readonly percent: readonly Cell[];
}

export const mostEvaluated = 15;

const flat = (value: Cell, length: number) => new Array<Cell>(length).fill(value);
/** The readable points among fifteen. */
const known = (points: Readonly<Record<number, number>>): Cell[] =>
  Array.from({ length: mostEvaluated }, (_, i) => points[i + 1]);
/** All tasks: a model trained on one segment answers on one, and guesses beyond. */
const one = (task: TaskId): Generalisation => ({ task, trained: '1', percent: [100, ...flat('15–20', 14)] });

export const generalisation: readonly Generalisation[] = [
  one('memorize'),
  {
    task: 'memorize',
    trained: '2',
    percent: [100, 100, 99.6, 90.6, 76.1, 67.9, 48.5, 39.8, 33.1, 27.6, 23.7, 23.1, 21.4, 21.0, 19.4],
  },
  {
    task: 'memorize',
    trained: '3, 4 or 5',
    percent: [...flat(100, 5), 97.6, 95.5, 93.8, 91.5, 86.5, 81, 75, 69, 63, 61],
  },
  { task: 'memorize', trained: '6 or 7', percent: flat(100, 15) },
  one('detect'),
  {
    task: 'detect',
    trained: '2',
    percent: [100, 100, 99.7, 97.0, 92.0, 80.1, 65.8, 60.6, 47.7, 40.1, 37.9, 34.0, 31.3, 28.2, 27.5],
  },
  { task: 'detect', trained: '3 to 7', percent: flat('≥ 99.9', 15) },
  one('reasoning'),
  {
    task: 'reasoning',
    trained: '2',
    percent: [52.0, 96.6, 91.3, 84.3, 75.3, 68.7, 63.0, 54.5, 53.2, 46.5, 42.7, 39.4, 36.1, 36.7, 34.6],
  },
  {
    task: 'reasoning',
    trained: '3',
    percent: [56.0, 99.8, 99.6, 97.2, 89.2, 81.0, 77.4, 73.4, 68.7, 64.1, 61.4, 60.2, 57.3, 52.1, 56.5],
  },
  {
    task: 'reasoning',
    trained: '4',
    percent: [51.2, 100, 99.9, 100, 99.8, 99.2, 98.5, 96.9, 95.1, 94.3, 91.4, 91.0, 89.1, 85.8, 84.2],
  },
  { task: 'reasoning', trained: '5', percent: known({ 1: 53.8, 2: 100, 10: 98.0, 15: 86.9 }) },
  { task: 'reasoning', trained: '6', percent: known({ 1: 54.7, 2: 100, 10: 97.1, 15: 92.5 }) },
  { task: 'reasoning', trained: '7', percent: known({ 1: 54.4, 2: 100, 10: 96.2, 15: 91.0 }) },
];

/** Where a cell is drawn, 0 to 1: a bound at its value, a range at its middle. */
export function drawnAt(cell: Cell): number | undefined {
  if (cell === undefined) return undefined;
  if (typeof cell === 'number') return cell / 100;
  const numbers = [...cell.matchAll(/[\d.]+/g)].map(([text]) => Number(text));
  return numbers.reduce((sum, n) => sum + n, 0) / numbers.length / 100;
}
