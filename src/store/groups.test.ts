import { describe, expect, it } from 'vitest';
import { presetConfig } from '../experiment/presets.ts';
import type { ComparedRun } from './compared-run.ts';
import { groupsOf, meanOf } from './groups.ts';

const copy = presetConfig('copy');
const run = (id: string, change: Partial<typeof copy>): ComparedRun => ({
  id,
  name: id,
  config: { ...copy, ...change },
  files: [],
  origin: undefined,
  validations: new Map(),
});

describe('groups of runs', () => {
  it('differ in more than the seed, and are named after that', () => {
    const runs = [
      run('a', { seed: 1 }),
      run('b', { model: 'gpt2', seed: 1 }),
      run('c', { seed: 2, validate_every: 7 }),
      // A knob that does not apply makes no other group.
      run('d', { model: 'gpt2', seed: 2, num_mem_tokens: 3 }),
    ];
    const groups = groupsOf(runs);
    expect(groups.map(({ name }) => name)).toEqual(['RMT, decoder', 'Transformer, decoder']);
    expect(groups.map((group) => group.runs.map(({ id }) => id).join())).toEqual(['a,c', 'b,d']);
  });

  it('are named after their model if there is one only', () => {
    expect(groupsOf([run('a', { seed: 1 }), run('b', { seed: 2 })])).toMatchObject([{ name: 'RMT, decoder' }]);
  });
});

describe('the mean of curves', () => {
  it('is taken where all have a point, and skips curves that have none', () => {
    const points = meanOf([
      [
        { x: 0, y: 0.1 },
        { x: 5, y: 0.2 },
        { x: 10, y: 0.9 },
      ],
      [
        { x: 0, y: 0.3 },
        { x: 5, y: 0.2 },
      ],
      [],
    ]);
    expect(points).toMatchObject([
      { x: 0, count: 2 },
      { x: 5, low: 0.2, mean: 0.2, high: 0.2, count: 2 },
    ]);
    expect(points[0]?.mean).toBeCloseTo(0.2, 12);
    // t(1) = 12.7062, s/√n = 0.1.
    expect(points[0]?.high).toBeCloseTo(0.2 + 1.27062, 4);
    expect(meanOf([[{ x: 1, y: 0.5 }]])).toMatchObject([{ x: 1, mean: 0.5, low: undefined, count: 1 }]);
  });
});
