// The probe: what it measures, that it finds what is in a memory and nothing where there is nothing, and its end.
import { afterEach, describe, expect, it } from 'vitest';
import { rowOf } from '../../analysis/linear-algebra.ts';
import { principalComponents, projected } from '../../analysis/pca.ts';
import type { ModelSource } from '../../protocol/index.ts';
import { places } from '../../tasks/facts.ts';
import { Desk, type Job, last, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, file, plain, withTensor } from '../../testing/session-runs.ts';

useSimpleKernels();

afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

const probe = (model: ModelSource, more: Partial<Job<'probe'>> = {}) =>
  ({ kind: 'probe', model, segments: 3, samples: 48, seed: 1, points: 8, penalty: 0.1, word: 0, ...more }) as const;

describe('a probe', () => {
  it('reports the documents, the projections and every measured segment, the same each time', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    const events = await desk.run(probe(model));
    const tokens = ofType(events, 'probe-begin')[0]?.model.memTokens ?? 0;
    expect(tokens).toBeGreaterThan(1);
    expect(story(events)).toBe(
      `probe-begin probe-reading probe-reading probe-documents probe-projection probe-point probe-point probe-point ${'probe-projection '.repeat(tokens)}probe-end`,
    );
    expect(ofType(events, 'probe-reading').map(({ documents }) => documents)).toEqual([32, 48]);
    const [documents] = ofType(events, 'probe-documents');
    expect(documents).toMatchObject({ at: [0, 1, 2], classes: places, fitted: 32 });
    expect(documents?.labels).toHaveLength(48);
    for (const { answers, control, commonest, rank, informed, asked = -1 } of ofType(events, 'probe-point')) {
      for (const count of [answers.heldOut, control.heldOut, commonest, informed, asked]) {
        expect(count).toBeGreaterThanOrEqual(0);
        expect(count).toBeLessThanOrEqual(16);
      }
      expect(answers.fitted).toBeLessThanOrEqual(32);
      expect(rank).toBeLessThanOrEqual(31);
    }
    // After the last segment every fact has been read.
    expect(last(ofType(events, 'probe-point')).informed).toBe(16);
    const again = await new Desk().run(probe(model));
    expect(ofType(again, 'probe-point')).toEqual(ofType(events, 'probe-point'));
  });

  it('counts the model’s own answers as an evaluation does', async () => {
    const { bytes } = await completeRun();
    const always = withTensor(
      withTensor(bytes, 'classifier.weight', () => 0),
      'classifier.bias',
      (i) => (i === 2 ? 1 : 0),
    );
    const events = await new Desk().run(probe(file(always), { segments: 2 }));
    const [documents] = ofType(events, 'probe-documents');
    const held = documents?.labels.slice(documents.fitted) ?? [];
    const gardens = held.filter((label) => label === 2).length;
    expect(ofType(events, 'probe-point').map(({ asked }) => asked)).toEqual([gardens, gardens]);
  });

  it('finds nothing in a memory that does not vary, and projects it onto one point', async () => {
    const { bytes } = await completeRun(plain);
    // The last layer norm gives every position the same vector.
    const constant = withTensor(bytes, 'bert.encoder.layer.1.output.LayerNorm.weight', () => 0);
    const events = await new Desk().run(probe(file(constant), { segments: 2 }));
    for (const { answers, commonest, control, rank } of ofType(events, 'probe-point')) {
      expect(rank).toBe(0);
      expect(answers.heldOut).toBe(commonest);
      expect(control.fitted).toBe(answers.fitted);
    }
    for (const { explained } of ofType(events, 'probe-projection')) expect(explained).toEqual([0, 0]);
  });

  it('projects onto the principal axes: they are orthonormal, and the points have no mean', async () => {
    const events = await new Desk().run(probe(file((await completeRun()).bytes), { segments: 2 }));
    for (const { axes, explained, points } of ofType(events, 'probe-projection')) {
      const width = axes.length / 2;
      const product = (i: number, j: number) =>
        Array.from({ length: width }, (_, k) => (axes[i * width + k] ?? 0) * (axes[j * width + k] ?? 0)).reduce(
          (a, b) => a + b,
          0,
        );
      expect(product(0, 0)).toBeCloseTo(1, 5);
      expect(product(0, 1)).toBeCloseTo(0, 5);
      expect(explained[0]).toBeGreaterThanOrEqual(explained[1]);
      expect(points).toHaveLength(2 * 48 * 2);
      const pairs = Array.from({ length: points.length / 2 }, (_, i) => points.slice(2 * i, 2 * i + 2));
      const own = principalComponents(pairs);
      // What varies most in the plane is its first axis.
      expect(Math.abs(rowOf(own.axes, 0)[0] ?? 0)).toBeCloseTo(1, 3);
      expect(projected(own, Float32Array.of(0, 0)).every((value) => Math.abs(value) < 1e-3)).toBe(true);
    }
  });

  it('ends at a stop, and refuses a text without an answer and a model without memory', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    await desk.ask(probe(model, { samples: 5000 }), 'probe-reading');
    const end = await desk.ask({ type: 'stop', of: 'probe' }, 'probe-end');
    expect(end.finished).toBe(false);
    await expect(new Desk().run(probe(model, { task: 'nowhere' }))).resolves.toMatchObject([
      { type: 'failed', status: 2 },
    ]);
  });
});
