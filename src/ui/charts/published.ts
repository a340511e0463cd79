// Accuracies of RMT-1M, trained on 7 segments: read off the plot, accurate to about 0.1 points.
// Source: Bulatov et al. 2023, arXiv:2304.11062, figure on extrapolation to 4096 segments of 499 tokens
import type { TaskId } from '../../tasks/index.ts';

export interface Published {
  readonly task: TaskId;
  readonly title: string;
  readonly dashes: string;
  /** Per cent on 2, 4, 8, … 4096 segments. */
  readonly percent: readonly number[];
}

export const published: readonly Published[] = [
  {
    task: 'memorize',
    title: 'Memorize',
    dashes: '2 3',
    percent: [100, 100, 100, 99.98, 99.2, 98.2, 96.5, 95.2, 93.2, 92.7, 90.4, 90.6],
  },
  {
    task: 'detect',
    title: 'Detect & memorize',
    dashes: '6 3',
    percent: [100, 100, 100, 99.9, 99.8, 99.7, 98.9, 98.5, 98.6, 97.1, 97.1, 96.1],
  },
  {
    task: 'reasoning',
    title: 'Reasoning',
    dashes: '8 3 2 3',
    percent: [100, 99.9, 97.4, 93.2, 91.6, 89.3, 87.4, 87.6, 84.8, 83.5, 83.5, 81.9],
  },
];

/** The number of segments of the i-th value. */
export const publishedSegments = (i: number) => 2 ** (i + 1);
