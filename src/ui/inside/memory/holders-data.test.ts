// The shares of memory tokens in what changes with what is told, and the sentence about them.
import { describe, expect, it } from 'vitest';
import { heldBy, holderShares, spreadOf } from './holders-data.ts';

const found = (subjects: readonly string[], ...variance: readonly number[]) => ({
  subjects,
  values: ['garden', 'kitchen'],
  tokens: variance.length / subjects.length,
  variance: Float32Array.from(variance),
});
const three = ['a', 'b', 'c'];

describe('shares', () => {
  it('add up to 1 for each subject, and are 0 where nothing changes', () => {
    const grid = holderShares(found(three, 3, 0, 1, 1, 0, 1));
    expect([...grid.values]).toEqual([0.75, 0, 0.5, 0.25, 0, 0.5]);
  });

  it('name the tokens with a tenth or more, the largest first', () => {
    expect(heldBy(found(['a', 'b'], 1, 95, 8, 5))).toEqual([
      {
        subject: 'a',
        by: [
          { token: 1, share: expect.closeTo(8 / 9) },
          { token: 0, share: expect.closeTo(1 / 9) },
        ],
      },
      { subject: 'b', by: [{ token: 0, share: expect.closeTo(0.95) }] },
    ]);
  });
});

it.each([
  ['each alone', [1, 0, 0, 0, 1, 0, 0, 0, 1], 'Each of the 3 has a memory token of its own.'],
  [
    'one over two',
    [1, 0, 1, 0, 1, 0, 0, 0, 2],
    'Each of the 3 is held most by a memory token of its own; 1 by more than one.',
  ],
  [
    'two share one',
    [1, 1, 0, 0, 0, 1],
    '1 of the 3 are held most by a memory token of their own; the others share one.',
  ],
  ['all in one', [1, 1, 1, 0, 0, 0], 'No one has a memory token of their own.'],
  ['nothing', [0, 0, 0], 'No memory token changes with what is told.'],
])('%s', (_, variance, sentence) => {
  expect(spreadOf(heldBy(found(three, ...variance)))).toBe(sentence);
});
