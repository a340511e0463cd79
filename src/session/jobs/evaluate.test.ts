// Evaluations, and the model in training streamed and evaluated while it is trained.
import { afterEach, describe, expect, it } from 'vitest';
import type { Report } from '../../protocol/index.ts';
import { places } from '../../tasks/facts.ts';
import { Desk, last, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import {
  completeRun,
  evaluate,
  expectSameBytes,
  file,
  firstSteps,
  outcomes,
  save,
  start,
  stream,
  training,
  withTensor,
} from '../../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('an evaluation', () => {
  it('reports the running result of each number of segments', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    const events = await desk.run(evaluate(model));
    expect(story(events)).toBe(`evaluate-begin ${'evaluate-point '.repeat(9)}evaluate-end`);
    expect(events[0]).toMatchObject({ task: 'memorize', model: { name: 'run.safetensors' } });
    const points = ofType(events, 'evaluate-point');
    expect(points.map(({ segments, samples, wanted }) => [segments, samples, wanted])).toEqual(
      [1, 2, 3].flatMap((segments) => [32, 64, 70].map((samples) => [segments, samples, 70])),
    );
    for (const [i, { right, samples, segments }] of points.entries()) {
      const before = points[i - 1];
      expect(right).toBeLessThanOrEqual(samples);
      if (before?.segments === segments) expect(right).toBeGreaterThanOrEqual(before.right);
    }
    expect(last(events)).toEqual({ type: 'evaluate-end', finished: true });
    expect(await desk.run(evaluate(model))).toEqual(events);
    expect(ofType(await desk.run(evaluate(model, { segments: [3] })), 'evaluate-point')).toEqual(points.slice(6));
  });

  it('counts correctly: of six models with constant answers, exactly one is right on each sample', async () => {
    const { bytes } = await completeRun();
    const desk = new Desk();
    const rights = [];
    for (const place of places.keys()) {
      const always = withTensor(
        withTensor(bytes, 'classifier.weight', () => 0),
        'classifier.bias',
        (i) => (i === place ? 1 : 0),
      );
      const points = ofType(await desk.run(evaluate(file(always), { segments: [2], samples: 40 })), 'evaluate-point');
      rights.push(last(points).right);
    }
    expect(rights.reduce((a, b) => a + b)).toBe(40);
    expect(Math.max(...rights)).toBeLessThan(20);
  });

  it('can be stopped, and can be replaced by another', async () => {
    const model = file((await completeRun()).bytes);
    const desk = new Desk();
    await desk.ask(evaluate(model, { samples: 100_000 }), 'evaluate-point');
    const events = await desk.run({ type: 'stop', of: 'evaluate' });
    expect(last(events)).toEqual({ type: 'evaluate-end', finished: false });
    await desk.ask(evaluate(model, { samples: 100_000 }), 'evaluate-point');
    const replaced = await desk.run(evaluate(model, { segments: [1] }));
    expect(ofType(replaced, 'evaluate-end').map(({ finished }) => finished)).toEqual([false, true]);
    expect(story(await desk.run(evaluate(model), { type: 'stop', of: 'evaluate' }))).toBe(
      'evaluate-begin evaluate-end',
    );
  });
});

