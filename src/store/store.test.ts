import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../train/config.ts';
import type { Command, Event, ModelFacts, TrainProgress } from '../train/protocol.ts';
import { adapterName } from './device.ts';
import { parseManifest } from './models.ts';
import { configOfTraining } from './resume.ts';
import type { KeptRun } from './run.ts';
import type { Outside } from './state.ts';
import { createPlayground } from './store.ts';
import { streamKey } from './stream.ts';

const classes = ['bathroom', 'hallway', 'garden', 'office', 'bedroom', 'kitchen'];
const model: ModelFacts = {
  name: 'm',
  task: 'detect',
  parameters: 10,
  gpuBytes: 20,
  layers: 1,
  heads: 1,
  hiddenSize: 4,
  memTokens: 1,
  segmentSize: 2,
  positions: 6,
  classes,
};
const progress: TrainProgress = { step: 3, steps: 10, stage: 0, stages: 2, stageStep: 3, stageSteps: 5, segments: 1 };
const manifest = {
  checkpoints: [
    {
      file: 'detect.safetensors',
      title: 'Detect',
      task: 'detect',
      description: 'd',
      segments: 48,
      seed: 9,
      made: { command: 'c', adapter: 'a', date: '2026', steps: 1 },
      accuracy: { '1': 1 },
    },
  ],
};
const segmentEvent = (index: number): Event => ({
  type: 'stream-segment',
  index,
  words: ['a', 'b'],
  marks: index === 1 ? [{ kind: 'fact', start: 0, end: 1 }] : [],
  memory: Float32Array.of(1, index, 0, 0),
  probabilities: Float32Array.of(0.1, 0.1, 0.1, 0.1, 0.1, 0.5),
  write: new Float32Array(6),
  read: new Float32Array(6),
  milliseconds: 1,
  gpuBytes: 5,
});
const stepEvent = (step: number, stage = 0): Event => ({
  type: 'train-step',
  progress: { ...progress, step, stage, segments: stage + 1 },
  batchSegments: 1,
  loss: 1,
  accuracy: 0.5,
  learningRate: 1e-3,
  gradientNorm: 1,
  milliseconds: 5,
  tokensPerSecond: 100,
  remaining: 1000,
});

let posted: Command[];
let saved: KeptRun | undefined;
const outside: Outside = {
  post: (command) => void posted.push(command),
  fetchFile: async (path) =>
    path.endsWith('.json') ? new TextEncoder().encode(JSON.stringify(manifest)) : Uint8Array.of(1, 2, 3),
  kept: {
    load: async () => saved,
    save: async (run) => {
      saved = run;
    },
  },
  obstacle: undefined,
};
const fresh = (changed: Partial<Outside> = {}) => {
  const store = createPlayground({ ...outside, ...changed });
  const receive = (...events: Event[]) => {
    for (const event of events) store.getState().receive(event);
  };
  return { get: store.getState, receive };
};
beforeEach(() => {
  posted = [];
  saved = undefined;
});

describe('device', () => {
  it('is asked for, found, refused and lost', () => {
    const { get, receive } = fresh();
    get().device.connect();
    expect(posted).toEqual([{ type: 'connect' }]);
    receive({ type: 'failed', during: 'connect', message: 'adapter: none', status: 1 });
    expect(get().device).toMatchObject({ status: 'missing', obstacle: 'no-adapter', message: 'adapter: none' });
    receive({
      type: 'device',
      device: { vendor: 'v', architecture: 'a', description: '', software: true, features: [], limits: {} },
    });
    expect(get().device.status).toBe('ready');
    receive({ type: 'device-lost', message: 'gone' });
    expect(get().device).toMatchObject({ status: 'lost', message: 'gone' });
  });

  it('is not asked for where it cannot be had', () => {
    const { get } = fresh({ obstacle: 'insecure' });
    get().device.connect();
    expect(posted).toEqual([]);
    expect(get().device).toMatchObject({ status: 'missing', obstacle: 'insecure' });
  });

  it('is named once', () => {
    const facts = { software: false, features: [], limits: {} };
    expect(adapterName({ ...facts, vendor: 'nvidia', architecture: 'hopper', description: 'NVIDIA H100' })).toBe(
      'NVIDIA H100 · hopper',
    );
    expect(adapterName({ ...facts, vendor: '', architecture: '', description: '' })).toBe('unnamed adapter');
  });
});

