// From the head results of each segment to the loss and the correct predictions of a batch.
import type { Batch } from './targets.ts';

/** Loss and predictions of a batch. */
export interface BatchResult {
  /** The batch's loss, in nats. */
  readonly loss: number;
  /** Correct predictions among those scored: sequences for a classifier, words for a generative model. */
  readonly correct: number;
  readonly scored: number;
  /** Sequences whose predictions are all correct. */
  readonly exact: number;
  /** The scored predictions, row by row in the order of segments: the predicted class or word. */
  readonly predicted: readonly number[];
  /** The correct class or word of each. */
  readonly expected: readonly number[];
  /** For each segment, (rows, 2): cross-entropy in nats and predicted class; undefined where the head was not run. */
  readonly rows: readonly (Float32Array | undefined)[];
}

/**
 * Score a batch.
 * @param rows        for each segment, (rows, 2): cross-entropy in nats and predicted class
 * @param perSequence rows of the head for each sequence
 */
export function scoreBatch(
  batch: Pick<Batch, 'targets' | 'sequences' | 'scoredFrom'>,
  rows: BatchResult['rows'],
  perSequence: number,
): BatchResult {
  const wrong = new Set<number>();
  const predicted: number[] = [];
  const expected: number[] = [];
  let [loss, correct] = [0, 0];
  batch.targets.forEach((targets, n) => {
    const values = rows[n];
    if (!targets || !values) return;
    for (let row = 0; row < batch.sequences * perSequence; row++) {
      const weight = targets.weights[row] ?? 0;
      if (weight === 0) continue;
      loss += weight * (values[row * 2] as number);
      if (n < batch.scoredFrom) continue;
      const answer = values[row * 2 + 1] as number;
      predicted.push(answer);
      expected.push(targets.labels[row] ?? Number.NaN);
      if (answer === targets.labels[row]) correct++;
      else wrong.add(Math.floor(row / perSequence));
    }
  });
  return { loss, correct, scored: predicted.length, exact: batch.sequences - wrong.size, predicted, expected, rows };
}
