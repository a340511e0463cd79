// Training through a session: reproducible to the bit, paused and stepped, and one run replacing another.
import { afterEach, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../models/checkpoint.ts';
import type { Report } from '../../protocol/index.ts';
import { places } from '../../tasks/facts.ts';
import { Desk, last, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import {
  completeRun,
  endless,
  expectSameBytes,
  firstSteps,
  outcomes,
  plain,
  save,
  start,
  step,
  stop,
  stream,
  tiny,
  training,
} from '../../testing/session-runs.ts';
import { learningRate } from '../../train/schedule.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('a run', () => {
  it('reports its beginning, steps, validations and end, in order', async () => {
    const { events } = await completeRun();
    // On a slow machine there are automatic saves in between.
    const saved = events.findLastIndex(({ type }) => type === 'checkpoint');
    expect(story(events.filter(({ type }, i) => type !== 'checkpoint' || i === saved))).toBe(
      'train-begin validation examples ' +
        // before the first step, by validate_every 2, and after the last step of a stage
        'train-step train-step validation examples train-step validation examples ' +
        'train-step train-step validation examples train-step validation examples ' +
        'checkpoint train-end',
    );
    const [begin] = ofType(events, 'train-begin');
    expect(begin?.model).toEqual({
      name: 'training',
      kind: 'RMT, encoder',
      answers: 'class',
      task: 'memorize',
      knobs: { sampling: 'split' },
      parameters: begin?.model.parameters,
      gpuBytes: begin?.model.gpuBytes,
      layers: 2,
      heads: 2,
      hiddenSize: 8,
      memTokens: 2,
      cacheSize: 0,
      segmentSize: 11,
      positions: 16,
      front: 4,
      looks: { write: { rows: 2, columns: 16 }, read: { rows: 16, columns: 2 } },
      classes: places,
    });
    expect(begin?.model.gpuBytes).toBeGreaterThan(4 * (begin?.model.parameters ?? Number.NaN));
    expect(begin?.progress).toEqual({
      step: 0,
      steps: 6,
      stage: 0,
      stages: 2,
      stageStep: 0,
      stageSteps: 3,
      segments: 1,
    });

    const steps = ofType(events, 'train-step');
    expect(
      steps.map(({ progress: { step, stage, stageStep, segments } }) => [step, stage, stageStep, segments]),
    ).toEqual([
      [1, 0, 1, 1],
      [2, 0, 2, 1],
      [3, 0, 3, 1],
      [4, 1, 1, 2],
      [5, 1, 2, 2],
      [6, 1, 3, 2],
    ]);
    for (const {
      progress,
      batchSegments,
      loss,
      accuracy,
      gradientNorm,
      milliseconds,
      tokensPerSecond,
      ...rest
    } of steps) {
      expect(batchSegments).toBeGreaterThanOrEqual(1);
      expect(batchSegments).toBeLessThanOrEqual(progress.segments);
      expect(rest.learningRate).toBe(
        learningRate(tiny, progress.stageStep, 3, progress.stage === tiny.stages.length - 1),
      );
      expect(Math.abs(loss - Math.log(6))).toBeLessThan(0.5);
      expect([0, 0.25, 0.5, 0.75, 1]).toContain(accuracy);
      expect(gradientNorm).toBeGreaterThan(0);
      expect(milliseconds).toBeGreaterThan(0);
      expect(tokensPerSecond).toBeGreaterThan(0);
      if (progress.step === 1) expect(rest).not.toHaveProperty('remaining');
      else expect(rest.remaining).toSatisfy((left: number) => left > 0 === progress.step < 6);
    }
    for (const { segments, samples, accuracy, loss, progress } of ofType(events, 'validation')) {
      expect([segments, samples]).toEqual([progress.segments, 32]);
      expect(accuracy * 32).toBe(Math.round(accuracy * 32));
      expect(Math.abs(loss - Math.log(6))).toBeLessThan(0.5);
    }
    const done = { step: 6, steps: 6, stage: 2, stages: 2, stageStep: 0, stageSteps: 3, segments: 2 };
    expect(last(events)).toEqual({ type: 'train-end', progress: done, finished: true, suspicions: expect.any(Array) });
    expect(last(ofType(events, 'checkpoint')).progress).toEqual(done);
  });

  it('reports a few validation samples with its predictions', async () => {
    const { events } = await completeRun();
    const shown = ofType(events, 'examples');
    const validations = ofType(events, 'validation');
    expect(shown.length).toBe(validations.length);
    for (const [i, { items, segments, progress }] of shown.entries()) {
      expect([segments, progress]).toEqual([validations[i]?.segments, validations[i]?.progress]);
      expect(items.length).toBe(6);
      for (const { prompt, skipped, expected, predicted, probabilities } of items) {
        // The fact and the question; the place in the fact is the correct answer.
        expect(prompt.join(' ')).toMatch(/^\w+ \w+.* where is \w+/);
        expect(prompt).toContain(expected[0]);
        expect(skipped).toBe(0);
        expect([expected.length, predicted.length]).toEqual([1, 1]);
        for (const place of [...expected, ...predicted]) expect(places).toContain(place);
        // Barely trained, it gives each of six classes about the same probability.
        expect(probabilities[0]).toBeGreaterThan(0.05);
        expect(probabilities[0]).toBeLessThan(0.5);
      }
    }
  });

  it('ends with a checkpoint that describes itself', async () => {
    const { bytes } = await completeRun();
    const { blueprint, vocabulary, task, training, tensors } = readCheckpoint(bytes, 'end');
    const { config } = blueprint;
    expect(config).toMatchObject({ hidden_size: 8, num_hidden_layers: 2, num_mem_tokens: 2, segment_size: 11 });
    expect(config).toMatchObject({ num_labels: 6, vocab_size: vocabulary?.length, hidden_dropout_prob: 0.1 });
    expect(vocabulary).toEqual(expect.arrayContaining(['[PAD]', 'mary', 'bathroom', 'river']));
    expect(task).toEqual({ id: 'memorize', knobs: { sampling: 'split' }, noise_words: 10 });
    expect(training).toEqual({
      config: tiny,
      progress: { step: 6, stage: 2, stageStep: 0, history: expect.objectContaining({ stage: 1, steps: 3 }) },
    });
    const names = [...tensors.keys()];
    const parameters = names.filter((name) => !name.startsWith('optimizer.'));
    expect(parameters).toContain('rmt.memory');
    for (const moment of ['m', 'v'])
      expect(names).toEqual(expect.arrayContaining(parameters.map((name) => `optimizer.${moment}.${name}`)));
    for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('is the same to the bit for the same seed, and differs for another', async () => {
    const { events, bytes } = await completeRun();
    const again = await new Desk().run(start());
    expect(outcomes(again)).toEqual(outcomes(events));
    expectSameBytes(last(ofType(again, 'checkpoint')).bytes, bytes);

    const other = await completeRun({ seed: 2 });
    const losses = (of: readonly Report[]) => ofType(of, 'train-step').map(({ loss }) => loss);
    losses(other.events).forEach((loss, i) => {
      expect(loss).not.toBe(losses(events)[i]);
    });
  });

  it('uses each stage’s own number of steps, and always its maximum of segments if fixed', async () => {
    const { events } = await completeRun({ stages: [2, 1], stage_steps: [1, 2], segments_drawn: 'fixed' });
    expect(ofType(events, 'train-step').map(({ progress: p, batchSegments }) => [p.stage, batchSegments])).toEqual([
      [0, 2],
      [1, 1],
      [1, 1],
    ]);
  });

  it('ends a stage when it reaches the accuracy, otherwise after its last step', async () => {
    // Even a constant answer is right at least once in 32 samples; this model is never right on all of them.
    const soon = await completeRun({ stage_until: 1 / 32, validate_every: 1 });
    expect(ofType(soon.events, 'train-step').map(({ progress }) => [progress.stage, progress.stageStep])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(last(ofType(soon.events, 'train-end')).finished).toBe(true);
    const never = await completeRun({ stage_until: 1, validate_every: 1 });
    expect(ofType(never.events, 'train-step')).toHaveLength(6);
  });

  it('gives each stage a fresh optimiser', async () => {
    const desk = new Desk();
    await firstSteps(desk, 4);
    const { tensors } = readCheckpoint((await desk.ask(save, 'checkpoint')).bytes, 'first step of stage 2');
    await desk.run(stop);
    // After one step m = (1 - β₁) g and v = (1 - β₂) g²; after more steps this no longer holds.
    const scale = (1 - tiny.adam_beta2) / (1 - tiny.adam_beta1) ** 2;
    const m = tensors.get('optimizer.m.bert.pooler.dense.weight')?.data ?? [];
    const v = tensors.get('optimizer.v.bert.pooler.dense.weight')?.data ?? [];
    expect(m.length).toBe(64);
    for (const [i, value] of m.entries()) expect(v[i]).toBeCloseTo(scale * value * value, 9);
    expect(Math.max(...v)).toBeGreaterThan(1e-7);
  });

  it('trains the baseline without memory', async () => {
    const desk = new Desk();
    const events = await desk.run(start({ ...plain, num_mem_tokens: 0, stage_steps: [1] }), save);
    const [begin] = ofType(events, 'train-begin');
    expect(begin?.model).toMatchObject({ memTokens: 0, positions: 14 });
    expect(last(ofType(events, 'train-end')).finished).toBe(true);
    const segments = ofType(await desk.run(stream(training)), 'stream-segment');
    expect(segments).toHaveLength(5);
    for (const segment of segments) {
      expect(segment.memory).toHaveLength(0);
      expect(segment).not.toHaveProperty('write');
      expect(segment).not.toHaveProperty('read');
    }
  });

  it('reads a noise text, and refuses an invalid one', async () => {
    const text = 'Zebras ponder. Zebras wander; slowly, they wonder!';
    const desk = new Desk();
    const events = await desk.run(
      start({ stages: [1], stage_steps: [1] }, { materials: { noise: { name: 'z.txt', text } } }),
    );
    const { bytes } = last(ofType(events, 'checkpoint'));
    expect(readCheckpoint(bytes, 'noise').vocabulary).toEqual(expect.arrayContaining(['zebras', 'wonder', '!']));
    const [event] = ofType(await desk.run(stream(training, { segments: 3 })), 'stream-segment').slice(1);
    for (const word of event?.words ?? []) expect(text.toLowerCase()).toContain(word);

    for (const [content, found] of [
      ['', 'no text'],
      [' \n', 'no text'],
      ['?!', 'no words'],
      ['a\0b', 'binary data (a NUL character)'],
    ] as const)
      expect(await desk.run(start({}, { materials: { noise: { name: 'z.txt', text: content } } }))).toMatchObject([
        {
          type: 'failed',
          during: 'train',
          message: `z.txt: ${found} (expected a text with at least one word)`,
          status: 2,
        },
      ]);
  });
});

describe('pause, step, continue, stop', () => {
  it('takes exactly one step per request, and then continues with the same results', async () => {
    const desk = new Desk();
    await desk.ask(start({}, { paused: true }), 'train-paused');
    expect(story(desk.events)).toBe('train-begin validation examples train-paused');
    for (let k = 1; k <= 3; k++) {
      const { progress } = await desk.ask(step, 'train-paused');
      expect(progress.step).toBe(k);
      expect(ofType(desk.events, 'train-step')).toHaveLength(k);
    }
    // Two requests at once are two steps.
    await desk.ask([step, step], 'train-paused');
    expect(ofType(desk.events, 'train-step')).toHaveLength(5);
    await desk.run({ type: 'continue', of: 'train' });
    const { events, bytes } = await completeRun();
    expect(outcomes(desk.events)).toEqual(outcomes(events));
    expectSameBytes(last(ofType(desk.events, 'checkpoint')).bytes, bytes);
    expect(last(desk.events)).toMatchObject({ type: 'train-end', finished: true });
  });

  it('pauses between two steps', async () => {
    const desk = new Desk();
    await desk.ask(start(endless), 'train-step');
    const { progress } = await desk.ask({ type: 'pause', of: 'train' }, 'train-paused');
    expect(ofType(desk.events, 'train-step')).toHaveLength(progress.step);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(last(desk.events).type).toBe('train-paused');
    // Pausing twice, and continuing a run in progress, change nothing.
    desk.send({ type: 'pause', of: 'train' }, { type: 'pause', of: 'train' });
    const next = await desk.ask({ type: 'continue', of: 'train' }, 'train-step');
    expect(next.progress.step).toBe(progress.step + 1);
    await desk.ask({ type: 'continue', of: 'train' }, 'train-step');
    // A step while it runs: at most one more, then paused.
    const before = ofType(desk.events, 'train-step').length;
    const paused = await desk.ask(step, 'train-paused');
    expect(paused.progress.step - before).toBeLessThanOrEqual(2);
    await desk.run(stop);
  });

  it('stops with a checkpoint, running or paused, and keeps the model', async () => {
    for (const before of [[], [{ type: 'pause', of: 'train' } as const]]) {
      const desk = new Desk();
      await desk.ask(start(endless), 'train-step');
      for (const command of before) await desk.ask(command, 'train-paused');
      const events = await desk.run(stop);
      const end = last(ofType(events, 'train-end'));
      expect(end.finished).toBe(false);
      const saved = last(ofType(events, 'checkpoint'));
      expect(saved.progress).toEqual(end.progress);
      expect(readCheckpoint(saved.bytes, 'stopped').training).toMatchObject({ progress: { step: end.progress.step } });
      expect(story(await desk.run(stop, step, { type: 'continue', of: 'train' }, { type: 'pause', of: 'train' }))).toBe(
        '',
      );
      expect(last(await desk.run(stream(training, { segments: 1 }))).type).toBe('stream-end');
    }
  });

  it('may be requested together with the start', async () => {
    const desk = new Desk();
    const events = await desk.run(start(endless), stop);
    expect(story(events)).toBe('train-begin train-end');
    expect(last(ofType(events, 'train-end'))).toMatchObject({ finished: false, progress: { step: 0 } });

    await desk.ask([start(endless), { type: 'pause', of: 'train' }], 'train-paused');
    expect(last(desk.events)).toMatchObject({ progress: { step: 0 } });
    await desk.run(stop);
  });
});

describe('a second run', () => {
  it('replaces the first, which ends with its checkpoint', async () => {
    const desk = new Desk();
    await desk.ask(start(endless), 'train-step');
    const from = desk.events.length;
    const events = await desk.run(start({ seed: 2 }));
    expect(desk.events.slice(from)).toEqual(events);
    expect(story(events)).toMatch(/^(train-step )*checkpoint train-end train-begin validation examples train-step /);
    expect(ofType(events, 'train-end').map(({ finished }) => finished)).toEqual([false, true]);
    const second = events.slice(events.findIndex(({ type }) => type === 'train-begin'));
    expect(outcomes(second)).toEqual(outcomes((await completeRun({ seed: 2 })).events));
  });

  it('is itself replaced or stopped while it waits for the first to end', async () => {
    const desk = new Desk();
    await desk.ask(start(endless), 'train-step');
    const events = await desk.run(start(endless), start(endless), stop);
    const ends = ofType(events, 'train-end');
    expect(ends.map(({ finished }) => finished)).toEqual([false, false]);
    expect(ends[1]?.progress.step).toBe(0);
    // The run in between had not begun and reports nothing.
    const last = desk.idOf('train');
    expect(new Set(desk.received.map(({ id }) => id))).toEqual(new Set([last - 2, last]));
  });
});
