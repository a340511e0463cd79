// Stored curves: their format, and those that were stored before a metric was added.
import * as v from 'valibot';
import { describe, expect, it } from 'vitest';
import { seriesSchema } from '../../analysis/series.ts';
import { trainStep } from '../../testing/events.ts';
import { curveMetrics } from '../../train/metrics.ts';
import { Curves } from './curves.ts';
import { parseCurves } from './record.ts';

/** Curves as the first version of the page stored them. */
const first = {
  steps: {
    every: 1,
    columns: {
      loss: [1.5, 1.25],
      accuracy: [0.25, 0.5],
      learningRate: [1e-4, 2e-4],
      gradientNorm: [3, null],
      x: [1, 2],
      count: [1, 1],
    },
  },
  validations: [],
  bands: [{ stage: 0, segments: 1, from: 0 }],
};
const laterKeys = curveMetrics.flatMap(({ key, curve }) => (curve.since === undefined ? [] : [key]));

describe('stored curves', () => {
  it('of the first version open, and are stored again as they were', () => {
    const { steps, ...rest } = Curves.from(parseCurves(first)).data();
    const old = Object.entries(steps.columns).filter(([key]) => !laterKeys.some((later) => later === key));
    expect(JSON.stringify({ steps: { ...steps, columns: Object.fromEntries(old) }, ...rest })).toBe(
      JSON.stringify(first),
    );
  });

  it('continue with the metrics of further steps', () => {
    const curves = Curves.from(parseCurves(first));
    curves.step(trainStep(3));
    const { steps } = curves.data();
    expect(steps.columns.loss).toEqual([1.5, 1.25, 1.25]);
    for (const key of laterKeys) expect(steps.columns[key].slice(0, 2)).toEqual([null, null]);
  });

  it('may lack a column that was added later, and no other', () => {
    const schema = seriesSchema(['loss', 'entropy'], 10, ['entropy']);
    const columns = { loss: [2, 1], x: [1, 2], count: [1, 1] };
    expect(v.parse(schema, { every: 1, columns })).toEqual({
      every: 1,
      columns: { ...columns, entropy: [null, null] },
    });
    const whole = { every: 1, columns: { ...columns, entropy: [3, 4] } };
    expect(v.parse(schema, whole)).toEqual(whole);
    const { loss: _, ...without } = whole.columns;
    expect(v.is(schema, { every: 1, columns: without })).toBe(false);
    expect(v.is(schema, { every: 1, columns: { ...columns, entropy: [3] } })).toBe(false);
    expect(v.is(schema, { every: 1, columns: { ...columns, entropy: undefined } })).toBe(false);
  });
});
