// The session: its device, the loss of the device, and the ids on every event.
import { afterEach, describe, expect, it } from 'vitest';
import type { Gpu } from '../engine/gpu/adapter.ts';
import type { JobKind, Report } from '../protocol/index.ts';
import { Desk, type Job, last, ofType, story } from '../testing/desk.ts';
import { openGpu, testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { kindOf } from '../testing/line.ts';
import { filesOf, publishedBert } from '../testing/published-model.ts';
import {
  completeRun,
  endless,
  evaluate,
  expectSameBytes,
  file,
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
} from '../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('connect', () => {
  it('reports the adapter', async () => {
    const desk = new Desk();
    const [event] = ofType(await desk.run({ kind: 'connect' }), 'device');
    expect(event?.device.vendor).not.toBe('');
    expect(event?.device.limits['maxBufferSize']).toBeGreaterThan(2 ** 20);
    expect(desk.events).toHaveLength(1);
  });

  it('opens the adapter once for simultaneous requests', async () => {
    let opened = 0;
    const desk = new Desk(() => {
      opened++;
      return testGpu();
    });
    const events = await desk.run({ kind: 'connect' }, { kind: 'connect' }, start({ stages: [1], stage_steps: [1] }));
    expect(ofType(events, 'device')).toHaveLength(2);
    expect(opened).toBe(1);
  });

  it('reports a failure, and tries again on the next request', async () => {
    let tries = 0;
    const desk = new Desk(() => (++tries === 1 ? Promise.reject(new Error('no luck')) : testGpu()));
    expect(await desk.run({ kind: 'connect' })).toEqual([
      { type: 'failed', during: 'connect', message: 'no luck', status: 1 },
    ]);
    expect(story(await desk.run({ kind: 'connect' }))).toBe('device');
  });
});

describe('every event', () => {
  it('carries the id of its job, whatever else is running', async () => {
    const desk = new Desk();
    const { bytes } = await completeRun({ stages: [1], stage_steps: [1] });
    const model = file(bytes);
    const decoder = { ...tiny, ...plain, task: 'copy', model: 'rmt-gpt2', segment_size: 6, stage_steps: [1] } as const;
    const copy = last(ofType(await new Desk().run({ kind: 'train', config: decoder }), 'checkpoint')).bytes;
    const associative = { ...decoder, model: 'armt-gpt2' } as const;
    const armt = last(ofType(await new Desk().run({ kind: 'train', config: associative }), 'checkpoint')).bytes;
    const shape = { kind: 'encoder', layers: 1, width: 8, heads: 2, inner: 8, memory: 1 } as const;
    const jobs: { readonly [K in JobKind]: readonly [job: Job<K>, firstEvent: string] } = {
      connect: [{ kind: 'connect' }, 'device'],
      describe: [{ kind: 'describe', model }, 'describe-end'],
      estimate: [{ kind: 'estimate', config: tiny }, 'estimate'],
      train: [start({ stages: [1], stage_steps: [1] }), 'train-begin'],
      stream: [stream(model, { segments: 2 }), 'stream-begin'],
      capture: [{ kind: 'capture', model, segments: 2, seed: 1, attention: true }, 'capture-begin'],
      look: [{ kind: 'look', model, segments: 2, seed: 1, at: [{ index: 0 }] }, 'look-begin'],
      attribute: [{ kind: 'attribute', model, segments: 2, seed: 1 }, 'attribute-begin'],
      patch: [{ kind: 'patch', model, segments: 2, seed: 1, other: {}, sweep: { kind: 'memory' } }, 'patch-begin'],
      inspect: [
        {
          ...{ kind: 'inspect', model, segments: 2, seed: 1, at: { index: 0 } },
          tensor: { part: 'hidden', layer: 0, gradient: false },
        },
        'inspect-end',
      ],
      evaluate: [evaluate(model, { segments: [1], samples: 4 }), 'evaluate-begin'],
      generate: [{ kind: 'generate', model: file(copy), words: 2, temperature: 0, seed: 1 }, 'generate-begin'],
      lens: [{ kind: 'lens', model, segments: 2, seed: 1, at: [{ index: 0 }] }, 'lens-begin'],
      associations: [
        { kind: 'associations', model: file(armt), segments: 2, seed: 1, at: [{ index: 0 }] },
        'associations-begin',
      ],
      probe: [
        { kind: 'probe', model, segments: 2, samples: 6, seed: 1, points: 2, penalty: 1, word: 0 },
        'probe-begin',
      ],
      holders: [{ kind: 'holders', model, documents: 1, segments: 1, seed: 1 }, 'holders-begin'],
      import: [{ kind: 'import', name: 'tiny', files: filesOf(publishedBert()), options: { memory: 2 } }, 'import-end'],
      export: [{ kind: 'export', folder: 'run', config: tiny, samples: 8 }, 'export-end'],
      bench: [{ kind: 'bench', shapes: ['tiny'], modes: ['forward'], runs: 1 }, 'bench-begin'],
      measure: [{ kind: 'measure', shape, segment: 16, longest: 16, runs: 1, seconds: 60 }, 'measure-begin'],
      check: [{ kind: 'check' }, 'check-begin'],
      tune: [{ kind: 'tune' }, 'tune-begin'],
    };
    // All at once, except exclusive jobs, which run one after the other.
    const all = Object.values(jobs).map(([job]) => job);
    const isExclusive = ({ kind }: Job) => ['bench', 'measure', 'check', 'tune'].includes(kind);
    await desk.run(...all.filter((job) => !isExclusive(job)));
    for (const job of all.filter(isExclusive)) {
      await desk.ask(job, jobs[job.kind][1] as 'check-begin');
      await desk.run({ type: 'stop', of: job.kind });
    }
    const kinds = Object.keys(jobs) as JobKind[];
    const idOf = new Map(kinds.map((kind) => [kind, desk.idOf(kind)]));
    // Only the import reads files here.
    const ownerOf = (event: Report) => (event.type === 'reading' ? 'import' : (kindOf(event) ?? 'connect'));
    for (const event of desk.received) expect([event.type, event.id]).toEqual([event.type, idOf.get(ownerOf(event))]);
    for (const kind of kinds) expect(story(desk.events)).toContain(jobs[kind][1]);
    expect(ofType(desk.events, 'failed')).toEqual([]);
  });

  it('carries the id of the failed job if it reports a failure', async () => {
    const desk = new Desk();
    await desk.run(stream(training), evaluate(training), { type: 'checkpoint', id: 77 });
    expect(desk.received.map(({ type, id }) => [type, id])).toEqual([
      ['failed', 77],
      ['failed', desk.idOf('stream')],
      ['failed', desk.idOf('evaluate')],
    ]);
  });
});

