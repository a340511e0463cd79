import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { envelope, Series, seriesSchema } from './series.ts';

describe('Series', () => {
  it('keeps every point up to its limit', () => {
    const series = new Series(['y'], 8);
    for (let x = 1; x <= 8; x++) series.add(x, { y: x });
    expect(series.view().map(({ y }) => y)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('thins to means beyond it, without losing an addition', () => {
    const series = new Series(['y'], 8);
    for (let x = 1; x <= 1000; x++) series.add(x, { y: x });
    const points = series.view();
    expect(points.length).toBeLessThanOrEqual(8);
    expect(points.reduce((sum, { count }) => sum + count, 0)).toBe(1000);
    expect(points.reduce((sum, { y, count }) => sum + y * count, 0)).toBeCloseTo(500500, 6);
    expect(series.last?.x).toBe(1000);
  });

  it('stays fast over hundreds of thousands of additions', () => {
    const series = new Series(['y']);
    const begun = performance.now();
    for (let x = 0; x < 300_000; x++) series.add(x, { y: x });
    expect(series.length).toBeLessThanOrEqual(4096);
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it('shows no more points than requested', () => {
    const series = new Series(['y']);
    for (let x = 0; x < 1001; x++) series.add(x, { y: 1 });
    expect(series.view(100).length).toBeLessThanOrEqual(100);
    expect(series.view(100).every(({ y }) => y === 1)).toBe(true);
  });

  it('continues from storage as if it had never stopped', () => {
    for (const stop of [3, 8, 9, 500, 777]) {
      const whole = new Series(['y'], 8);
      let part = new Series(['y'], 8);
      for (let x = 1; x <= 1000; x++) {
        const y = x === 5 ? Number.NaN : Math.sin(x);
        whole.add(x, { y });
        part.add(x, { y });
        if (x !== stop) continue;
        const stored: unknown = JSON.parse(JSON.stringify(part.data()));
        part = new Series(['y'], 8);
        part.restore(v.parse(seriesSchema(['y'], 8), stored));
      }
      expect(part.view()).toEqual(whole.view());
    }
  });

  it.each([
    [{ every: 0, columns: { x: [], count: [], y: [] } }],
    [{ every: 1, columns: { x: [1], count: [1] } }],
    [{ every: 1, columns: { x: [1, 2], count: [1, 1], y: [1] } }],
    [{ every: 1, columns: { x: [2, 1], count: [1, 1], y: [1, 1] } }],
    [{ every: 1, columns: { x: [1, 2, 3], count: [1, 1, 1], y: [1, 1, 1] } }],
    [{ every: 1, columns: { x: [1], count: [1], y: ['1'] } }],
  ])('refuses %j', (stored) => {
    expect(v.safeParse(seriesSchema(['y'], 2), stored).success).toBe(false);
  });
});

describe('envelope', () => {
  it('keeps a single spike at any length', () => {
    const values = new Float32Array(4096);
    values[1234] = 1;
    const stretches = envelope(values, 4096, 100);
    expect(stretches.length).toBeLessThanOrEqual(100);
    expect(Math.max(...stretches.map(({ high }) => high))).toBe(1);
  });

  it('leaves gaps where numbers are missing', () => {
    expect(envelope([Number.NaN, 2], 2, 10)).toEqual([{ index: 1, low: 2, high: 2 }]);
  });
});
