import { describe, expect, it } from 'vitest';
import { scoreBatch } from './score.ts';

/** (rows, 2): cross-entropy and prediction of each row. */
const rowsOf = (...rows: readonly (readonly [nats: number, predicted: number])[]) => Float32Array.from(rows.flat());
/** Two sequences with two rows of the head each, over three segments; the first segment is not scored. */
const labels = [5, 6, 7, 8];
const batch = {
  sequences: 2,
  scoredFrom: 1,
  targets: [undefined, { labels, weights: [0.25, 0, 0.25, 0] }, { labels, weights: [0.25, 0, 0, 0.25] }],
};

describe('the score of a batch', () => {
  it('weighs the losses, and counts predictions of rows with a weight', () => {
    const rows = [undefined, rowsOf([1, 5], [9, 6], [2, 7], [9, 8]), rowsOf([4, 0], [9, 6], [9, 7], [8, 8])];
    expect(scoreBatch(batch, rows, 2)).toEqual({
      loss: (1 + 2 + 4 + 8) / 4,
      correct: 3,
      scored: 4,
      exact: 1,
      predicted: [5, 7, 0, 8],
      expected: [5, 7, 5, 8],
      rows,
    });
  });

  it('counts predictions from `scoredFrom` on, and the losses of all segments', () => {
    const rows = [undefined, rowsOf([1, 0], [0, 0], [2, 0], [0, 0]), rowsOf([4, 5], [0, 0], [0, 0], [8, 8])];
    expect(scoreBatch({ ...batch, scoredFrom: 2 }, rows, 2)).toMatchObject({
      loss: 3.75,
      correct: 2,
      scored: 2,
      exact: 2,
      predicted: [5, 8],
    });
  });

  it('ignores rows beyond the batch’s sequences', () => {
    const rows = [undefined, rowsOf([1, 5], [9, 6], [2, 7], [9, 8]), rowsOf([4, 5], [9, 6], [9, 7], [8, 8])];
    expect(scoreBatch({ ...batch, sequences: 1 }, rows, 2)).toMatchObject({
      loss: 1.25,
      correct: 2,
      scored: 2,
      exact: 1,
    });
  });
});
