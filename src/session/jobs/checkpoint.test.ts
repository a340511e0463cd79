// Checkpoints of a run: taken at any moment, resumed to the bit, refused if they do not fit; and a loss that is not finite.
import { afterEach, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../experiment/config.ts';
import { readCheckpoint } from '../../models/checkpoint.ts';
import { Desk, type Job, last, ofType, story } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import {
  altered,
  type Bytes,
  completeRun,
  endless,
  expectSameBytes,
  firstSteps,
  outcomes,
  plain,
  save,
  start,
  stop,
  tiny,
  withTensor,
} from '../../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('resume', () => {
  it.each<[k: number, name: string, config: Partial<RunConfig>]>([
    [1, 'with dropout and noise on the memory', {}],
    [3, 'at the border of two stages', {}],
    [5, 'keeping activations, loss of all segments', { bptt: 'keep', loss: 'mean' }],
    [2, 'without anything random in the model', plain],
    [6, 'at the end', {}],
  ])('after step %i matches an uninterrupted run to the bit (%s)', async (k, _, config) => {
    const { events, bytes } = await completeRun(config);
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
    expect(outcomes(after)).toEqual(outcomes(events).filter(({ progress }) => progress.step > k));
    expect(last(after)).toMatchObject({ type: 'train-end', finished: true, progress: { step: 6 } });
    if (k < 6) expectSameBytes(last(ofType(after, 'checkpoint')).bytes, bytes);
    expectSameBytes(saved, kept);
  });

  it('continues with additional stages: the result matches the longer run to the bit', async () => {
    const longer = { stages: [1, 2, 2], stage_steps: [3, 3, 2] };
    const { events, bytes } = await completeRun(longer);
    const ended = await completeRun();
    const after = await new Desk().run(start(longer, { resume: { name: 'ended', bytes: ended.bytes.slice() } }));
    expect(ofType(after, 'train-begin')[0]?.progress).toMatchObject({ step: 6, steps: 8, stage: 2, stageStep: 0 });
    expect(outcomes(after)).toEqual(outcomes(events).filter(({ progress }) => progress.step > 6));
    expectSameBytes(last(ofType(after, 'checkpoint')).bytes, bytes);
  });

  it('is refused for a different run, with the reason', async () => {
    const { bytes } = await completeRun();
    const training = readCheckpoint(bytes, 'x').training as { config: RunConfig; progress: Record<string, number> };
    const withTraining = (value: unknown) => altered(bytes, () => ({ training: value }));
    const withProgress = (progress: object) =>
      withTraining({ ...training, progress: { ...training.progress, ...progress } });
    const { memory_noise, ...incomplete } = training.config;
    const noise = { name: 'z.txt', text: 'Zebras wander.' };
    const modelOnly = altered(bytes, ({ tensors }) => ({
      tensors: new Map([...tensors].filter(([name]) => !name.startsWith('optimizer.'))),
    }));
    const cases: [resume: Bytes, message: string | RegExp, more?: Job<'train'>][] = [
      [bytes, 'seed: 1 (expected 2, as configured for the resumed run)', start({ seed: 2 })],
      [bytes, 'stages: 1,2 (expected 1,3, as configured for the resumed run)', start({ stages: [1, 3] })],
      [bytes, 'stages: 1,2 (expected 1, as configured for the resumed run)', start({ stages: [1] })],
      [bytes, 'stage_steps: 3 (expected 4, as configured for the resumed run)', start({ stage_steps: [4] })],
      [
        bytes,
        /^noise: 'z\.txt' \(expected no noise, because the run was trained without one\)$/,
        start({}, { materials: { noise } }),
      ],
      [modelOnly, 'no optimiser state (expected a training checkpoint)'],
      [withTraining(undefined), 'no optimiser state (expected a training checkpoint)'],
      [withTraining(null), 'no optimiser state (expected a training checkpoint)'],
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
      [new TextEncoder().encode('{"no": "checkpoint"}'), 'a JSON document (expected a safetensors file)'],
    ];
    const desk = new Desk();
    for (const [resume, message, command = start()] of cases) {
      const events = await desk.run({ ...command, resume: { name: 'old', bytes: resume } });
      expect(events).toMatchObject([{ type: 'failed', during: 'train', message: expect.any(String), status: 2 }]);
      const [failed] = ofType(events, 'failed');
      expect(failed?.message).toMatch(/^checkpoint old: /);
      const rest = failed?.message.replace('checkpoint old: ', '');
      if (typeof message === 'string') expect(rest).toBe(message);
      else expect(rest).toMatch(message);
    }
    // The session still works afterwards.
    expect(outcomes(await desk.run(start()))).toEqual(outcomes((await completeRun()).events));
  });

  it('that is refused keeps the model trained before', async () => {
    const desk = new Desk();
    await desk.run(start());
    const { bytes } = await completeRun();
    const first = desk.idOf('train');
    await desk.run(start({ seed: 2 }, { resume: { name: 'old', bytes } }));
    expectSameBytes((await desk.ask({ type: 'checkpoint', id: first }, 'checkpoint')).bytes, bytes);
    // The refused run has no checkpoint.
    expect(await desk.run(save)).toMatchObject([{ type: 'failed', during: 'checkpoint' }]);
  });
});