describe('stream', () => {
  const begin: Event = { type: 'stream-begin', model, segments: 4, expected: 'kitchen', tokens: 8 };

  it('starts the first bundled checkpoint the way it is meant to be shown', async () => {
    const { get } = fresh();
    await get().models.load();
    await get().stream.start();
    expect(posted).toEqual([
      {
        type: 'stream-start',
        segments: 48,
        seed: 9,
        attention: true,
        model: { kind: 'checkpoint', name: 'detect.safetensors', bytes: Uint8Array.of(1, 2, 3) },
      },
    ]);
    expect(get().stream.key).toBe(streamKey(get()));
  });

  it('collects segments, follows the newest, and lets the visitor jump', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(begin, segmentEvent(0), segmentEvent(1));
    expect(get().stream).toMatchObject({ status: 'playing', seen: 2, current: 1 });
    get().stream.jump(0);
    receive(segmentEvent(2));
    expect(get().stream).toMatchObject({ seen: 3, current: 0, following: false });
    get().stream.jump(99);
    expect(get().stream.current).toBe(2);
    get().stream.follow();
    receive(segmentEvent(3), { type: 'stream-end', answer: 'kitchen', expected: 'kitchen', finished: true });
    expect(get().stream).toMatchObject({
      status: 'ended',
      current: 3,
      verdict: { answer: 'kitchen', expected: 'kitchen' },
    });
    const { log } = get().stream;
    expect(log?.expectedProbability[3]).toBeCloseTo(0.5);
    expect(log?.marked).toEqual([{ index: 1, kinds: ['fact'] }]);
    expect(log?.similarity.kept).toEqual([0, 1, 2, 3]);
  });

  it('sends only the newest of several wishes, and takes nothing of the replaced stream', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    get().experiment.setStream({ seed: 2 });
    await get().stream.start();
    get().experiment.setStream({ seed: 3 });
    await get().stream.start();
    expect(posted).toHaveLength(1);
    receive(begin);
    expect(posted.at(-1)).toMatchObject({ type: 'stream-start', seed: 3 });
    expect(posted).toHaveLength(2);
    receive(segmentEvent(0), { type: 'stream-end', answer: 'office', expected: 'kitchen', finished: false });
    expect(get().stream).toMatchObject({ status: 'starting', seen: 0, verdict: undefined });
    receive(begin, segmentEvent(0));
    expect(get().stream).toMatchObject({ status: 'playing', seen: 1 });
  });

  it('says what failed and keeps what was seen', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(begin, segmentEvent(0), { type: 'failed', during: 'stream', message: 'stream: broken', status: 1 });
    expect(get().stream).toMatchObject({ status: 'failed', error: 'stream: broken', seen: 1 });
  });

  it('says so when a model is not here', async () => {
    const { get } = fresh();
    await get().models.load();
    get().experiment.setStream({ model: 'training' });
    await get().stream.start();
    expect(get().stream.error).toMatch(/nothing has been trained/);
    get().experiment.setStream({ model: '../secret' });
    await get().stream.start();
    expect(get().stream.error).toMatch(/not here/);
    expect(posted).toEqual([]);
  });

  it('pauses, steps and plays on', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(begin, segmentEvent(0));
    get().stream.pause();
    receive({ type: 'stream-paused', index: 0 });
    get().stream.step();
    receive(segmentEvent(1));
    expect(get().stream).toMatchObject({ status: 'paused', seen: 2 });
    get().stream.play();
    expect(posted.slice(1).map(({ type }) => type)).toEqual(['stream-pause', 'stream-step', 'stream-continue']);
    expect(get().stream.status).toBe('playing');
  });
});

