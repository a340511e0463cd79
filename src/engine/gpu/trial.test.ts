import { describe, expect, it } from 'vitest';
import { agree, timeReplay } from './trial.ts';

describe('the time of a replay', () => {
  /** A clock that adds `latency` to each round and rounds to `step`. */
  const clock = (each: number, latency = 0, step = 0) => {
    const rounds: number[] = [];
    const round = async (replays: number) => {
      rounds.push(replays);
      const took = replays * each + latency;
      return step > 0 ? Math.floor(took / step) * step : took;
    };
    return { rounds, round };
  };

  it('comes from rounds that are long compared with the clock’s resolution, even for short replays', async () => {
    const { rounds, round } = clock(0.01, 0.3, 0.1);
    const ms = await timeReplay(round);
    // The latency of a submit is distributed over enough replays to be negligible.
    expect(ms / 0.01).toBeGreaterThan(0.95);
    expect(ms / 0.01).toBeLessThan(1.05);
    expect((rounds.at(-1) ?? 0) * 0.01).toBeGreaterThan(15);
  });

  it('needs one replay per round if a replay is slow, and one round if it is very slow', async () => {
    const long = clock(40);
    expect(await timeReplay(long.round)).toBe(40);
    expect(long.rounds).toEqual([1, 1, 1]);
    const longer = clock(400);
    expect(await timeReplay(longer.round)).toBe(400);
    expect(longer.rounds).toEqual([1]);
  });

  it('is the time of the fastest round', async () => {
    const times = [30, 25, 50];
    expect(await timeReplay(async () => times.shift() ?? Number.NaN)).toBe(25);
  });

  it('is infinite if the clock does not advance: such a candidate never wins', async () => {
    const { rounds, round } = clock(0);
    expect(await timeReplay(round)).toBe(Number.POSITIVE_INFINITY);
    expect(Math.max(...rounds)).toBe(4096);
  });
});

describe('results agree', () => {
  const numbers = (...values: number[]) => [Float32Array.from(values)];

  it('up to a ten thousandth of the largest', () => {
    expect(agree(numbers(1, 100.005), numbers(1, 100))).toBe(true);
    expect(agree(numbers(1.02, 100), numbers(1, 100))).toBe(false);
    // The tolerance of large sums does not apply to small gradients.
    expect(agree(numbers(0, 0), numbers(1e-4, 1e-5))).toBe(false);
    expect(agree(numbers(0, 0), numbers(0, 0))).toBe(true);
  });

  it('but not if one contains NaN or has another length', () => {
    expect(agree(numbers(Number.NaN), numbers(1))).toBe(false);
    expect(agree(numbers(1), numbers(Number.NaN))).toBe(false);
    expect(agree(numbers(1), numbers(1, 1))).toBe(false);
    expect(agree([], numbers(1))).toBe(false);
  });
});
