// The numbers behind the charts: as many rows as measurements, in full precision.
import { describe, expect, it } from 'vitest';
import { intervalOf } from '../../analysis/wilson.ts';
import { presetConfig } from '../../experiment/presets.ts';
import { Curves } from '../../store/library/curves.ts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { someMetrics } from '../../testing/metrics.ts';
import { accuracyData, comparedData, curvesData, inFull, positionsData, reportedData, stepsData } from './data.ts';
import { published } from './published.ts';

const config = { ...presetConfig('memorize'), seed: 7 };
const progress = (step: number, segments = 1) => ({
  step,
  steps: 400,
  stage: segments - 1,
  stages: 4,
  stageStep: step,
  stageSteps: 100,
  segments,
});

function curves(steps: number): Curves {
  const made = new Curves();
  for (let step = 1; step <= steps; step++) {
    const segments = step > 100 ? 2 : 1;
    made.step({
      type: 'train-step',
      progress: progress(step, segments),
      batchSegments: 1,
      ...someMetrics({ loss: 1 / step, accuracy: step / steps, learningRate: 1e-3, gradientNorm: step }),
      remaining: 1,
    });
    if (step % 50 === 0)
      made.validation({
        type: 'validation',
        progress: progress(step, segments),
        segments,
        samples: 8,
        accuracy: 0.5,
        whole: 0.25,
        loss: 2 / 3,
        commonest: 0.25,
      });
  }
  return made;
}

const result = (id: number, more: Partial<EvaluateResult> = {}): EvaluateResult => ({
  id,
  label: `model ${id}`,
  task: 'memorize',
  measure: 'classes',
  unit: undefined,
  chance: 1 / 6,
  model: { kind: 'RMT, encoder', segmentSize: 2, name: 'm' } as EvaluateResult['model'],
  text: undefined,
  files: [],
  segments: [1, 2],
  samples: 9,
  status: 'finished',
  points: [1, 2].map((segments) => ({
    segments,
    right: 7,
    asked: 9,
    whole: 7,
    generated: undefined,
    f1: undefined,
    samples: 9,
    wanted: 9,
    loss: 0.5,
    commonest: 3,
    suspicions: [],
    positions: undefined,
  })),
  ...more,
});

describe('curves', () => {
  it('are not thinned out: every step and every validation', () => {
    const data = curvesData(curves(400), config);
    expect(data.rows.length).toBe(400 + 8);
    expect(data.rows.every((row) => row.length === data.columns.length)).toBe(true);
    expect(data.rows[2]?.slice(0, 5)).toEqual(['batch', 3, 1, 1, 3 / 400]);
    expect(data.rows[2]?.[6]).toBe(1 / 3);
    expect(data.rows.at(-1)?.slice(0, 7)).toEqual(['validation', 400, 1, 2, 0.5, 0.25, 2 / 3]);
    expect(data.experiment).toMatchObject({ view: 'train', config: { seed: 7 } });
    const steps = stepsData(curves(400), config);
    expect(steps.rows.length).toBe(400);
    expect(steps.rows[100]?.slice(0, 8)).toEqual([101, 1, 2, 2, 1 / 101, 101 / 400, 1e-3, 101]);
    expect(steps.rows.every((row) => row.length === steps.columns.length)).toBe(true);
  });

  it('of a very long run give the number of steps averaged in each row', () => {
    const { rows } = stepsData(curves(9000), config);
    expect(rows.reduce((sum, [, count]) => sum + Number(count), 0)).toBe(9000);
    expect(rows.length).toBeGreaterThan(2000);
  });

  it('of several runs name each', () => {
    const validations = inFull(curves(100));
    const runs = [1, 2].map((id) => ({ name: `run ${id}`, config, files: [], validations }));
    const { rows, columns } = comparedData(runs);
    expect(rows.length).toBe(4);
    expect(rows.every((row) => row.length === columns.length)).toBe(true);
    expect(rows[2]?.[0]).toBe('2. run 2');
  });
});

describe('evaluations', () => {
  it('have the interval that is drawn, and the values of RMT-1M', () => {
    const { rows, columns } = accuracyData([result(1), result(2)], published);
    expect(rows.length).toBe(4 + published.length * 12);
    expect(rows.every((row) => row.length === columns.length)).toBe(true);
    const { low, high } = intervalOf(7 / 9, 9);
    expect(rows[3]?.slice(1, 6)).toEqual([2, 7 / 9, low, high, 9]);
    expect(rows.at(-1)?.slice(0, 3)).toEqual(['RMT-1M, Reasoning', 4096, 0.819]);
  });

  it('of language modelling are given position by position', () => {
    const [point] = result(1).points;
    const positions = Float32Array.of(3, 2, 1, 0.5);
    const points = point ? [{ ...point, segments: 2, positions }] : [];
    const { rows } = positionsData([result(1, { points, measure: 'every word', task: 'language' })], 2);
    expect(rows.map(([, ...rest]) => rest)).toEqual([
      [1, 1, 3],
      [2, 1, 2],
      [3, 2, 1],
      [4, 2, 0.5],
    ]);
  });

  it('are given next to every number of RMT', () => {
    const { rows, columns } = reportedData([result(1)]);
    expect(rows.every((row) => row.length === columns.length)).toBe(true);
    expect(rows.filter(([source]) => source === 'here').length).toBe(2);
    expect(rows.filter(([source]) => source === 'RMT').length).toBeGreaterThan(50);
  });
});
