import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaults } from '../experiment/config.ts';
import { Random } from '../random.ts';
import {
  averageSegments,
  drawSegments,
  learningRate,
  noPlateau,
  plateauAfter,
  plateauRate,
  stepsOf,
  totalSteps,
} from './schedule.ts';

const rates = (config: Parameters<typeof learningRate>[0], steps: number, isLast = false) =>
  Array.from({ length: steps }, (_, i) => learningRate(config, i + 1, steps, isLast));

const linear = { learning_rate: 0.5, warmup_ratio: 0.2, schedule: 'linear' } as const;
const constant = { ...linear, schedule: 'constant' } as const;

describe('learningRate', () => {
  it('rises linearly over the warmup to the maximum', () => {
    for (const config of [linear, constant])
      expect(rates(config, 20).slice(0, 4)).toEqual([0.5 / 4, 0.5 / 2, (0.5 * 3) / 4, 0.5]);
  });

  it('then falls linearly, to reach 0 one step after the last', () => {
    const falling = rates(linear, 20).slice(4);
    for (const [i, rate] of falling.entries()) expect(rate).toBeCloseTo((0.5 * (16 - i)) / 17, 15);
    expect(falling.at(-1)).toBeCloseTo(0.5 / 17, 15);
    expect(learningRate(linear, 21, 20, true)).toBe(0);
  });

  it('then stays constant under the constant schedule', () => {
    expect(rates(constant, 20).slice(4)).toEqual(Array.from({ length: 16 }, () => 0.5));
  });

  it('falls in the last stage alone under the constant-linear schedule', () => {
    const both = { ...linear, schedule: 'constant-linear' } as const;
    expect(rates(both, 20)).toEqual(rates(constant, 20));
    expect(rates(both, 20, true)).toEqual(rates(linear, 20));
  });

  it('then falls as half a cosine under the cosine schedule: fast in the middle, flat at both ends', () => {
    const cosine = { ...linear, schedule: 'cosine' } as const;
    const falling = rates(cosine, 20).slice(4);
    for (const [i, rate] of falling.entries())
      expect(rate).toBeCloseTo(0.25 * (1 + Math.cos((Math.PI * (i + 1)) / 17)), 15);
    expect(falling[0]).toBeGreaterThan(rates(linear, 20)[4] ?? Number.NaN);
    expect(learningRate(cosine, 21, 20, true)).toBe(0);
  });

  it('then stays constant under the plateau schedule', () => {
    expect(rates({ ...linear, schedule: 'plateau' }, 20)).toEqual(rates(constant, 20));
  });

  it('without warmup begins at the maximum, or one step below', () => {
    expect(rates({ ...constant, warmup_ratio: 0 }, 3)).toEqual([0.5, 0.5, 0.5]);
    expect(rates({ ...linear, warmup_ratio: 0 }, 4)).toEqual([4, 3, 2, 1].map((left) => (0.5 * left) / 5));
    // In so short a stage the share rounds to 0 steps.
    expect(rates({ ...constant, warmup_ratio: 0.1 }, 4)).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  it('may consist of warmup only', () => {
    expect(rates({ ...linear, warmup_ratio: 1 }, 4)).toEqual([0.125, 0.25, 0.375, 0.5]);
    expect(rates({ ...linear, warmup_ratio: 1 }, 1)).toEqual([0.5]);
  });

  it('matches the formula at every step of any stage, is positive and at most the maximum', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 1e-8, max: 1, noNaN: true }),
        (steps, warmup_ratio, learning_rate) => {
          const warmup = Math.round(warmup_ratio * steps);
          rates({ warmup_ratio, learning_rate, schedule: 'linear' }, steps).forEach((rate, i) => {
            const step = i + 1;
            const share = step <= warmup ? step / warmup : (steps + 1 - step) / (steps + 1 - warmup);
            expect(rate / learning_rate).toBeCloseTo(share, 12);
            expect(rate).toBeGreaterThan(0);
            expect(rate / learning_rate).toBeLessThanOrEqual(1 + 1e-12); // rounding may exceed the maximum
          });
        },
      ),
    );
  });

  it('of a long stage ends near 0', () => {
    expect(learningRate(defaults, 1000, 1000, true) / defaults.learning_rate).toBeLessThan(0.0012);
  });
});

