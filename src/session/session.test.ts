// The session as its user meets it: commands in, events out, on Dawn. One small shape of model is used again and again,
// as every new one costs the compilation of its pipelines.
import { afterEach, describe, expect, it } from 'vitest';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { parseConfig, type RunConfig } from '../experiment/config.ts';
import { type Checkpoint, readCheckpoint, writeCheckpoint } from '../models/checkpoint.ts';
import type { ModelSource, Report } from '../protocol/index.ts';
import { places } from '../tasks/facts.ts';
import { tasks } from '../tasks/index.ts';
import { Desk, type Job, last, type Of, ofType, story } from '../testing/desk.ts';
import { openGpu, testGpu } from '../testing/gpu.ts';
import { learningRate } from '../train/schedule.ts';

type Bytes = Uint8Array<ArrayBuffer>;

/** Two stages of three steps each, with dropout and noise on the memory. */
const tiny = parseConfig({
  task: 'memorize',
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 8,
  num_hidden_layers: 2,
  num_mem_tokens: 2,
  segment_size: 11,
  noise_words: 10,
  stages: [1, 2],
  stage_steps: [3],
  batch_size: 4,
  learning_rate: 0.01,
  validate_every: 2,
  validate_samples: 32,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  memory_noise: 0.2,
});
const plain: Partial<RunConfig> = { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0, memory_noise: 0 };
/** Steps to spare: a run that a test stops. */
const endless: Partial<RunConfig> = { stage_steps: [100_000], validate_every: 100_000 };

type Start = Job<'train'>;
const start = (config: Partial<RunConfig> = {}, more: Partial<Start> = {}): Start => ({
  kind: 'train',
  config: { ...tiny, ...config },
  ...more,
});
const stop = { type: 'stop', of: 'train' } as const;
const step = { type: 'step', of: 'train' } as const;
const save = { type: 'checkpoint', of: 'train' } as const;

const stream = (model: ModelSource, more: Partial<Job<'stream'>> = {}) =>
  ({ kind: 'stream', model, segments: 5, seed: 1, attention: true, ...more }) as const;
const evaluate = (model: ModelSource, more: Partial<Job<'evaluate'>> = {}) =>
  ({ kind: 'evaluate', model, segments: [1, 2, 3], samples: 70, seed: 1, ...more }) as const;
const training = { kind: 'training' } as const;
const taskIds = Object.keys(tasks).join(', ');
const file = (bytes: Bytes, name = 'run.safetensors') => ({ kind: 'checkpoint', name, bytes }) as const;

/** What a run did, without the time it took. */
const deeds = (events: readonly Report[]) =>
  events.flatMap(
    (event): (Of<'validation'> | Omit<Of<'train-step'>, 'milliseconds' | 'tokensPerSecond' | 'remaining'>)[] => {
      if (event.type === 'validation') return [event];
      if (event.type !== 'train-step') return [];
      const { milliseconds, tokensPerSecond, remaining, ...deed } = event;
      return [deed];
    },
  );

/** An undisturbed run and the checkpoint it ends with; each configuration is run once. */
const wholeRuns = new Map<string, Promise<{ events: Report[]; bytes: Bytes }>>();
function whole(config: Partial<RunConfig> = {}) {
  const key = JSON.stringify(config);
  const known = wholeRuns.get(key);
  if (known) return known;
  const run = new Desk()
    .run(start(config))
    .then((events) => ({ events, bytes: last(ofType(events, 'checkpoint')).bytes }));
  wholeRuns.set(key, run);
  return run;
}

/** Take the first `k` steps, one by one; the run is then paused. */
async function firstSteps(desk: Desk, k: number, config: Partial<RunConfig> = {}): Promise<void> {
  await desk.ask(start(config, { paused: true }), 'train-paused');
  for (let i = 0; i < k; i++) await desk.ask(step, 'train-paused');
}

function expectSameBytes(got: Bytes, want: Bytes): void {
  expect(got.length).toBe(want.length);
  const at = got.findIndex((byte, i) => byte !== want[i]);
  if (at >= 0) expect.fail(`byte ${at} of ${want.length} differs`);
}

/** A checkpoint with something changed. */
function altered(bytes: Bytes, change: (checkpoint: Checkpoint) => Partial<Checkpoint>): Bytes {
  const checkpoint = readCheckpoint(bytes, 'altered');
  const merged = { ...checkpoint, ...change(checkpoint) };
  return writeCheckpoint(
    Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)) as never,
  );
}

/** The checkpoint with one tensor's numbers replaced. */
const withTensor = (bytes: Bytes, name: string, values: (i: number, old: number) => number): Bytes =>
  altered(bytes, ({ tensors }) => ({
    tensors: new Map(
      [...tensors].map(([key, { shape, data }]) => [
        key,
        { shape, data: key === name ? data.map((old, i) => values(i, old)) : data },
      ]),
    ),
  }));