describe('an evaluation at several settings of the task', () => {
  const config = { task: 'key-value', pairs: '2', stages: [1], stage_steps: [1] } as const;

  it('has a point for each combination, and says how many facts fit', async () => {
    const model = file((await completeRun(config)).bytes);
    const desk = new Desk();
    const asked = { segments: [1, 2], samples: 8, settings: { pairs: ['2', '4', '48'] } };
    const events = await desk.run(evaluate(model, asked));
    expect(ofType(events, 'evaluate-begin')).toMatchObject([{ model: { knobs: { pairs: '2' } } }]);
    const points = ofType(events, 'evaluate-point');
    // A segment of 11 tokens holds five pairs, or four and the question.
    expect(points.map(({ settings, segments, facts }) => [settings, segments, facts])).toEqual([
      [{ pairs: '2' }, 1, 2],
      [{ pairs: '2' }, 2, 2],
      [{ pairs: '4' }, 1, 4],
      [{ pairs: '4' }, 2, 4],
      [{ pairs: '48' }, 1, 4],
      [{ pairs: '48' }, 2, 5],
    ]);
    const own = ofType(await desk.run(evaluate(model, { segments: [1, 2], samples: 8 })), 'evaluate-point');
    expect(points.slice(0, 2)).toEqual(own.map((point) => ({ ...point, settings: { pairs: '2' } })));
  });

  it.each([
    [{ pairs: ['5'] }, /^settings of key-value: pairs: "5" \(expected one of 4, 1, 2, /],
    [
      { moves: ['6'] },
      "settings of key-value: no setting 'moves' (expected one of pairs, keys, pair_position, more_questions, practice)",
    ],
  ])('is refused where the task has none such: %j', async (settings, message) => {
    const model = file((await completeRun(config)).bytes);
    const events = await new Desk().run(evaluate(model, { settings }));
    expect(events).toMatchObject([{ type: 'failed', status: 2 }]);
    expect(ofType(events, 'failed')[0]?.message).toMatch(message);
  });
});

describe('an evaluation of long documents', () => {
  it('reports how far it has come, and stops in the middle of them', async () => {
    const desk = new Desk();
    const asked = evaluate(file((await completeRun()).bytes), { segments: [65_536], samples: 4 });
    const { segments, samples, reading } = await desk.ask(asked, 'evaluate-reading');
    expect([segments, samples, reading.documents]).toEqual([65_536, 0, 4]);
    expect(reading.segments).toBeLessThan(65_536);
    const events = await desk.run({ type: 'stop', of: 'evaluate' });
    expect(last(events)).toEqual({ type: 'evaluate-end', finished: false });
    expect(ofType(desk.events, 'evaluate-point')).toEqual([]);
  });
});

describe('the model in training', () => {
  it('can be streamed and evaluated in its current state, without affecting its training', async () => {
    const desk = new Desk();
    await firstSteps(desk, 4);
    const { bytes } = await desk.ask(save, 'checkpoint');
    const content = (events: readonly Report[]) =>
      ofType(events, 'stream-segment').map(({ milliseconds, gpuBytes, ...segment }) => segment);
    const now = await desk.ask(stream(training), 'stream-end');
    const shown = content(desk.events);
    expect(content(await new Desk().run(stream(file(bytes))))).toEqual(shown);
    expect(now.finished).toBe(true);
    await desk.ask(evaluate(training), 'evaluate-end');
    const rights = ofType(desk.events, 'evaluate-point').map(({ right }) => right);
    const copy = ofType(await new Desk().run(evaluate(file(bytes))), 'evaluate-point');
    expect(copy.map(({ right }) => right)).toEqual(rights);

    await desk.run({ type: 'continue', of: 'train' });
    expect(outcomes(desk.events)).toEqual(outcomes((await completeRun()).events));
    expectSameBytes(last(ofType(desk.events, 'checkpoint')).bytes, (await completeRun()).bytes);
  });

  it('can be streamed and evaluated at full speed', async () => {
    const config = { stage_steps: [6] };
    const desk = new Desk();
    await desk.ask(start(config), 'train-step');
    const events = await desk.run(stream(training, { segments: 8 }), evaluate(training, { segments: [1, 2] }));
    expect(ofType(events, 'stream-segment')).toHaveLength(8);
    expect(ofType(events, 'evaluate-point')).toHaveLength(6);
    expect(outcomes(desk.events)).toEqual(outcomes((await completeRun(config)).events));
  });

  it('remains available for both after the run', async () => {
    const desk = new Desk();
    await desk.run(start());
    const segments = (events: readonly Report[]) => ofType(events, 'stream-segment').map(({ memory }) => memory);
    const streamed = segments(await desk.run(stream(training)));
    expect(streamed).toHaveLength(5);
    expect(streamed).toEqual(segments(await desk.run(stream(file((await completeRun()).bytes)))));
    expect(last(await desk.run(evaluate(training)))).toEqual({ type: 'evaluate-end', finished: true });
  });
});