describe('the curriculum', () => {
  it('has one number of steps for all stages, or one for each', () => {
    const one = { stages: [1, 2, 4], stage_steps: [7] };
    const each = { stages: [1, 2, 4], stage_steps: [7, 1, 5] };
    expect([0, 1, 2].map((stage) => stepsOf(one, stage))).toEqual([7, 7, 7]);
    expect([0, 1, 2].map((stage) => stepsOf(each, stage))).toEqual([7, 1, 5]);
    expect(totalSteps(one)).toBe(21);
    expect(totalSteps(each)).toBe(13);
  });
});

describe('the segments of a batch', () => {
  const drawn = (how: 'uniform' | 'mostly' | 'fixed', most: number, count = 4000) => {
    const random = new Random(1);
    return Array.from({ length: count }, () => drawSegments(how, most, random));
  };
  const share = (items: readonly number[], wanted: number) =>
    items.filter((item) => item === wanted).length / items.length;

  it('are always the stage’s maximum if fixed', () => {
    expect(new Set(drawn('fixed', 4))).toEqual(new Set([4]));
    expect(averageSegments('fixed', 4)).toBe(4);
  });

  it('are uniform from 1 to the stage’s maximum if uniform', () => {
    const items = drawn('uniform', 4);
    // 4000 draws: the standard deviation of a share of 1/4 is 0.007.
    for (const n of [1, 2, 3, 4]) expect(Math.abs(share(items, n) - 1 / 4)).toBeLessThan(0.03);
    expect(averageSegments('uniform', 4)).toBe(2.5);
  });

  it('are the stage’s maximum 70 % of the time, otherwise uniform, if mostly', () => {
    const items = drawn('mostly', 4);
    expect(Math.abs(share(items, 4) - (0.7 + 0.3 / 4))).toBeLessThan(0.03);
    for (const n of [1, 2, 3]) expect(Math.abs(share(items, n) - 0.3 / 4)).toBeLessThan(0.02);
    expect(averageSegments('mostly', 4)).toBeCloseTo(0.7 * 4 + 0.3 * 2.5, 12);
  });

  it.each(['uniform', 'mostly', 'fixed'] as const)('are 1 in a stage of one segment, on average too (%s)', (how) => {
    expect(new Set(drawn(how, 1, 100))).toEqual(new Set([1]));
    expect(averageSegments(how, 1)).toBe(1);
  });
});

describe('the plateau', () => {
  const after = (losses: readonly number[], patience: number) =>
    losses.reduce((plateau, loss) => plateauAfter(plateau, loss, patience), noPlateau);
  const plateau = { schedule: 'plateau', plateau_factor: 0.5, learning_rate_min: 0 } as const;

  it('reduces the rate after more validations without improvement than its patience, and restarts the count', () => {
    expect(after([3, 2, 2, 2], 2)).toEqual({ best: 2, waited: 2, drops: 0 });
    expect(after([3, 2, 2, 2, 2], 2)).toEqual({ best: 2, waited: 0, drops: 1 });
    expect(after([3, 2, 2, 2, 2, 5, 5, 5], 2)).toEqual({ best: 2, waited: 0, drops: 2 });
    expect(after([3, 3], 0)).toEqual({ best: 3, waited: 0, drops: 1 });
  });

  it('ends when the loss falls by one part in ten thousand', () => {
    expect(after([1, 1, 1, 0.9998], 5)).toEqual({ best: 0.9998, waited: 0, drops: 0 });
    expect(after([1, 1, 1, 0.99995], 5)).toEqual({ best: 1, waited: 3, drops: 0 });
  });

  it('multiplies the rate by its factor for each drop, down to the minimum, under the plateau schedule only', () => {
    const dropped = (drops: number) => ({ best: 1, waited: 0, drops });
    expect(plateauRate(plateau, 0.8, noPlateau)).toBe(0.8);
    expect(plateauRate(plateau, 0.8, dropped(3))).toBe(0.1);
    expect(plateauRate({ ...plateau, learning_rate_min: 0.3 }, 0.8, dropped(3))).toBe(0.3);
    // The warmup may be below the minimum.
    expect(plateauRate({ ...plateau, learning_rate_min: 0.3 }, 0.2, dropped(3))).toBe(0.2);
    expect(plateauRate({ ...plateau, schedule: 'linear' }, 0.8, dropped(3))).toBe(0.8);
  });
});