describe('a control', () => {
  it('reaches only the job that it names', async () => {
    const desk = new Desk();
    await desk.ask(start(endless), 'train-step');
    const id = desk.idOf('train');
    desk.send({ type: 'pause', id: id + 1 }, { type: 'stop', id: 0 });
    await desk.ask([], 'train-step');
    await desk.ask({ type: 'pause', id }, 'train-paused');
    await desk.run(stop);
  });
});

describe('a model too large for the adapter', () => {
  it('is refused, allocates nothing, and the session continues', async () => {
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

describe('a lost device', () => {
  it('during training is reported with the last checkpoint, from which another device reaches the same result', async () => {
    const devices: Gpu[] = [];
    const open = async () => {
      const gpu = await openGpu();
      devices.push(gpu);
      return gpu;
    };
    const { events, bytes } = await completeRun();
    const desk = new Desk(open);
    await firstSteps(desk, 2);
    const saved = await desk.ask(save, 'checkpoint');
    await desk.ask(step, 'train-paused');
    const lost = desk.run({ type: 'continue', of: 'train' }, stream(training, { segments: 100_000 }));
    setImmediate(() => devices[0]?.destroy());
    const reported = (await lost).filter(({ type }) => type === 'device-lost' || type === 'failed');
    // Reported once, however many jobs were on it.
    expect(reported.map(({ type }) => type)).toEqual(['device-lost']);
    const [event] = ofType(reported, 'device-lost');
    expect(event?.message).toMatch(/^GPU device lost: /);
    const kept = event?.checkpoint ?? new Uint8Array();
    expectSameBytes(kept, saved.bytes);

    const after = await desk.run(start({}, { resume: { name: 'kept', bytes: kept } }));
    expect(devices).toHaveLength(2);
    expect(outcomes(after)).toEqual(outcomes(events).filter(({ progress }) => progress.step > 2));
    expectSameBytes(last(ofType(after, 'checkpoint')).bytes, bytes);

    // Another session on the second device starts from the file alone, and reaches the same result.
    const [, second] = devices;
    if (!second) return expect.fail('no second device');
    const elsewhere = new Desk(async () => second);
    const resumed = await elsewhere.run(start({}, { resume: { name: 'kept', bytes: kept } }));
    expectSameBytes(last(ofType(resumed, 'checkpoint')).bytes, bytes);
    expect(second.bytes).toBe(0);

    // Lost while only streaming: there is no run, so there is no checkpoint.
    const streaming = desk.ask(stream(training, { segments: 100_000 }), 'device-lost');
    await desk.ask([], 'stream-segment');
    second.destroy();
    expect(await streaming).not.toHaveProperty('checkpoint');
    await desk.idle();
  });

  it('while idle makes the next command open another', async () => {
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

describe('timing the kernels', () => {
  it('has exclusive use of the GPU, and reports the kernels in use afterwards', async () => {
    const shared = await testGpu();
    let stopped: boolean | undefined;
    const gpu: Gpu = Object.create(shared, {
      tuningSource: { value: 'remembered', writable: true },
      retune: {
        value: async (isStopped: () => boolean) => {
          stopped = isStopped();
          gpu.tuningSource = 'timed';
        },
      },
    });
    const desk = new Desk(async () => gpu);
    const events = await desk.run({ kind: 'tune' });
    expect(story(events)).toBe('tune-begin tune-end');
    const [end] = ofType(events, 'tune-end');
    expect(end).toMatchObject({ finished: true, details: { kernels: { chosenBy: 'timed' } } });
    expect(stopped).toBe(false);

    await desk.ask(start(endless), 'train-step');
    expect(await desk.ask({ kind: 'tune' }, 'failed')).toMatchObject({ during: 'tune', status: 2 });
    await desk.run(stop);
  });
});