describe('run', () => {
  it('starts with the configuration shown, and draws its curves', () => {
    const { get, receive } = fresh();
    get().experiment.choosePreset('tiny');
    get().run.start();
    expect(posted).toEqual([{ type: 'train-start', config: presetConfig('tiny') }]);
    receive({ type: 'train-begin', model, progress }, stepEvent(1), stepEvent(2), stepEvent(3, 1));
    receive({
      type: 'validation',
      progress: { ...progress, step: 3 },
      segments: 2,
      samples: 8,
      accuracy: 0.75,
      loss: 1,
    });
    const { curves, version, status } = get().run;
    expect(status).toBe('running');
    expect(version).toBe(4);
    expect(curves.steps.length).toBe(3);
    expect(curves.bands).toEqual([
      { stage: 0, segments: 1, from: 0 },
      { stage: 1, segments: 2, from: 2 },
    ]);
    expect(curves.validations.get(2)?.last?.accuracy).toBe(0.75);
  });

  it('does not start what cannot be', () => {
    const { get } = fresh();
    get().experiment.setKnob('hidden_size', 6);
    get().run.start();
    expect(posted).toEqual([]);
    expect(get().run.error).toContain('hidden_size');
  });

  it('steps from nothing: starts paused, then one step', () => {
    const { get, receive } = fresh();
    get().run.step();
    expect(posted).toMatchObject([{ type: 'train-start', paused: true }]);
    receive({ type: 'train-begin', model, progress });
    expect(posted.at(-1)).toEqual({ type: 'train-step' });
    expect(get().run.status).toBe('paused');
  });

  it('keeps the last checkpoint, and goes on from it when the GPU was lost', () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'train-begin', model, progress }, stepEvent(1), stepEvent(2), stepEvent(3));
    const bytes = Uint8Array.of(7);
    receive({ type: 'checkpoint', bytes, progress: { ...progress, step: 2 } });
    expect(saved).toMatchObject({ bytes, config: get().run.config });
    receive({ type: 'device-lost', message: 'gone', checkpoint: bytes });
    expect(get().run.status).toBe('lost');
    get().run.resumeKept();
    expect(posted.at(-1)).toMatchObject({ type: 'train-start', resume: { bytes } });
    expect(get().run.curves.steps.length).toBe(2);
    receive({ type: 'train-begin', model, progress });
    expect(get().run.curves.steps.length).toBe(2);
  });

  it('offers the run of an earlier visit', async () => {
    const config = presetConfig('tiny');
    saved = { bytes: Uint8Array.of(1), config, progress, noise: undefined, saved: 0 };
    const { get, receive } = fresh();
    await get().run.recall();
    expect(get().run).toMatchObject({ fromStorage: true });
    get().run.resumeKept();
    expect(posted.at(-1)).toMatchObject({ type: 'train-start', config, resume: { bytes: Uint8Array.of(1) } });
    expect(get().experiment.config).toEqual(config);
    receive({ type: 'train-begin', model, progress });
    expect(get().run.fromStorage).toBe(false);
  });

  it('hands out the checkpoint once it comes, and only when asked', () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'train-begin', model, progress });
    receive({ type: 'checkpoint', bytes: Uint8Array.of(1), progress });
    expect(get().run.download).toBeUndefined();
    get().run.save();
    expect(posted.at(-1)).toEqual({ type: 'checkpoint' });
    receive({ type: 'checkpoint', bytes: Uint8Array.of(2), progress });
    expect(get().run.download).toEqual(Uint8Array.of(2));
  });

  it('refuses a file that is no training checkpoint', () => {
    const { get } = fresh();
    get().run.resumeFile('x.safetensors', Uint8Array.of(1, 2, 3));
    expect(get().run.error).toMatch(/x\.safetensors/);
    expect(posted).toEqual([]);
  });
});

describe('evaluate', () => {
  const begin: Event = { type: 'evaluate-begin', model, task: 'detect' };

  it('gathers the points of each number of segments', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().evaluate.start();
    expect(posted).toMatchObject([{ type: 'evaluate-start', segments: [1, 2, 4, 8, 16, 32], samples: 100, seed: 1 }]);
    receive(begin, { type: 'evaluate-point', segments: 1, right: 10, samples: 32, wanted: 100 });
    receive({ type: 'evaluate-point', segments: 1, right: 40, samples: 64, wanted: 100 });
    receive({ type: 'evaluate-point', segments: 2, right: 3, samples: 32, wanted: 100 });
    receive({ type: 'evaluate-end', finished: false });
    expect(get().evaluate.status).toBe('idle');
    expect(get().evaluate.results).toMatchObject([
      {
        label: 'Detect',
        status: 'cancelled',
        chance: 1 / 6,
        points: [
          { segments: 1, right: 40, samples: 64 },
          { segments: 2, right: 3, samples: 32 },
        ],
      },
    ]);
  });

  it('keeps results when the next evaluation fails', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().evaluate.start();
    receive(begin, { type: 'evaluate-end', finished: true });
    await get().evaluate.start();
    receive({ type: 'failed', during: 'evaluate', message: 'evaluate: broken', status: 1 });
    expect(get().evaluate).toMatchObject({ status: 'failed', error: 'evaluate: broken' });
    expect(get().evaluate.results).toHaveLength(1);
  });
});

describe('outside data', () => {
  it.each([
    [{}, 'checkpoints'],
    [{ checkpoints: [{ ...manifest.checkpoints[0], file: '../x.safetensors' }] }, 'checkpoints.0.file'],
    [{ checkpoints: [{ ...manifest.checkpoints[0], segments: 0 }] }, 'checkpoints.0.segments'],
  ])('names what is wrong in a manifest', (input, where) => {
    expect(() => parseManifest(input)).toThrow(where);
  });

  it('says when there is no manifest', async () => {
    const { get } = fresh({
      fetchFile: async () => Promise.reject(new Error('manifest.json: the server answered 404')),
    });
    await get().models.load();
    expect(get().models).toMatchObject({ status: 'missing', problem: expect.stringContaining('404') });
  });

  it('reads the configuration of a training checkpoint', () => {
    const config = presetConfig('tiny');
    const text = JSON.stringify({ __metadata__: { training: JSON.stringify({ config }) } });
    const header = new TextEncoder().encode(text);
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    expect(configOfTraining('x', bytes)).toEqual(config);
    expect(() => configOfTraining('x', bytes.slice(0, 40))).toThrow('not a safetensors file');
  });
});