describe('checkpoint', () => {
  it('without a run is refused', async () => {
    expect(await new Desk().run(save)).toMatchObject([
      {
        type: 'failed',
        during: 'checkpoint',
        message: 'checkpoint: no run (expected a run that was started)',
        status: 2,
      },
    ]);
  });

  it('of a run holds its state at that moment, and does not disturb it', async () => {
    const desk = new Desk();
    await firstSteps(desk, 2);
    const [first, second] = [await desk.ask(save, 'checkpoint'), await desk.ask(save, 'checkpoint')];
    expectSameBytes(first.bytes, second.bytes);
    expect(first.progress).toMatchObject({ step: 2, stageStep: 2 });
    const events = await desk.run({ type: 'continue', of: 'train' }, save, save);
    expectSameBytes(last(ofType(events, 'checkpoint')).bytes, (await completeRun()).bytes);
    expect(outcomes(desk.events)).toEqual(outcomes((await completeRun()).events));
  });

  it('of a run in progress arrives after its steps were reported, so that curves saved with it are complete', async () => {
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

  it('after the run is the last one, with its progress', async () => {
    const desk = new Desk();
    const end = last(ofType(await desk.run(start()), 'train-end'));
    const { bytes, progress } = await desk.ask(save, 'checkpoint');
    expectSameBytes(bytes, (await completeRun()).bytes);
    expect(progress).toEqual(end.progress);
  });

  it('requested just before the end is still delivered', async () => {
    const desk = new Desk();
    await desk.ask(start(endless, { paused: true }), 'train-paused');
    const events = await desk.run(save, stop);
    expect(ofType(events, 'failed')).toEqual([]);
    expect(ofType(events, 'checkpoint')).toHaveLength(1);
  });
});

describe('a loss that is not finite', () => {
  it('ends the run and names the step; the session continues', async () => {
    const desk = new Desk();
    await firstSteps(desk, 2);
    const { bytes } = await desk.ask(save, 'checkpoint');
    await desk.run(stop);
    // Finite, but the scores of attention are not.
    const poisoned = withTensor(bytes, 'bert.embeddings.LayerNorm.weight', () => 3e38);
    const events = await desk.run(start({}, { resume: { name: 'poisoned', bytes: poisoned } }));
    expect(story(events)).toBe('train-begin failed');
    expect(last(ofType(events, 'failed'))).toMatchObject({ during: 'train', status: 1 });
    expect(last(ofType(events, 'failed')).message).toMatch(
      /^train: the loss is .+ and the gradient's norm NaN at step 3 \(expected finite numbers; .*learning rate/,
    );
    expect(outcomes(await desk.run(start()))).toEqual(outcomes((await completeRun()).events));
  });

  it('caused by an excessive learning rate is reported too', async () => {
    // Whether and when this happens depends on the adapter's arithmetic; if it happens, it must be reported.
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

describe('a loss that leaves its start far behind', () => {
  it('is reported while the run trains, and at its end', async () => {
    const excessive = { initializer_range: 1, learning_rate: 1, clip_norm: 0, schedule: 'constant' } as const;
    const config = { ...plain, ...excessive, stages: [1], stage_steps: [60] };
    const events = await new Desk().run(start(config));
    const kinds = (suspicions: readonly { readonly kind: string }[]) => suspicions.map(({ kind }) => kind);
    // On some adapters the loss overflows instead, which fails the run.
    const [failed] = ofType(events, 'failed');
    if (failed) return expect(failed.message).toContain('expected finite numbers');
    const reported = ofType(events, 'suspicions').find(({ suspicions }) => kinds(suspicions).includes('divergence'));
    expect(reported?.progress.step).toBeLessThan(60);
    const { suspicions } = last(ofType(events, 'train-end'));
    expect(kinds(suspicions)).toContain('divergence');
    // A run resumed half-way says the same.
    const desk = new Desk();
    await firstSteps(desk, 30, config);
    const { bytes } = await desk.ask(save, 'checkpoint');
    await desk.run(stop);
    const resumed = await new Desk().run(start(config, { resume: { name: 'half', bytes } }));
    expect(last(ofType(resumed, 'train-end')).suspicions).toEqual(suspicions);
  });
});

describe('the progress in a checkpoint', () => {
  it.each([
    [{ step: 2 }, /^training\.progress\.step: 2 \(expected 4, as the stages before and stageStep 1 add up to\)$/],
    [{ stageStep: 3 }, /^training\.progress\.stageStep: 3 \(expected less than 3, the steps of stage 2\)$/],
    [{ stage: 2 }, /^training\.progress\.stageStep: 1 \(expected 0 after the last stage\)$/],
    [
      { history: { first: 1 } },
      /^training\.progress\.history: an invalid value \(expected the losses of the run so far\)$/,
    ],
  ])('that contradicts the configuration is refused: %o', async (change, message) => {
    const desk = new Desk();
    await firstSteps(desk, 4);
    const { bytes } = await desk.ask(save, 'checkpoint');
    await desk.run(stop);
    const changed = altered(bytes, ({ training }) => {
      const { progress, ...rest } = training as { progress: object };
      return { training: { ...rest, progress: { ...progress, ...change } } };
    });
    const [failed] = ofType(await desk.run(start({}, { resume: { name: 'old', bytes: changed } })), 'failed');
    expect(failed?.status).toBe(2);
    expect(failed?.message.replace('checkpoint old: ', '')).toMatch(message);
  });
});
