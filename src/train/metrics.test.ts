// The table of metrics: its names, and what one step becomes in an event and in the output of `rmt train`.
import { describe, expect, it } from 'vitest';
import { presetConfig } from '../experiment/presets.ts';
import { someMetrics } from '../testing/metrics.ts';
import { allMetrics, curveMetrics, metricsJson, metricsOf, progressText } from './metrics.ts';

describe('the metrics of a step', () => {
  it('have names that do not collide, within themselves or with the other columns and keys', () => {
    const json = [...allMetrics.map(({ json }) => json), 'type', 'step', 'stage', 'segments'];
    expect(new Set(json).size).toBe(json.length);
    const columns = curveMetrics.map(({ curve }) => curve.column);
    const all = [...columns, 'step', 'steps averaged', 'stage', 'segments, at most'];
    expect(new Set(all).size).toBe(all.length);
    const keys = [...allMetrics.map(({ key }) => key), 'type', 'progress', 'batchSegments', 'remaining', 'x', 'count'];
    expect(new Set<string>(keys).size).toBe(keys.length);
  });

  it('are computed from its results and its time', () => {
    const batch = {
      loss: 0.5,
      correct: 3,
      scored: 4,
      exact: 1,
      predicted: [1, 2, 3, 4],
      expected: [1, 2, 3, 3],
      rows: [],
    };
    const made = metricsOf({
      config: presetConfig('tiny'),
      segments: 1,
      batch,
      learningRate: 1e-3,
      gradientNorm: 2,
      milliseconds: 20,
      tokensPerSecond: 300,
    });
    expect(made).toMatchObject({
      loss: 0.5,
      accuracy: 0.75,
      learningRate: 1e-3,
      gradientNorm: 2,
      milliseconds: 20,
      tokensPerSecond: 300,
    });
    expect(Object.keys(made)).toEqual(allMetrics.map(({ key }) => key));
  });

  // What other programs read: these keys, in this order, come first.
  it('have the keys of metrics.jsonl', () => {
    const step = someMetrics({ loss: 0.25, accuracy: 1, learningRate: 1e-3, milliseconds: 7 });
    const line = JSON.stringify(metricsJson(step));
    expect(line.replace('}', ',')).toMatch(
      '{"loss":0.25,"accuracy":1,"learning_rate":0.001,"gradient_norm":1,"ms":7,"tokens_per_second":1,',
    );
  });

  it('have a text for the progress line', () => {
    expect(progressText(someMetrics({ loss: 1.23456, accuracy: 0.456 }))).toMatch(/^loss 1\.235, accuracy 46 %/);
  });
});
