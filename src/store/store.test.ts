import { beforeEach, describe, expect, it, vi } from 'vitest';
import { presetConfig } from '../experiment/presets.ts';
import type { Event, ModelFacts, Report, ReportOf, TrainProgress } from '../protocol/index.ts';
import { chanceOf, lossName, measureOf } from '../tasks/measures.ts';
import type { Job, Wish } from '../testing/desk.ts';
import { encoderFacts, manifestOf } from '../testing/facts.ts';
import { Line } from '../testing/line.ts';
import { isSpelt } from '../text/vocabulary.ts';
import { cardOf, configOfTraining } from './checkpoint-header.ts';
import { automaticName, nearestPreset, sameData, whatDiffers } from './compare.ts';
import { memoryStorage, Shelf } from './library/storage.ts';
import { adapterName } from './slices/device.ts';
import { materialsFor } from './slices/materials.ts';
import { parseManifest } from './slices/models.ts';
import { streamKey } from './slices/stream.ts';
import type { Environment } from './state.ts';
import { createPlayground } from './store.ts';

const classes = ['bathroom', 'hallway', 'garden', 'office', 'bedroom', 'kitchen'];
const model: ModelFacts = { ...encoderFacts, classes };
const decoder: ModelFacts = {
  ...model,
  kind: 'RMT, decoder',
  answers: 'tokens',
  task: 'copy',
  positions: 4,
  front: 1,
  looks: { write: { rows: 1, columns: 4 }, read: { rows: 4, columns: 1 } },
  classes: [],
};
const progress: TrainProgress = { step: 3, steps: 10, stage: 0, stages: 2, stageStep: 3, stageSteps: 5, segments: 1 };
const manifest = manifestOf(48);
const at = (step: number): TrainProgress => ({ ...progress, step });
const segmentEvent = (index: number): Report => ({
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
const stepEvent = (step: number, stage = 0): Report => ({
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

let posted: (Job | Wish)[];
let shelf: Shelf;
const environment: Omit<Environment, 'post'> = {
  fetchFile: async (path) =>
    path.endsWith('.json') ? new TextEncoder().encode(JSON.stringify(manifest)) : Uint8Array.of(1, 2, 3),
  get runs() {
    return memoryStorage(shelf);
  },
  obstacle: undefined,
};
const fresh = (changed: Partial<Environment> = {}) => {
  const line = new Line(posted);
  const store = createPlayground({ ...environment, post: line.post, ...changed });
  const receive = line.receiver(store.getState);
  return { get: store.getState, receive, line };
};
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
});

describe('device', () => {
  it('is asked for, found, refused and lost', () => {
    const { get, receive } = fresh();
    get().device.connect();
    expect(posted).toEqual([{ kind: 'connect' }]);
    receive({ type: 'failed', during: 'connect', message: 'adapter: none', status: 1 });
    expect(get().device).toMatchObject({ status: 'missing', obstacle: 'no-adapter', message: 'adapter: none' });
    receive({
      type: 'device',
      device: { vendor: 'v', architecture: 'a', description: '', software: true, features: [], limits: {} },
      details: {
        info: { vendor: 'v' },
        features: ['bgra8unorm-storage'],
        limits: { maxBindGroups: 4 },
        kernels: {
          product: { small: 'registers', large: 'registers' },
          attention: { small: 'rows', large: 'rows' },
          chosenBy: 'facts',
        },
      },
    });
    expect(get().device).toMatchObject({ status: 'ready', details: { limits: { maxBindGroups: 4 } } });
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
  const begin: Report = { type: 'stream-begin', model, segments: 4, expected: 'kitchen', tokens: 8 };

  it('starts the first bundled checkpoint the way it is meant to be shown', async () => {
    const { get } = fresh();
    await get().models.load();
    await get().stream.start();
    expect(posted).toEqual([
      {
        kind: 'stream',
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

  it('takes nothing of a stream that another one replaced', async () => {
    const { get, receive, line } = fresh();
    await get().models.load();
    await get().stream.start();
    const first = line.idOf('stream');
    get().experiment.setStream({ seed: 2 });
    await get().stream.start();
    const second = line.idOf('stream');
    get().experiment.setStream({ seed: 3 });
    // Before its request is put together, it has already taken the place of the second.
    const third = get().stream.start();
    for (const id of [first, second])
      for (const report of [begin, segmentEvent(0)]) get().receive({ ...report, id } as Event);
    await third;
    expect(posted).toMatchObject([
      { kind: 'stream', seed: 9 },
      { type: 'stop', of: 'stream' },
      { kind: 'stream', seed: 2 },
      { type: 'stop', of: 'stream' },
      { kind: 'stream', seed: 3 },
    ]);
    const end = { type: 'stream-end', answer: 'office', expected: 'kitchen', finished: false } as const;
    get().receive({ ...end, id: second });
    expect(get().stream).toMatchObject({ status: 'starting', seen: 0, verdict: undefined });
    receive(begin, segmentEvent(0));
    expect(get().stream).toMatchObject({ status: 'playing', seen: 1 });
  });

  it('gathers what a generative model expected, the word behind the end included', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive(
      { type: 'stream-begin', model: decoder, segments: 2, expected: 'abc', tokens: 4 },
      {
        ...(segmentEvent(0) as ReportOf<'stream-segment'>),
        words: ['a', '>'],
        marks: [{ kind: 'fact', start: 0, end: 1 }],
        probabilities: new Float32Array(0),
        guesses: [
          { word: '', probability: 0 },
          { word: '>', probability: 1 },
        ],
      },
      {
        ...(segmentEvent(1) as ReportOf<'stream-segment'>),
        words: ['a', 'b'],
        marks: [{ kind: 'answer', start: 0, end: 2 }],
        probabilities: new Float32Array(0),
        guesses: [
          { word: 'a', probability: 0.5 },
          { word: 'c', probability: 0.25 },
        ],
        behind: { word: 'c', guess: { word: 'c', probability: 1 } },
      },
      { type: 'stream-end', answer: '2 of 3', expected: 'abc', finished: true, right: 2, asked: 3 },
    );
    const { log, verdict } = get().stream;
    expect(verdict).toMatchObject({ right: 2, asked: 3 });
    const [first, second] = log?.segments ?? [];
    expect(first && log?.asked(first)).toEqual([]);
    expect(second && log?.asked(second).map(({ at, right }) => [at, right])).toEqual([
      [0, true],
      [1, false],
      [2, true],
    ]);
    expect(log?.expectedProbability[0]).toBeNaN();
    expect(log?.expectedProbability[1]).toBeCloseTo((0.5 + 0.25 + 1) / 3, 6);
    expect(log?.loss).toBeCloseTo((Math.log(2) + Math.log(4)) / 3, 6);
  });

  it('is due again once the model was trained on, and as long as a text was in training', async () => {
    const { get, receive } = fresh();
    get().experiment.choosePreset('copy');
    get().run.start();
    receive({ type: 'train-begin', model: decoder, progress });
    get().experiment.setStream({ model: 'training' });
    await get().stream.start();
    expect(posted.at(-1)).toMatchObject({
      kind: 'stream',
      model: { kind: 'training' },
      segments: Math.max(...presetConfig('copy').stages),
    });
    expect(get().stream.key).toBe(streamKey(get()));
    get().stream.forget();
    expect(get().stream.key).toBeUndefined();
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
    expect(posted.slice(1)).toEqual([
      { type: 'pause', of: 'stream' },
      { type: 'step', of: 'stream' },
      { type: 'continue', of: 'stream' },
    ]);
    expect(get().stream.status).toBe('playing');
  });
});

describe('run', () => {
  it('starts with the configuration shown, and draws its curves', () => {
    const { get, receive } = fresh();
    get().experiment.choosePreset('tiny');
    get().run.start();
    expect(posted).toEqual([{ kind: 'train', config: presetConfig('tiny') }]);
    receive({ type: 'train-begin', model, progress }, stepEvent(1), stepEvent(2), stepEvent(3, 1));
    receive({
      type: 'validation',
      progress: { ...progress, step: 3 },
      segments: 2,
      samples: 8,
      accuracy: 0.75,
      whole: 0.5,
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
    expect(posted).toMatchObject([{ kind: 'train', paused: true }]);
    receive({ type: 'train-begin', model, progress });
    expect(posted.at(-1)).toEqual({ type: 'step', of: 'train' });
    expect(get().run.status).toBe('paused');
  });

  it('goes on from the last checkpoint when the GPU was lost, with the curves up to it', async () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'train-begin', model, progress: at(0) }, stepEvent(1), stepEvent(2));
    const bytes = Uint8Array.of(7);
    receive({ type: 'checkpoint', bytes, progress: at(2) }, stepEvent(3));
    receive({ type: 'device-lost', message: 'gone', checkpoint: bytes });
    expect(get().run.status).toBe('lost');
    expect(get().run.curves.steps.length).toBe(3);
    await get().run.resume();
    expect(posted.at(-1)).toMatchObject({ kind: 'train', resume: { bytes } });
    expect(
      get()
        .run.curves.steps.view()
        .map(({ x }) => x),
    ).toEqual([1, 2]);
    receive({ type: 'train-begin', model, progress: at(2) }, stepEvent(3));
    expect(
      get()
        .run.curves.steps.view()
        .map(({ x }) => x),
    ).toEqual([1, 2, 3]);
  });

  it('hands out the checkpoint once it comes, and only when asked', () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'train-begin', model, progress });
    receive({ type: 'checkpoint', bytes: Uint8Array.of(1), progress });
    expect(get().run.download).toBeUndefined();
    get().run.save();
    expect(posted.at(-1)).toEqual({ type: 'checkpoint', of: 'train' });
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
  const begin: Report = { type: 'evaluate-begin', model, task: 'detect' };
  const point = { type: 'evaluate-point', whole: 1, loss: 0.5, wanted: 100 } as const;

  it('gathers the points of each number of segments', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().evaluate.start();
    expect(posted).toMatchObject([{ kind: 'evaluate', segments: [1, 2, 4, 8, 16, 32], samples: 100, seed: 1 }]);
    receive(begin, { ...point, segments: 1, right: 10, asked: 32, samples: 32 });
    receive({ ...point, segments: 1, right: 40, asked: 64, samples: 64 });
    receive({ ...point, segments: 2, right: 3, asked: 32, samples: 32 });
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

describe('the bench', () => {
  const facts = { vendor: 'v', architecture: 'a', description: 'd', software: true, features: [], limits: {} };
  const begin: Report = {
    type: 'bench-begin',
    device: facts,
    kernels: 'products registers; attention rows',
    probe: { matmulGflops: 2, matmulSize: 256, copyGBs: 3 },
    cases: [{ shape: 'tiny', mode: 'forward' }],
    leftOut: [{ shape: 'bert-base', mode: 'forward' }],
  };
  const row: Report = {
    type: 'bench-row',
    row: {
      shape: 'tiny',
      mode: 'forward',
      runs: 1,
      segmentsPerRun: 1,
      milliseconds: { median: 2, low: 1, high: 3 },
      flops: 1,
      gflops: 1,
      peakShare: 0.5,
      bytesMoved: 1,
      gigabytesPerSecond: 1,
      copyShare: 0.5,
      dispatches: { encode: 3 },
      perLayer: { forward: 2, backward: 0 },
      gpuBytes: { parameters: 1, training: 0, activations: 1, total: 2 },
      kernels: undefined,
    },
  };
  const refusal: Report = { type: 'bench-refused', shape: 'tiny', mode: 'train', reason: 'too large' };

  it('asks for what is chosen, and keeps what comes', () => {
    const { get, receive } = fresh();
    get().experiment.setBench({ shapes: ['tiny'], runs: 3 });
    get().bench.start();
    expect(posted).toEqual([
      { kind: 'bench', shapes: ['tiny'], modes: ['forward', 'train'], runs: 3, profile: false, half: false },
    ]);
    const now = {
      type: 'bench-progress',
      shape: 'tiny',
      mode: 'forward',
      doing: 'measuring',
      run: 1,
      runs: 3,
    } as const;
    receive(begin, now);
    expect(get().bench).toMatchObject({ status: 'running', result: { now, rows: [], status: 'running' } });
    receive(row, refusal, { type: 'bench-end', finished: true });
    expect(get().bench).toMatchObject({ status: 'idle', result: { status: 'finished', now: undefined } });
    expect(get().bench.result?.rows).toHaveLength(1);
    expect(get().bench.result?.refused).toEqual([refusal]);
    // What was measured stays until there is something new.
    get().bench.start();
    expect(get().bench.result?.rows).toHaveLength(1);
    receive(begin);
    expect(get().bench.result?.rows).toEqual([]);
  });

  it('can be stopped, even while it is being prepared', () => {
    const { get, receive } = fresh();
    get().bench.start();
    get().bench.stop();
    expect(get().bench.status).toBe('idle');
    receive(begin);
    expect(posted).toMatchObject([{ kind: 'bench' }, { type: 'stop', of: 'bench' }]);
    receive({ type: 'bench-end', finished: false });
    expect(get().bench).toMatchObject({ status: 'idle', result: undefined });
    get().bench.start();
    receive(begin, row);
    get().bench.stop();
    receive({ type: 'bench-end', finished: false });
    expect(get().bench).toMatchObject({ status: 'idle', result: { status: 'stopped' } });
  });

  it('says why it failed, and keeps what was measured', () => {
    const { get, receive } = fresh();
    get().bench.start();
    receive(begin, row, { type: 'device-lost', message: 'gone' });
    expect(get().bench).toMatchObject({ status: 'failed', error: 'gone', result: { status: 'stopped' } });
    get().bench.start();
    receive({ type: 'failed', during: 'bench', message: 'bench: a run in training', status: 2 });
    expect(get().bench).toMatchObject({ status: 'failed', error: 'bench: a run in training' });
    expect(get().bench.result?.rows).toHaveLength(1);
  });

  it('makes the stream that plays wait', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().stream.start();
    receive({ type: 'stream-begin', model, segments: 2, expected: 'garden', tokens: 4 });
    expect(get().stream.status).toBe('playing');
    get().bench.start();
    expect(get().stream.status).toBe('paused');
    expect(posted).toMatchObject([{ kind: 'stream' }, { type: 'pause', of: 'stream' }, { kind: 'bench' }]);
  });
});

describe('evaluating a generative model', () => {
  it('takes what it is asked for, and the words for its figures', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    get().experiment.setEvaluate({ generate: true, task: 'language' });
    await get().evaluate.start();
    expect(posted.at(-1)).toMatchObject({ kind: 'evaluate', task: 'language', generate: true });
    const positions = Float32Array.of(3, 2);
    receive(
      { type: 'evaluate-begin', model: decoder, task: 'language', unit: 'bytes' },
      {
        type: 'evaluate-point',
        segments: 1,
        right: 5,
        asked: 10,
        whole: 0,
        generated: 1,
        samples: 2,
        wanted: 2,
        loss: 2,
        positions,
      },
      { type: 'evaluate-end', finished: true },
    );
    expect(get().evaluate.results).toMatchObject([
      {
        measure: 'every word',
        unit: 'bytes',
        chance: undefined,
        points: [{ right: 5, asked: 10, whole: 0, generated: 1, loss: 2, positions }],
      },
    ]);
  });
});

describe('going on with a text', () => {
  const begin: Report = { type: 'generate-begin', model: decoder, prompt: ['a', '>'], expected: ['a', 'a'] };
  const word = (text: string): Report => ({ type: 'generate-word', word: text, probability: 0.5, segments: 1 });

  it('begins with the document streamed, and gathers word after word', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().generate.start();
    expect(posted).toEqual([
      {
        kind: 'generate',
        model: { kind: 'checkpoint', name: 'detect.safetensors', bytes: Uint8Array.of(1, 2, 3) },
        words: 24,
        temperature: 0,
        segments: 48,
        seed: 9,
      },
    ]);
    receive(begin, word('a'), word('b'));
    expect(get().generate).toMatchObject({ status: 'writing', writing: { segmentSize: 2, prompt: ['a', '>'] } });
    expect(get().generate.writing?.words.map((each) => each.word)).toEqual(['a', 'b']);
    receive({ type: 'generate-end', finished: true, judgement: { right: false, reason: 'no' } });
    expect(get().generate).toMatchObject({ status: 'ended', writing: { judgement: { reason: 'no' } } });
  });

  it('takes a beginning of the visitor’s, with its own seed', async () => {
    const { get } = fresh();
    await get().models.load();
    get().generate.set({ prompt: 'x y', temperature: 0.5, seed: 3 });
    await get().generate.start();
    expect(posted.at(-1)).toMatchObject({ kind: 'generate', prompt: 'x y', temperature: 0.5, seed: 3 });
    expect(posted.at(-1)).not.toHaveProperty('segments');
  });

  it('is forgotten when another document is streamed', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().generate.start();
    receive(begin, word('a'), { type: 'generate-end', finished: true });
    await get().stream.start();
    receive({ type: 'stream-begin', model: decoder, segments: 2, expected: 'a', tokens: 4 });
    expect(get().generate).toMatchObject({ status: 'idle', writing: undefined });
  });

  it('is stopped, fails, and loses the GPU', async () => {
    const { get, receive } = fresh();
    await get().models.load();
    await get().generate.start();
    receive(begin, word('a'));
    get().generate.stop();
    expect(posted.at(-1)).toEqual({ type: 'stop', of: 'generate' });
    receive({ type: 'generate-end', finished: false });
    expect(get().generate.status).toBe('stopped');
    await get().generate.start();
    receive({ type: 'failed', during: 'generate', message: 'prompt: no words', status: 2 });
    expect(get().generate).toMatchObject({ status: 'failed', error: 'prompt: no words' });
    await get().generate.start();
    receive(begin, { type: 'device-lost', message: 'gone' });
    expect(get().generate).toMatchObject({ status: 'failed', error: 'gone' });
  });
});

describe('materials', () => {
  const file = (name: string, text = 'x') => new File([text], name);

  it('go with a run whose task takes them, and with no other', async () => {
    const { get, receive } = fresh();
    const text = file('book.txt');
    get().materials.give({ text });
    get().run.start();
    expect(posted.at(-1)).not.toHaveProperty('materials');
    get().experiment.setConfig({ ...presetConfig('tiny'), model: 'rmt-gpt2', task: 'language' });
    get().run.start();
    expect(posted.at(-1)).toMatchObject({ kind: 'train', materials: { text } });
    receive({ type: 'train-begin', model: decoder, progress }, stepEvent(1));
    receive({ type: 'checkpoint', bytes: Uint8Array.of(1), progress });
    await get().runs.load();
    await vi.waitFor(() => expect(get().runs.newest()?.files).toEqual(['book.txt']));
    expect(get().models.card('training')).toMatchObject({ task: 'language', file: 'book.txt', answers: 'tokens' });
    expect(get().models.materials('training', 'language')).toEqual({ text });
  });

  it('show how far a file is read, until its job begins or fails', () => {
    const { get, receive } = fresh();
    get().run.start();
    receive({ type: 'reading', name: 'book.txt', share: 0.25 });
    expect(get().materials.reading).toEqual({ name: 'book.txt', share: 0.25 });
    receive({ type: 'failed', during: 'train', message: 'book.txt: no text', status: 2 });
    expect(get().materials.reading).toBeUndefined();
    receive({ type: 'reading', name: 'book.txt', share: 0.5 }, { type: 'train-begin', model, progress });
    expect(get().materials.reading).toBeUndefined();
  });

  it('are asked for again after a reload', async () => {
    const before = fresh();
    before.get().experiment.setConfig({ ...presetConfig('tiny'), model: 'rmt-gpt2', task: 'language' });
    before.get().materials.give({ text: file('book.txt') });
    before.get().run.start();
    before.receive({ type: 'train-begin', model: decoder, progress: at(0) }, stepEvent(1));
    before.receive({ type: 'checkpoint', bytes: Uint8Array.of(1), progress: at(1) });
    await before.get().runs.load();
    await vi.waitFor(() => expect(before.get().runs.newest()).toBeDefined());
    shelf.locks.clear();
    posted = [];

    const { get } = fresh();
    await get().runs.load();
    const id = get().runs.newest()?.id ?? '';
    await get().run.resume(id);
    expect(posted).toEqual([]);
    expect(get().run.error).toContain('book.txt');
    expect(get().experiment.config.task).toBe('language');
    get().materials.give({ text: file('book.txt') });
    await get().run.resume(id);
    expect(posted.at(-1)).toMatchObject({ kind: 'train', resume: { bytes: Uint8Array.of(1) } });
  });

  it('say what is wrong with a noise text, and with a file for nothing', async () => {
    const { get } = fresh();
    await get().materials.giveFile(new File([Uint8Array.of(0x61, 0xff)], 'broken.txt'), 'memorize');
    expect(get().materials.problem).toContain('broken.txt: no UTF-8');
    await get().materials.giveFile(file('empty.txt', ' \n'), 'memorize');
    expect(get().materials.problem).toContain('empty.txt: no text');
    await get().materials.giveFile(file('a.txt'), 'copy');
    expect(get().materials.problem).toContain('a.txt: a file for Copy');
    await get().materials.giveFile(file('good.txt', 'a b c'), 'memorize');
    expect(get().materials).toMatchObject({
      problem: undefined,
      given: { noise: { name: 'good.txt', text: 'a b c' } },
    });
  });

  it('of documents are told apart by their names', async () => {
    const { get } = fresh();
    await get().materials.giveFile(file('articles-training.xml'), 'documents');
    await get().materials.giveFile(file('ground-truth-training.xml'), 'documents');
    const { articles, labels } = get().materials.given;
    expect([articles?.name, labels?.name]).toEqual(['articles-training.xml', 'ground-truth-training.xml']);
    expect(materialsFor('documents', get().materials.given)).toEqual({ articles, labels });
    expect(materialsFor('copy', get().materials.given)).toBeUndefined();
  });
});

describe('comparison', () => {
  it('says what differs, and whether the data is the same', () => {
    const config = presetConfig('copy');
    const runs = [
      { config, files: [] },
      { config: { ...config, model: 'transformer-xl', mem_len: 9, seed: 2 } as const, files: [] },
    ];
    expect(whatDiffers(runs)).toEqual(['RMT, decoder · seed 1', 'Transformer-XL · seed 2']);
    expect(whatDiffers(runs, ['model'])).toEqual(['seed 1', 'seed 2']);
    expect(sameData(runs)).toBe(true);
    // A knob that has no say in either is none of the differences; one that has is.
    const longer = [
      { config, files: [] },
      { config: { ...config, noise_words: 50, batch_size: 8 }, files: [] },
    ];
    expect(whatDiffers(longer)[1]).toBe('Batch size 8');
    expect(sameData([...runs, { config: { ...config, alphabet: '4' }, files: [] }])).toBe(false);
  });
});

describe('names', () => {
  it('say what differs from the preset', () => {
    const copy = presetConfig('copy');
    expect(automaticName(copy, 'copy')).toBe('copy · rmt-gpt2');
    expect(automaticName({ ...copy, seed: 2 }, 'copy')).toBe('copy · rmt-gpt2 · seed 2');
    // The preset already says what its model and task are; a knob without a say is not named.
    expect(automaticName({ ...copy, model: 'gpt2', noise_words: 50 }, 'copy')).toBe('copy · gpt2');
    expect(nearestPreset({ ...copy, seed: 2 })).toBe('copy');
  });
});

describe('figures', () => {
  it('mean what the task asks', () => {
    expect([measureOf('memorize'), measureOf('copy'), measureOf('language')]).toEqual([
      'classes',
      'answer words',
      'every word',
    ]);
    expect(chanceOf('memorize')).toBeCloseTo(1 / 6);
    expect(chanceOf('documents')).toBe(1 / 2);
    expect(chanceOf('copy')).toBe(1 / 8);
    expect(chanceOf('reverse', { alphabet: '26' })).toBe(1 / 26);
    expect(chanceOf('retrieval')).toBe(1 / 10);
    expect(chanceOf('quadratic')).toBeUndefined();
    expect(chanceOf('language')).toBeUndefined();
  });

  it('have the names of the field', () => {
    expect(lossName('words')?.of(Math.log(20))).toBeCloseTo(20);
    expect(lossName('bytes')?.of(Math.log(2))).toBeCloseTo(1);
    expect(lossName('bytes')?.name).toBe('bits per byte');
    expect(lossName(undefined)).toBeUndefined();
  });

  it('spell what is made of characters', () => {
    expect(isSpelt(['a', ' ', '\\x0a', '[UNK]'])).toBe(true);
    expect(isSpelt(['a', 'word'])).toBe(false);
  });
});

describe('environment data', () => {
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
    expect(cardOf(bytes)).toEqual({ task: undefined, knobs: {}, file: undefined, answers: undefined, trainedTo: 2 });
  });

  it('reads the card of a checkpoint', () => {
    const metadata = {
      rmt_config: JSON.stringify({ model_type: 'rmt-gpt2', hidden_size: 8 }),
      task: JSON.stringify({ id: 'copy', knobs: { alphabet: '4' }, noise_words: 0 }),
    };
    const header = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata }));
    const bytes = new Uint8Array(8 + header.length);
    new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
    bytes.set(header, 8);
    expect(cardOf(bytes)).toEqual({
      task: 'copy',
      knobs: { alphabet: '4' },
      file: undefined,
      answers: 'tokens',
      trainedTo: undefined,
    });
    expect(cardOf(Uint8Array.of(1))).toMatchObject({ task: undefined, answers: undefined });
  });
});