// Whatever a session did on the device, it gives all of it back.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('connect', () => {
  it('tells the adapter', async () => {
    const desk = new Desk();
    const [event] = ofType(await desk.run({ kind: 'connect' }), 'device');
    expect(event?.device.vendor).not.toBe('');
    expect(event?.device.limits['maxBufferSize']).toBeGreaterThan(2 ** 20);
    expect(desk.events).toHaveLength(1);
  });

  it('opens the adapter once, whatever is asked at the same time', async () => {
    let opened = 0;
    const desk = new Desk(() => {
      opened++;
      return testGpu();
    });
    const events = await desk.run({ kind: 'connect' }, { kind: 'connect' }, start({ stages: [1], stage_steps: [1] }));
    expect(ofType(events, 'device')).toHaveLength(2);
    expect(opened).toBe(1);
  });

  it('tells what failed, and tries again when asked again', async () => {
    let tries = 0;
    const desk = new Desk(() => (++tries === 1 ? Promise.reject(new Error('no luck')) : testGpu()));
    expect(await desk.run({ kind: 'connect' })).toEqual([
      { type: 'failed', during: 'connect', message: 'no luck', status: 1 },
    ]);
    expect(story(await desk.run({ kind: 'connect' }))).toBe('device');
  });
});

describe('a run', () => {
  it('tells its beginning, steps, validations and end, in order', async () => {
    const { events } = await whole();
    // A machine under load saves in between as well.
    const saved = events.findLastIndex(({ type }) => type === 'checkpoint');
    expect(story(events.filter(({ type }, i) => type !== 'checkpoint' || i === saved))).toBe(
      'train-begin ' +
        // validate_every 2, and after the last step of a stage
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
      expect(rest.learningRate).toBe(learningRate(tiny, progress.stageStep, 3));
      expect(Math.abs(loss - Math.log(6))).toBeLessThan(0.5);
      expect([0, 0.25, 0.5, 0.75, 1]).toContain(accuracy);
      expect(gradientNorm).toBeGreaterThan(0);
      expect(milliseconds).toBeGreaterThan(0);
      expect(tokensPerSecond).toBeGreaterThan(0);
      expect(rest.remaining > 0).toBe(progress.step < 6);
    }
    for (const { segments, samples, accuracy, loss, progress } of ofType(events, 'validation')) {
      expect([segments, samples]).toEqual([progress.segments, 32]);
      expect(accuracy * 32).toBe(Math.round(accuracy * 32));
      expect(Math.abs(loss - Math.log(6))).toBeLessThan(0.5);
    }
    const done = { step: 6, steps: 6, stage: 2, stages: 2, stageStep: 0, stageSteps: 3, segments: 2 };
    expect(last(events)).toEqual({ type: 'train-end', progress: done, finished: true });
    expect(last(ofType(events, 'checkpoint')).progress).toEqual(done);
  });

  it('shows a few of the samples it was judged by, with what it made of them', async () => {
    const { events } = await whole();
    const shown = ofType(events, 'examples');
    const validations = ofType(events, 'validation');
    expect(shown.length).toBe(validations.length);
    for (const [i, { items, segments, progress }] of shown.entries()) {
      expect([segments, progress]).toEqual([validations[i]?.segments, validations[i]?.progress]);
      expect(items.length).toBe(6);
      for (const { prompt, skipped, expected, predicted, probabilities } of items) {
        // The fact and the question, whose place is what is right.
        expect(prompt.join(' ')).toMatch(/^\w+ \w+.* where is \w+/);
        expect(prompt).toContain(expected[0]);
        expect(skipped).toBe(0);
        expect([expected.length, predicted.length]).toEqual([1, 1]);
        for (const place of [...expected, ...predicted]) expect(places).toContain(place);
        // Hardly trained, it gives each of six about the same.
        expect(probabilities[0]).toBeGreaterThan(0.05);
        expect(probabilities[0]).toBeLessThan(0.5);
      }
    }
  });

  it('ends with a checkpoint that says what it is', async () => {
    const { bytes } = await whole();
    const { blueprint, vocabulary, task, training, tensors } = readCheckpoint(bytes, 'end');
    const { config } = blueprint;
    expect(config).toMatchObject({ hidden_size: 8, num_hidden_layers: 2, num_mem_tokens: 2, segment_size: 11 });
    expect(config).toMatchObject({ num_labels: 6, vocab_size: vocabulary?.length, hidden_dropout_prob: 0.1 });
    expect(vocabulary).toEqual(expect.arrayContaining(['[PAD]', 'mary', 'bathroom', 'river']));
    expect(task).toEqual({ id: 'memorize', knobs: { sampling: 'split' }, noise_words: 10 });
    expect(training).toEqual({ config: tiny, progress: { step: 6, stage: 2, stageStep: 0 } });
    const names = [...tensors.keys()];
    const parameters = names.filter((name) => !name.startsWith('optimizer.'));
    expect(parameters).toContain('rmt.memory');
    for (const moment of ['m', 'v'])
      expect(names).toEqual(expect.arrayContaining(parameters.map((name) => `optimizer.${moment}.${name}`)));
    for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
  });

  it('is the same for the same seed, to the bit, and another for another', async () => {
    const { events, bytes } = await whole();
    const again = await new Desk().run(start());
    expect(deeds(again)).toEqual(deeds(events));
    expectSameBytes(last(ofType(again, 'checkpoint')).bytes, bytes);

    const other = await whole({ seed: 2 });
    const losses = (of: readonly Report[]) => ofType(of, 'train-step').map(({ loss }) => loss);
    losses(other.events).forEach((loss, i) => {
      expect(loss).not.toBe(losses(events)[i]);
    });
  });

  it('takes each stage’s own number of steps, and always its segments if they are fixed', async () => {
    const { events } = await whole({ stages: [2, 1], stage_steps: [1, 2], segments_drawn: 'fixed' });
    expect(ofType(events, 'train-step').map(({ progress: p, batchSegments }) => [p.stage, batchSegments])).toEqual([
      [0, 2],
      [1, 1],
      [1, 1],
    ]);
  });

  it('ends a stage when its accuracy suffices, and else after its last step', async () => {
    // Even a model that always gives one answer is right once in 32 samples, and this one never always.
    const soon = await whole({ stage_until: 1 / 32, validate_every: 1 });
    expect(ofType(soon.events, 'train-step').map(({ progress }) => [progress.stage, progress.stageStep])).toEqual([
      [0, 1],
      [1, 1],
    ]);
    expect(last(ofType(soon.events, 'train-end')).finished).toBe(true);
    const never = await whole({ stage_until: 1, validate_every: 1 });
    expect(ofType(never.events, 'train-step')).toHaveLength(6);
  });

  it('gives each stage a fresh optimiser', async () => {
    const desk = new Desk();
    await firstSteps(desk, 4);
    const { tensors } = readCheckpoint((await desk.ask(save, 'checkpoint')).bytes, 'first step of stage 2');
    await desk.run(stop);
    // After one step m = (1 - β₁) g and v = (1 - β₂) g²; after more the two tell of different gradients.
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

  it('reads a noise text, and refuses one that is none', async () => {
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
      expect(await desk.run(start({}, { materials: { noise: { name: 'z.txt', text: content } } }))).toEqual([
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
  it('steps exactly once for every step asked, and then goes on as if nothing had been', async () => {
    const desk = new Desk();
    await desk.ask(start({}, { paused: true }), 'train-paused');
    expect(story(desk.events)).toBe('train-begin train-paused');
    for (let k = 1; k <= 3; k++) {
      const { progress } = await desk.ask(step, 'train-paused');
      expect(progress.step).toBe(k);
      expect(ofType(desk.events, 'train-step')).toHaveLength(k);
    }
    // Two at once are two.
    await desk.ask([step, step], 'train-paused');
    expect(ofType(desk.events, 'train-step')).toHaveLength(5);
    await desk.run({ type: 'continue', of: 'train' });
    const { events, bytes } = await whole();
    expect(deeds(desk.events)).toEqual(deeds(events));
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
    // Pausing twice, and going on when one is going on, change nothing.
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

  it('may be asked in the same breath as the start', async () => {
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
  it('takes the place of the first, which ends with its checkpoint', async () => {
    const desk = new Desk();
    await desk.ask(start(endless), 'train-step');
    const from = desk.events.length;
    const events = await desk.run(start({ seed: 2 }));
    expect(desk.events.slice(from)).toEqual(events);
    expect(story(events)).toMatch(/^(train-step )*checkpoint train-end train-begin train-step /);
    expect(ofType(events, 'train-end').map(({ finished }) => finished)).toEqual([false, true]);
    const second = events.slice(events.findIndex(({ type }) => type === 'train-begin'));
    expect(deeds(second)).toEqual(deeds((await whole({ seed: 2 })).events));
  });

  it('is itself replaced or stopped while it waits for the first to end', async () => {
    const desk = new Desk();
    await desk.ask(start(endless), 'train-step');
    const events = await desk.run(start(endless), start(endless), stop);
    const ends = ofType(events, 'train-end');
    expect(ends.map(({ finished }) => finished)).toEqual([false, false, false]);
    expect(ends.slice(1).map(({ progress }) => progress.step)).toEqual([0, 0]);
  });
});

describe('resume', () => {
  it.each<[k: number, name: string, config: Partial<RunConfig>]>([
    [1, 'with dropout and noise on the memory', {}],
    [3, 'at the border of two stages', {}],
    [5, 'keeping activations, loss of all segments', { bptt: 'keep', loss: 'mean' }],
    [2, 'without anything random in the model', plain],
    [6, 'at the very end', {}],
  ])('after step %i gives the run that was never interrupted, to the bit (%s)', async (k, _, config) => {
    const { events, bytes } = await whole(config);
    const desk = new Desk();
    let saved = bytes;
    if (k < 6) {
      await firstSteps(desk, k, config);
      const checkpoint = await desk.ask(save, 'checkpoint');
      expect(checkpoint.progress.step).toBe(k);
      saved = checkpoint.bytes;
      await desk.run(stop);
    }
    const kept = saved.slice();
    const after = await new Desk().run(start(config, { resume: { name: 'kept', bytes: saved } }));
    expect(ofType(after, 'train-begin')[0]?.progress.step).toBe(k);
    expect(deeds(after)).toEqual(deeds(events).filter(({ progress }) => progress.step > k));
    expect(last(after)).toMatchObject({ type: 'train-end', finished: true, progress: { step: 6 } });
    if (k < 6) expectSameBytes(last(ofType(after, 'checkpoint')).bytes, bytes);
    expectSameBytes(saved, kept);
  });

  it('goes on for more steps: with stages added it is the longer run from its start, to the bit', async () => {
    const longer = { stages: [1, 2, 2], stage_steps: [3, 3, 2] };
    const { events, bytes } = await whole(longer);
    const ended = await whole();
    const after = await new Desk().run(start(longer, { resume: { name: 'ended', bytes: ended.bytes.slice() } }));
    expect(ofType(after, 'train-begin')[0]?.progress).toMatchObject({ step: 6, steps: 8, stage: 2, stageStep: 0 });
    expect(deeds(after)).toEqual(deeds(events).filter(({ progress }) => progress.step > 6));
    expectSameBytes(last(ofType(after, 'checkpoint')).bytes, bytes);
  });

  it('is refused for another run, and says why', async () => {
    const { bytes } = await whole();
    const training = readCheckpoint(bytes, 'x').training as { config: RunConfig; progress: Record<string, number> };
    const withTraining = (value: unknown) => altered(bytes, () => ({ training: value }));
    const withProgress = (progress: object) =>
      withTraining({ ...training, progress: { ...training.progress, ...progress } });
    const { memory_noise, ...incomplete } = training.config;
    const noise = { name: 'z.txt', text: 'Zebras wander.' };
    const modelOnly = altered(bytes, ({ tensors }) => ({
      tensors: new Map([...tensors].filter(([name]) => !name.startsWith('optimizer.'))),
    }));
    const cases: [resume: Bytes, message: string | RegExp, more?: Start][] = [
      [bytes, 'seed: 1 (expected 2, as the run to go on with has)', start({ seed: 2 })],
      [bytes, 'stages: 1,2 (expected 1,3, as the run to go on with has)', start({ stages: [1, 3] })],
      [bytes, 'stages: 1,2 (expected 1, as the run to go on with has)', start({ stages: [1] })],
      [bytes, 'stage_steps: 3 (expected 4, as the run to go on with has)', start({ stage_steps: [4] })],
      [
        bytes,
        'vocabulary: other words (expected those of the run to go on with; give the same noise text)',
        start({}, { materials: { noise } }),
      ],
      [modelOnly, 'no state of an optimiser (expected a training checkpoint)'],
      [withTraining(undefined), 'no state of an optimiser (expected a training checkpoint)'],
      [withTraining(null), 'no state of an optimiser (expected a training checkpoint)'],
      [withTraining({ progress: training.progress }), /^training\.config: no run configuration \(expected /],
      [withTraining({ ...training, config: incomplete }), /^training\.config: no 'memory_noise' \(expected one value /],
      [
        withTraining({ ...training, config: { ...tiny, seed: -1 } }),
        'training.config: seed: -1 (expected a whole number from 0 to 2147483647)',
      ],
      [withProgress({ step: 7 }), 'training.progress.step: 7 (expected a whole number from 0 to 6)'],
      [withProgress({ stage: -1 }), 'training.progress.stage: -1 (expected a whole number from 0 to 2)'],
      [withProgress({ stageStep: 1.5 }), 'training.progress.stageStep: 1.5 (expected a whole number from 0 to 3)'],
      [withProgress({ stageStep: null }), 'training.progress.stageStep: null (expected a whole number from 0 to 3)'],
      [bytes.slice(0, -4), /^'optimizer\.v\.rmt\.memory' ends at byte \d+ of \d+ \(expected the whole file\)$/],
      [bytes.slice(0, 100), /^a header of \d+ bytes in a file of 100 \(expected the whole file\)$/],
      [bytes.slice(0, 0), '0 bytes (expected a safetensors file of at least 8 bytes)'],
      [new TextEncoder().encode('{"no": "checkpoint"}'), /^a header of \d+ bytes \(expected at most /],
    ];
    const desk = new Desk();
    for (const [resume, message, command = start()] of cases) {
      const events = await desk.run({ ...command, resume: { name: 'old', bytes: resume } });
      expect(events).toEqual([{ type: 'failed', during: 'train', message: expect.any(String), status: 2 }]);
      const [failed] = ofType(events, 'failed');
      expect(failed?.message).toMatch(/^checkpoint old: /);
      const rest = failed?.message.replace('checkpoint old: ', '');
      if (typeof message === 'string') expect(rest).toBe(message);
      else expect(rest).toMatch(message);
    }
    // After all that the session works as ever.
    expect(deeds(await desk.run(start()))).toEqual(deeds((await whole()).events));
  });

  it('refused leaves the model trained before', async () => {
    const desk = new Desk();
    await desk.run(start());
    const { bytes } = await whole();
    await desk.run(start({ seed: 2 }, { resume: { name: 'old', bytes } }));
    expectSameBytes((await desk.ask(save, 'checkpoint')).bytes, bytes);
  });
});

describe('checkpoint', () => {
  it('without a run is refused', async () => {
    expect(await new Desk().run(save)).toEqual([
      {
        type: 'failed',
        during: 'checkpoint',
        message: 'checkpoint: no run (expected a run that was started)',
        status: 2,
      },
    ]);
  });

  it('of a run is what it is at that moment, and does not disturb it', async () => {
    const desk = new Desk();
    await firstSteps(desk, 2);
    const [first, second] = [await desk.ask(save, 'checkpoint'), await desk.ask(save, 'checkpoint')];
    expectSameBytes(first.bytes, second.bytes);
    expect(first.progress).toMatchObject({ step: 2, stageStep: 2 });
    const events = await desk.run({ type: 'continue', of: 'train' }, save, save);
    expectSameBytes(last(ofType(events, 'checkpoint')).bytes, (await whole()).bytes);
    expect(deeds(desk.events)).toEqual(deeds((await whole()).events));
  });

  it('of a run that goes on comes when its steps have been told, so that curves kept with it are whole', async () => {
    const desk = new Desk();
    await desk.ask(start(endless), 'train-step', ({ progress }) => progress.step === 3);
    for (let i = 0; i < 5; i++) {
      const saved = await desk.ask(save, 'checkpoint');
      const before = desk.events.slice(0, desk.events.indexOf(saved));
      expect(last(ofType(before, 'train-step')).progress).toEqual(saved.progress);
      const training = readCheckpoint(saved.bytes, 'saved').training as { progress: { step: number } };
      expect(training.progress.step).toBe(saved.progress.step);
    }
    await desk.run(stop);
  });

  it('after the run is its last, with its progress', async () => {
    const desk = new Desk();
    const end = last(ofType(await desk.run(start()), 'train-end'));
    const { bytes, progress } = await desk.ask(save, 'checkpoint');
    expectSameBytes(bytes, (await whole()).bytes);
    expect(progress).toEqual(end.progress);
  });

  it('asked for just before the end is still answered', async () => {
    const desk = new Desk();
    await desk.ask(start(endless, { paused: true }), 'train-paused');
    const events = await desk.run(save, stop);
    expect(ofType(events, 'failed')).toEqual([]);
    expect(ofType(events, 'checkpoint')).toHaveLength(1);
  });
});

describe('a loss that is no number', () => {
  it('ends the run with the step, and the session goes on', async () => {
    const desk = new Desk();
    await firstSteps(desk, 2);
    const { bytes } = await desk.ask(save, 'checkpoint');
    await desk.run(stop);
    const poisoned = withTensor(bytes, 'classifier.bias', (i, old) => (i === 2 ? Number.NaN : old));
    const events = await desk.run(start({}, { resume: { name: 'poisoned', bytes: poisoned } }));
    expect(story(events)).toBe('train-begin failed');
    expect(last(ofType(events, 'failed'))).toMatchObject({ during: 'train', status: 1 });
    expect(last(ofType(events, 'failed')).message).toMatch(
      /^train: the loss is NaN and the gradient's norm NaN at step 3 \(expected finite numbers; .*learning rate/,
    );
    expect(deeds(await desk.run(start()))).toEqual(deeds((await whole()).events));
  });

  it('is also one that a learning rate beyond reason brings about, sooner or later', async () => {
    // Whether and when it does depends on the adapter's arithmetic: it may only be told, never passed over.
    const config = { ...plain, initializer_range: 1, learning_rate: 1, clip_norm: 0, stage_steps: [12] };
    const events = await new Desk().run(start(config));
    const failed = ofType(events, 'failed');
    expect(failed.length + ofType(events, 'train-end').length).toBe(1);
    for (const { loss, gradientNorm } of ofType(events, 'train-step'))
      expect([loss, gradientNorm].every(Number.isFinite)).toBe(true);
    const steps = ofType(events, 'train-step').length;
    for (const { message } of failed) expect(message).toContain(`at step ${steps + 1} `);
  });
});

describe('an estimate', () => {
  const estimate = (config: Partial<RunConfig> = {}) => ({ kind: 'estimate', config: { ...tiny, ...config } }) as const;

  it('tells what a run will take, leaves nothing behind, and does not disturb one that is on', async () => {
    const desk = new Desk();
    const told = await desk.ask(estimate(), 'estimate');
    expect(told).toMatchObject({ steps: 6, obstacle: undefined });
    expect(last(desk.received)).toEqual({ ...told, id: last(desk.received).id });
    expect(told.milliseconds).toBeGreaterThan(0);
    expect(told.bytes.total).toBeGreaterThan(16 * told.parameters);
    expect((await testGpu()).bytes).toBe(0);
    // At a speed that is given, and no other: half the rates take twice as long.
    const slow = {
      matmulGflops: (told.speed?.matmulGflops ?? 0) / 2,
      copyGBs: (told.speed?.copyGBs ?? 0) / 2,
      dispatchMicroseconds: 2 * (told.speed?.dispatchMicroseconds ?? 0),
    };
    const again = await desk.ask({ ...estimate(), speed: slow }, 'estimate');
    expect(again.speed).toEqual(slow);
    expect(again.milliseconds).toBeCloseTo(2 * (told.milliseconds ?? 0));
    const [begin] = ofType((await whole()).events, 'train-begin');
    expect(told.parameters).toBe(begin?.model.parameters);
    // The probe would be in a run's way, and the run in the probe's.
    const fresh = new Desk();
    await fresh.ask(start(endless), 'train-step');
    expect((await fresh.ask(estimate(), 'estimate')).milliseconds).toBeUndefined();
    await fresh.run(stop);
    expect((await fresh.ask(estimate(), 'estimate')).milliseconds).toBeGreaterThan(0);
  });

  it('says what the adapter cannot hold, as a run of it would', async () => {
    const desk = new Desk();
    const large = { hidden_size: 4096, num_hidden_layers: 48, intermediate_size: 16_384, num_attention_heads: 64 };
    const { obstacle } = await desk.ask(estimate(large), 'estimate');
    expect(obstacle).toMatch(/^GPU: this run needs [\d,]+ bytes, .*; choose fewer layers/);
    const events = await desk.run(start(large));
    expect(events).toEqual([{ type: 'failed', during: 'train', message: obstacle, status: 2 }]);
  });
});

describe('a model too large for the adapter', () => {
  it('is refused, leaves nothing behind, and the session goes on', async () => {
    const gpu = await openGpu();
    const desk = new Desk(async () => gpu);
    const config = { hidden_size: 1024, num_hidden_layers: 1, intermediate_size: 16_384, batch_size: 1024 };
    const events = await desk.run(start({ ...config, segment_size: 4096 }));
    expect(story(events)).toBe('failed');
    expect(last(ofType(events, 'failed')).message).toMatch(/maxBufferSize|out of memory/);
    expect(gpu.bytes).toBe(0);
    expect(story(await desk.run({ kind: 'connect' }))).toBe('device');
    gpu.destroy();
  });
});

describe('a stream', () => {
  const names = ['mary', 'john', 'daniel', 'sandra'];

  it('tells of each segment its words, marks, memory, answer and attention', async () => {
    const { bytes } = await whole();
    const events = await new Desk().run(stream(file(bytes)));
    expect(story(events)).toBe(`stream-begin ${'stream-segment '.repeat(5)}stream-end`);
    const [begin] = ofType(events, 'stream-begin');
    const segments = ofType(events, 'stream-segment');
    expect(begin).toMatchObject({ segments: 5, tokens: 55, model: { name: 'run.safetensors', task: 'memorize' } });
    expect(places).toContain(begin?.expected);

    const text = (kind: string) =>
      segments.flatMap(({ words, marks }) =>
        marks.filter((mark) => mark.kind === kind).map((mark) => words.slice(mark.start, mark.end).join(' ')),
      );
    const [fact, ...otherFacts] = text('fact');
    const [question, ...otherQuestions] = text('question');
    expect([...otherFacts, ...otherQuestions]).toEqual([]);
    const [, name = '?', place = '?'] = /^(\w+) [a-z ]+ to the (\w+) \.$/.exec(fact ?? '') ?? [];
    expect(names).toContain(name);
    expect(place).toBe(begin?.expected);
    expect(question).toBe(`where is ${name} ?`);

    const [L, H, M, S, D] = [2, 2, 2, 16, 8];
    for (const [i, segment] of segments.entries()) {
      expect(segment.index).toBe(i);
      expect(segment.words).toHaveLength(11);
      expect(segment.words).not.toContain('[PAD]');
      expect(segment.memory).toHaveLength(M * D);
      expect(segment.memory.every(Number.isFinite)).toBe(true);
      expect(segment.probabilities).toHaveLength(6);
      expect(segment.probabilities.every((p) => p > 0 && p < 1)).toBe(true);
      expect(segment.probabilities.reduce((a, b) => a + b)).toBeCloseTo(1, 5);
      const { write = new Float32Array(), read = new Float32Array() } = segment;
      expect(write).toHaveLength(L * H * M * S);
      expect(read).toHaveLength(L * H * S * M);
      expect(Math.min(...write, ...read)).toBeGreaterThan(0); // no PAD in a whole segment
      const rows = (all: Float32Array, columns: number) =>
        Array.from({ length: all.length / columns }, (_, r) =>
          all.subarray(r * columns, (r + 1) * columns).reduce((a, b) => a + b),
        );
      for (const sum of rows(write, S)) expect(sum).toBeCloseTo(1, 5);
      for (const sum of rows(read, M)) expect(sum).toBeLessThan(1);
      // Both show the same numbers where memory attends memory.
      for (let lh = 0; lh < L * H; lh++)
        for (let r = 0; r < M; r++)
          for (let c = 0; c < M; c++) expect(write[(lh * M + r) * S + 1 + c]).toBe(read[(lh * S + 1 + r) * M + c]);
      expect(segment.gpuBytes).toBe(segments[0]?.gpuBytes);
      expect(segment.gpuBytes).toBeGreaterThan(0);
      expect(segment.milliseconds).toBeGreaterThan(0);
    }
    const { probabilities } = last(segments);
    const answer = places[probabilities.indexOf(Math.max(...probabilities))];
    expect(last(events)).toEqual({ type: 'stream-end', answer, expected: begin?.expected, finished: true });
  });

  it('is the same for the same seed, with attention or without, and another for another', async () => {
    const model = file((await whole()).bytes);
    const desk = new Desk();
    const [shown, blind, other] = [
      ofType(await desk.run(stream(model)), 'stream-segment'),
      ofType(await desk.run(stream(model, { attention: false })), 'stream-segment'),
      ofType(await desk.run(stream(model, { seed: 2 })), 'stream-segment'),
    ];
    for (const segment of blind) {
      expect(segment).not.toHaveProperty('write');
      expect(segment).not.toHaveProperty('read');
    }
    const content = ({ words, marks, memory, probabilities }: Of<'stream-segment'>) => ({
      words,
      marks,
      memory,
      probabilities,
    });
    expect(blind.map(content)).toEqual(shown.map(content));
    expect(other.map(({ words }) => words)).not.toEqual(shown.map(({ words }) => words));
  });

  it('does another task of the same words', async () => {
    const model = file((await whole()).bytes);
    const events = await new Desk().run(stream(model, { task: 'detect', segments: 20, attention: false, seed: 3 }));
    expect(ofType(events, 'stream-begin')[0]?.model.task).toBe('detect');
    const withFact = ofType(events, 'stream-segment').filter(({ marks }) => marks.some(({ kind }) => kind === 'fact'));
    expect(withFact).toHaveLength(1);
    expect(withFact[0]?.index).toBeGreaterThan(0); // memorize would put it first
  });

  it('can be paused, stepped, continued and stopped', async () => {
    const model = file((await whole()).bytes);
    const desk = new Desk();
    const long = stream(model, { segments: 100_000, attention: false });
    await desk.ask([long, { type: 'pause', of: 'stream' }], 'stream-paused');
    expect(story(desk.events)).toBe('stream-begin stream-paused');
    for (const index of [0, 1, 2]) {
      expect((await desk.ask({ type: 'step', of: 'stream' }, 'stream-paused')).index).toBe(index);
      expect(ofType(desk.events, 'stream-segment').map((segment) => segment.index)).toEqual(
        Array.from({ length: index + 1 }, (_, i) => i),
      );
    }
    await desk.ask({ type: 'continue', of: 'stream' }, 'stream-segment', ({ index }) => index === 6);
    const paused = await desk.ask({ type: 'pause', of: 'stream' }, 'stream-paused');
    expect(ofType(desk.events, 'stream-segment')).toHaveLength(paused.index + 1);
    const events = await desk.run({ type: 'stop', of: 'stream' });
    expect(story(events)).toBe('stream-end');
    expect(last(ofType(events, 'stream-end')).finished).toBe(false);
    expect(story(await desk.run({ type: 'step', of: 'stream' }, { type: 'continue', of: 'stream' }))).toBe('');

    // Another stream takes the place of one that runs.
    await desk.ask(long, 'stream-segment');
    const replaced = await desk.run(stream(model));
    expect(ofType(replaced, 'stream-end').map(({ finished }) => finished)).toEqual([false, true]);
  });

  it('is refused for a checkpoint it cannot use, and says why', async () => {
    const { bytes } = await whole();
    const wordless = altered(bytes, () => ({ vocabulary: undefined as never }));
    const taskless = altered(bytes, () => ({ task: undefined }));
    const strange = altered(bytes, ({ vocabulary = [] }) => ({
      vocabulary: vocabulary.map((word) => (word === 'mary' ? 'marie' : word)),
    }));
    const cases: [command: Job, message: string][] = [
      [
        stream(file(bytes), { task: 'sleep' }),
        `checkpoint run.safetensors: task: no task 'sleep' (expected one of ${taskIds})`,
      ],
      [
        stream(file(bytes), { task: 'reasoning' }),
        `checkpoint run.safetensors: segment_size 11 (expected at least ${tasks.reasoning.minimumSegmentSize}, what reasoning needs for its facts and question)`,
      ],
      [
        stream(file(wordless)),
        "checkpoint run.safetensors: no 'vocabulary' in its metadata (expected the words by id, to write the facts and questions)",
      ],
      [stream(file(taskless)), 'checkpoint run.safetensors: no task in its metadata (expected a task to be named)'],
      [stream(file(strange)), "vocabulary: no word 'mary' (expected every word of the tasks)"],
      [
        stream(file(bytes.slice(0, 4))),
        'checkpoint run.safetensors: 4 bytes (expected a safetensors file of at least 8 bytes)',
      ],
      [stream(training), 'model: no model has been trained (expected a run, or a checkpoint)'],
      [
        stream(file(bytes), { materials: { noise: { name: 'empty.txt', text: '' } } }),
        'empty.txt: no text (expected a text with at least one word)',
      ],
      [evaluate(training), 'model: no model has been trained (expected a run, or a checkpoint)'],
      [
        evaluate(file(bytes), { task: 'sleep' }),
        `checkpoint run.safetensors: task: no task 'sleep' (expected one of ${taskIds})`,
      ],
      [
        evaluate(file(wordless)),
        "checkpoint run.safetensors: no 'vocabulary' in its metadata (expected the words by id, to write the facts and questions)",
      ],
    ];
    const desk = new Desk();
    for (const [command, message] of cases) {
      const failed = ofType(await desk.run(command), 'failed');
      expect(failed.map((event) => event.message)).toEqual([message]);
      expect(failed).toMatchObject([{ during: command.kind, status: 2 }]);
    }
    expect(last(await desk.run(stream(file(taskless), { task: 'memorize' })))).toMatchObject({ finished: true });
  });
});

describe('an evaluation', () => {
  it('tells the running result of each number of segments', async () => {
    const model = file((await whole()).bytes);
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

  it('counts right: of six models that always give one answer, exactly one is right on each sample', async () => {
    const { bytes } = await whole();
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

  it('can be stopped, and another takes its place', async () => {
    const model = file((await whole()).bytes);
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

describe('the model in training', () => {
  it('can be streamed and evaluated as it is now, and its training does not notice', async () => {
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
    expect(deeds(desk.events)).toEqual(deeds((await whole()).events));
    expectSameBytes(last(ofType(desk.events, 'checkpoint')).bytes, (await whole()).bytes);
  });

  it('can be so at full speed', async () => {
    const config = { stage_steps: [6] };
    const desk = new Desk();
    await desk.ask(start(config), 'train-step');
    const events = await desk.run(stream(training, { segments: 8 }), evaluate(training, { segments: [1, 2] }));
    expect(ofType(events, 'stream-segment')).toHaveLength(8);
    expect(ofType(events, 'evaluate-point')).toHaveLength(6);
    expect(deeds(desk.events)).toEqual(deeds((await whole(config)).events));
  });

  it('stays after the run for both', async () => {
    const desk = new Desk();
    await desk.run(start());
    const segments = (events: readonly Report[]) => ofType(events, 'stream-segment').map(({ memory }) => memory);
    const own = segments(await desk.run(stream(training)));
    expect(own).toHaveLength(5);
    expect(own).toEqual(segments(await desk.run(stream(file((await whole()).bytes)))));
    expect(last(await desk.run(evaluate(training)))).toEqual({ type: 'evaluate-end', finished: true });
  });
});

describe('a lost device', () => {
  it('in the middle of training is told with the last checkpoint; from there another device gives the same end', async () => {
    const devices: Gpu[] = [];
    const open = async () => {
      const gpu = await openGpu();
      devices.push(gpu);
      return gpu;
    };
    const { events, bytes } = await whole();
    const desk = new Desk(open);
    await firstSteps(desk, 2);
    const saved = await desk.ask(save, 'checkpoint');
    await desk.ask(step, 'train-paused');
    const lost = desk.run({ type: 'continue', of: 'train' }, stream(training, { segments: 100_000 }));
    setImmediate(() => devices[0]?.destroy());
    const told = (await lost).filter(({ type }) => type === 'device-lost' || type === 'failed');
    // Once, however many jobs were on it.
    expect(told.map(({ type }) => type)).toEqual(['device-lost']);
    const [event] = ofType(told, 'device-lost');
    expect(event?.message).toMatch(/^GPU device lost: /);
    const kept = event?.checkpoint ?? new Uint8Array();
    expectSameBytes(kept, saved.bytes);

    const after = await desk.run(start({}, { resume: { name: 'kept', bytes: kept } }));
    expect(devices).toHaveLength(2);
    expect(deeds(after)).toEqual(deeds(events).filter(({ progress }) => progress.step > 2));
    expectSameBytes(last(ofType(after, 'checkpoint')).bytes, bytes);

    // Another session on that other device starts from the file alone, and comes to the same end as well.
    const [, second] = devices;
    if (!second) return expect.fail('no second device');
    const elsewhere = new Desk(async () => second);
    const resumed = await elsewhere.run(start({}, { resume: { name: 'kept', bytes: kept } }));
    expectSameBytes(last(ofType(resumed, 'checkpoint')).bytes, bytes);
    expect(second.bytes).toBe(0);

    // Lost while it only streams: no run was on, no checkpoint is told.
    const streaming = desk.ask(stream(training, { segments: 100_000 }), 'device-lost');
    await desk.ask([], 'stream-segment');
    second.destroy();
    expect(await streaming).not.toHaveProperty('checkpoint');
    await desk.idle();
  });

  it('while nothing runs only means that the next command opens another', async () => {
    const devices: Gpu[] = [];
    const desk = new Desk(async () => {
      const gpu = await openGpu();
      devices.push(gpu);
      return gpu;
    });
    await desk.run({ kind: 'connect' });
    const [first] = devices;
    first?.destroy();
    await first?.device.lost;
    expect(story(await desk.run({ kind: 'connect' }))).toBe('device');
    expect(devices).toHaveLength(2);
    devices[1]?.destroy();
  });
});
