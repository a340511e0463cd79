// Around a run: estimates, refusals, measured speeds, examples, and continuing for more steps.
import { beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../experiment/config.ts';
import { presetConfig } from '../../experiment/presets.ts';
import type { Event, Report, ReportOf, Speed, TrainProgress } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { Line } from '../../testing/line.ts';
import { someMetrics } from '../../testing/metrics.ts';
import { memoryStorage, Shelf } from '../library/storage.ts';
import { notInLink } from '../link.ts';
import { withMoreSteps } from '../more-steps.ts';
import { createPlayground } from '../store.ts';

const bytes = { weights: 1, gradients: 1, optimiser: 2, activations: 3, validation: 1, checkpoint: 4, total: 12 };
const answer = (more: Partial<ReportOf<'estimate'>> = {}): Report => ({
  type: 'estimate',
  parameters: 10,
  bytes,
  tokens: 1000,
  steps: 400,
  milliseconds: 2000,
  speed: { matmulGflops: 10, copyGBs: 20, dispatchMicroseconds: 30 },
  obstacle: undefined,
  ...more,
});
const facts = { vendor: 'v', architecture: 'a', description: 'd', software: true, features: [], limits: {} };
const progress = (step: number): TrainProgress => ({
  step,
  steps: 400,
  stage: Math.floor(step / 100),
  stages: 4,
  stageStep: step % 100,
  stageSteps: 100,
  segments: 4,
});
const step = (n: number, tokensPerSecond: number): Report => ({
  type: 'train-step',
  progress: progress(n),
  batchSegments: 1,
  ...someMetrics({ tokensPerSecond }),
  remaining: 1,
});
const begin: Report = { type: 'train-begin', model: {} as never, progress: progress(0) };

let posted: (Job | Wish)[];
let speeds: Map<string, Speed>;
beforeEach(() => {
  posted = [];
  speeds = new Map();
});

function fresh() {
  const line = new Line(posted);
  const store = createPlayground({
    post: line.post,
    fetchFile: async () => new Uint8Array(),
    runs: memoryStorage(new Shelf()),
    speeds: { recall: (adapter) => speeds.get(adapter), keep: (adapter, speed) => void speeds.set(adapter, speed) },
    obstacle: undefined,
  });
  const receive = line.receiver(store.getState);
  store.getState().device.connect();
  receive({ type: 'device', device: facts, details: {} as never });
  posted.length = 0;
  return { get: store.getState, receive, line };
}

describe('an estimate', () => {
  it('is requested for the current values, and only the newest answer counts', () => {
    const { get, receive, line } = fresh();
    get().estimate.ask();
    const first = line.idOf('estimate');
    get().experiment.setKnob('seed', 2);
    get().estimate.ask();
    expect(line.idOf('estimate')).not.toBe(first);
    // The previous one is stopped; if it has not begun, it never does.
    expect(posted).toMatchObject([
      { kind: 'estimate' },
      { type: 'stop', of: 'estimate' },
      { kind: 'estimate', config: { seed: 2 } },
    ]);
    get().receive({ ...answer({ parameters: 99 }), id: first } as Event);
    expect(get().estimate).toMatchObject({ status: 'asking', result: undefined });
    receive(answer());
    expect(get().estimate).toMatchObject({ status: 'ready', result: { parameters: 10, config: { seed: 2 } } });
  });

  it('is not requested for invalid values, without a GPU, or during training', () => {
    const { get, receive } = fresh();
    get().experiment.setKnob('hidden_size', 7);
    get().estimate.ask();
    get().experiment.choosePreset('tiny');
    get().run.start();
    receive(begin);
    get().estimate.ask();
    receive({ type: 'device-lost', message: 'gone' });
    get().estimate.ask();
    expect(posted).toMatchObject([{ kind: 'train' }]);
  });

  it('prevents starting a run that does not fit on the adapter, until the values change', () => {
    const { get, receive } = fresh();
    get().estimate.ask();
    receive(answer({ obstacle: 'GPU: too large (expected less)' }));
    get().run.start();
    expect(get().run).toMatchObject({
      status: 'idle',
      error: 'This run does not fit on this GPU. There is a problem with GPU: too large. It needs less.',
    });
    get().experiment.setKnob('num_hidden_layers', 1);
    get().run.start();
    expect(get().run.status).toBe('starting');
  });

  it('is corrected by a measured run on this adapter', () => {
    const { get, receive } = fresh();
    get().estimate.ask();
    receive(answer());
    get().run.start();
    // At 100 tokens a second a thousand take ten seconds: five times what was said.
    receive(begin, step(5, 1), step(20, 100), {
      type: 'train-end',
      progress: progress(20),
      finished: false,
      suspicions: [],
    });
    const speed = { matmulGflops: 2, copyGBs: 4, dispatchMicroseconds: 150 };
    expect([...speeds]).toEqual([['d · v · a', speed]]);
    const next = fresh();
    next.get().estimate.ask();
    expect(posted.at(-1)).toMatchObject({ kind: 'estimate', speed });
    next.receive(answer());
    expect(next.get().estimate.result?.fromRuns).toBe(true);
  });

  it('ignores steps that wait for compilation, and runs of another configuration', () => {
    const { get, receive } = fresh();
    get().estimate.ask();
    receive(answer());
    get().run.start();
    receive(begin, step(2, 1), { type: 'train-end', progress: progress(2), finished: false, suspicions: [] });
    get().experiment.setKnob('hidden_size', 64);
    get().run.start();
    receive(begin, step(50, 1), { type: 'train-end', progress: progress(50), finished: false, suspicions: [] });
    expect(speeds.size).toBe(0);
  });

  it('says why it failed', () => {
    const { get, receive } = fresh();
    get().estimate.ask();
    receive({ type: 'failed', during: 'estimate', message: 'x: broken', status: 1 });
    expect(get().estimate).toMatchObject({ status: 'failed', error: 'x: broken.' });
    expect(get().run.status).toBe('idle');
  });
});

describe('examples', () => {
  it('are from the last validation of this run', () => {
    const { get, receive } = fresh();
    get().run.start();
    const item = { prompt: ['where'], skipped: 0, expected: ['a'], predicted: ['b'], probabilities: [0.25] };
    receive(begin, { type: 'examples', progress: progress(50), segments: 2, items: [item] });
    expect(get().examples.latest).toMatchObject({ segments: 2, items: [{ predicted: ['b'] }] });
    receive(begin);
    expect(get().examples.latest).toBeUndefined();
  });
});

describe('more steps', () => {
  it('add a stage of the last length, and do not change the earlier ones', () => {
    const config = presetConfig('memorize');
    const longer = withMoreSteps(config, 50);
    expect(longer).toEqual({ ...config, stages: [1, 2, 3, 4, 4], stage_steps: [100, 100, 100, 100, 50] });
    expect(withMoreSteps(longer, 7).stage_steps).toEqual([100, 100, 100, 100, 50, 7]);
    const full = parseConfig({ ...config, stages: new Array(64).fill(1) });
    expect(() => withMoreSteps(full, 1)).toThrow('Continue: stages: ');
    expect(() => withMoreSteps(config, 0)).toThrow('stage_steps');
  });

  it('continue from the end of the run with its curves and model, as a new run', async () => {
    const { get, receive } = fresh();
    get().run.start();
    const end = { ...progress(400), stage: 4, stageStep: 0 };
    receive(
      begin,
      step(400, 1),
      { type: 'checkpoint', bytes: Uint8Array.of(1), progress: end },
      { type: 'train-end', progress: end, finished: true, suspicions: [] },
    );
    const { id } = get().run;
    await get().run.extend(50);
    expect(get().run.id).not.toBe(id);
    expect(posted.at(-1)).toMatchObject({
      kind: 'train',
      config: { stages: [1, 2, 3, 4, 4], stage_steps: [100, 100, 100, 100, 50] },
      resume: { bytes: Uint8Array.of(1) },
    });
    expect(get().run.curves.steps.length).toBe(1);
    // The address describes the longer run.
    expect(get().experiment.config.stages).toEqual([1, 2, 3, 4, 4]);
  });
});

describe('a link', () => {
  it('says what it cannot contain for the view that it opens', () => {
    const { get } = fresh();
    expect(notInLink(get())).toEqual([]);
    get().experiment.setStream({ model: 'file:my.safetensors' });
    expect(notInLink(get())).toEqual(['your file my.safetensors']);
    get().experiment.show('extrapolate');
    get().experiment.setEvaluate({ also: ['training', 'file:b.safetensors', 'copy.safetensors', 'run:7'] });
    expect(notInLink(get())).toEqual([
      'the model you trained (download its checkpoint)',
      'your file b.safetensors',
      'your run 7 (export it as a file)',
    ]);
    get().experiment.show('train');
    get().materials.give({ noise: { name: 'zebra.txt', text: 'z' } });
    expect(notInLink(get())).toEqual(['your file zebra.txt']);
    // Copy takes no text.
    get().experiment.setKnob('task', 'copy');
    expect(notInLink(get())).toEqual([]);
  });
});
