import { beforeEach, describe, expect, it } from 'vitest';
import { exponentOf } from '../analysis/growth.ts';
import { presetConfig } from '../experiment/presets.ts';
import type { MeasureRequest, Report } from '../protocol/index.ts';
import type { Job, Wish } from '../testing/desk.ts';
import { Line } from '../testing/line.ts';
import { layersOfCheckpoint, layersOfConfig, sizeOf } from './layer-model.ts';
import { memoryStorage } from './library/storage.ts';
import { verdictOf } from './slices/check.ts';
import { measureDefaults } from './slices/measure.ts';
import { createPlayground } from './store.ts';

/** A checkpoint that consists of a header only. */
function checkpointOf(rmtConfig: object | undefined): Uint8Array<ArrayBuffer> {
  const metadata = rmtConfig ? { rmt_config: JSON.stringify(rmtConfig) } : {};
  const header = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata }));
  const bytes = new Uint8Array(8 + header.length);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}
const bertConfig = {
  model_type: 'rmt-bert',
  hidden_size: 32,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  intermediate_size: 64,
  vocab_size: 129,
  num_mem_tokens: 4,
  segment_size: 12,
};

let posted: (Job | Wish)[];
const fresh = () => {
  const line = new Line(posted);
  const store = createPlayground({
    post: line.post,
    fetchFile: async (path) =>
      path.endsWith('.json')
        ? new TextEncoder().encode(
            JSON.stringify({
              checkpoints: [
                {
                  file: 'a.safetensors',
                  title: 'A',
                  task: 'detect',
                  description: '',
                  segments: 1,
                  seed: 1,
                  made: { command: '', adapter: '', date: '', steps: 1 },
                  accuracy: {},
                },
              ],
            }),
          )
        : checkpointOf(bertConfig),
    runs: memoryStorage(),
    obstacle: undefined,
  });
  const receive = line.receiver(store.getState);
  return { get: store.getState, receive };
};
beforeEach(() => {
  posted = [];
});

describe('the layers whose cost is shown', () => {
  it('are those configured on Train', () => {
    const config = { ...presetConfig('detect'), num_mem_tokens: 4, segment_size: 25 };
    expect(layersOfConfig(config)).toMatchObject({
      shape: { kind: 'encoder', layers: config.num_hidden_layers, width: config.hidden_size, memory: 4 },
      segment: 32,
      vocabulary: 0,
    });
    const decoder = layersOfConfig({ ...presetConfig('copy'), num_mem_tokens: 0, segment_size: 6 });
    expect(decoder).toMatchObject({ shape: { kind: 'decoder', memory: 1 }, segment: 8 });
    // A decoder's output layer covers the words of its task.
    expect(decoder.vocabulary).toBeGreaterThan(8);
    expect(sizeOf(decoder).vocabulary).toBe(decoder.vocabulary);
  });

  it('are those of a checkpoint, for every backbone', () => {
    expect(layersOfCheckpoint('f', checkpointOf(bertConfig))).toEqual({
      shape: { kind: 'encoder', layers: 2, heads: 4, width: 32, inner: 64, memory: 4 },
      segment: 19,
      vocabulary: 0,
    });
    const shared = { n_layer: 3, n_head: 2, vocab_size: 13, segment_size: 6, num_mem_tokens: 2 };
    expect(layersOfCheckpoint('f', checkpointOf({ ...shared, n_embd: 8, n_inner: null }))).toEqual({
      shape: { kind: 'decoder', layers: 3, heads: 2, width: 8, inner: 32, memory: 2 },
      segment: 10,
      vocabulary: 13,
    });
    expect(layersOfCheckpoint('f', checkpointOf({ ...shared, d_model: 8, d_inner: 20 })).shape.inner).toBe(20);
  });

  it.each([undefined, {}, { ...bertConfig, hidden_size: 'x' }])('are not guessed: %o', (config) => {
    expect(() => layersOfCheckpoint('f.safetensors', checkpointOf(config))).toThrow(/^f\.safetensors: no sizes/);
  });
});

describe('measuring cost', () => {
  const request: MeasureRequest = {
    shape: { kind: 'encoder', layers: 1, width: 8, heads: 2, inner: 8, memory: 1 },
    segment: 8,
    longest: 16,
    runs: 1,
    seconds: 1,
  };
  const begin: Report = { type: 'measure-begin', request, lengths: [8, 16] };
  const point = (positions: number): Report => ({
    type: 'measure-point',
    point: {
      kind: 'rmt',
      positions,
      text: 4,
      runs: 1,
      milliseconds: { median: positions, low: 1, high: 99 },
      gpuBytes: { parameters: 1, working: 2 },
    },
  });
  const limit: Report = { type: 'measure-limit', kind: 'full', positions: 16, reason: 'too long' };

  it('requests the configured layers, with defaults by adapter, until others are chosen', () => {
    const { get, receive } = fresh();
    get().compute.start();
    const { shape } = layersOfConfig(get().experiment.config);
    expect(posted).toEqual([{ kind: 'measure', shape, ...measureDefaults(true) }]);
    receive(begin, { type: 'measure-progress', kind: 'rmt', positions: 8, doing: 'measuring', run: 0 });
    expect(get().compute).toMatchObject({ status: 'running', result: { now: { positions: 8 }, points: [] } });
    receive(point(8), point(16), limit, { type: 'measure-end', finished: true });
    expect(get().compute).toMatchObject({ status: 'idle', result: { status: 'finished', limits: [limit] } });
    const points = get().compute.result?.points ?? [];
    const exponent = exponentOf(points.map((p) => ({ length: p.positions, value: p.milliseconds.median })));
    expect(exponent).toBeCloseTo(1, 9);
    get().experiment.setCompute({ segment: 16, longest: 64, runs: 7, seconds: 5 });
    get().compute.start();
    expect(posted.at(-1)).toEqual({ kind: 'measure', shape, segment: 16, longest: 64, runs: 7, seconds: 5 });
  });

  it('reads a checkpoint’s header before measuring it', async () => {
    const { get } = fresh();
    await get().models.load();
    get().experiment.setCompute({ model: 'a.safetensors' });
    get().compute.start();
    expect(posted).toEqual([]);
    await get().compute.look('a.safetensors');
    get().compute.start();
    expect(posted.at(-1)).toMatchObject({ kind: 'measure', shape: { width: 32, layers: 2 } });
    get().experiment.setCompute({ model: 'b.safetensors' });
    await get().compute.look('b.safetensors');
    expect(get().compute.model()).toMatch(/“b\.safetensors” is not available here/);
  });

  it('keeps its results when it is stopped, lost or refused', () => {
    const { get, receive } = fresh();
    get().compute.start();
    receive(begin, point(8));
    get().compute.stop();
    expect(posted.at(-1)).toEqual({ type: 'stop', of: 'measure' });
    receive({ type: 'measure-end', finished: false });
    expect(get().compute).toMatchObject({ status: 'idle', result: { status: 'stopped' } });
    get().compute.start();
    receive({ type: 'failed', during: 'measure', message: 'measure: a run in training', status: 2 });
    expect(get().compute).toMatchObject({
      status: 'failed',
      error: 'The measurement could not start. measure: a run in training. Earlier results are kept.',
    });
    expect(get().compute.result?.points).toHaveLength(1);
    get().compute.start();
    receive(begin, { type: 'device-lost', message: 'gone' });
    expect(get().compute).toMatchObject({
      status: 'failed',
      error: 'The measurement stopped. gone. Earlier results are kept.',
      result: { status: 'stopped' },
    });
  });
});

describe('the self-check', () => {
  const of = { model: 'rmt-bert', kernels: 'small' } as const;
  const begin: Report = {
    type: 'check-begin',
    probe: { matmulGflops: 2, matmulSize: 256, copyGBs: 3 },
    tolerance: 1e-3,
    cases: [of],
  };
  const result: Report = {
    type: 'check-result',
    of,
    rows: [
      { group: 'loss', size: 1, error: 1e-7, passed: true },
      { group: 'rmt.memory', size: 16, error: Number.NaN, passed: false },
    ],
  };

  it('keeps every group, and counts failures', () => {
    const { get, receive } = fresh();
    get().check.start();
    expect(posted).toEqual([{ kind: 'check' }]);
    receive(begin, { type: 'check-progress', of, doing: 'reference', share: 0.5 });
    expect(get().check).toMatchObject({ status: 'running', result: { now: { share: 0.5 } } });
    receive(result, { type: 'check-end', finished: true });
    expect(get().check).toMatchObject({ status: 'idle', result: { status: 'finished', now: undefined } });
    expect(verdictOf(get().check.result?.results ?? [])).toEqual({ groups: 2, failed: 1 });
  });

  it('reports a kernel that the adapter refuses as a failure', () => {
    const { get, receive } = fresh();
    get().check.start();
    receive(begin, { type: 'failed', during: 'check', message: 'kernel linear_forward: no', status: 1 });
    expect(get().check).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('The self-check stopped. kernel linear_forward: no.'),
    });
    expect(get().check.result?.status).toBe('stopped');
  });
});

describe('timing the kernels', () => {
  const kernels = {
    product: { small: 'registers', large: 'registers' },
    attention: { small: 'rows', large: 'rows' },
    chosenBy: 'timed',
  } as const;
  const details = { info: {}, features: [], limits: {}, kernels };

  it('changes the kernels of the device, and nothing else of it', () => {
    const { get, receive } = fresh();
    get().device.connect();
    const device = { vendor: 'acme', architecture: '', description: '', software: false, features: [], limits: {} };
    receive({ type: 'device', device, details: { ...details, kernels: { ...kernels, chosenBy: 'remembered' } } });
    get().tune.start();
    expect(posted.at(-1)).toEqual({ kind: 'tune' });
    receive({ type: 'tune-begin' });
    expect(get().tune.status).toBe('running');
    expect(get().device.details?.kernels.chosenBy).toBe('remembered');
    receive({ type: 'tune-end', finished: true, details });
    expect(get().tune).toMatchObject({ status: 'idle', result: { status: 'finished' } });
    expect(get().device).toMatchObject({ status: 'ready', facts: device, details: { kernels } });
  });

  it('that is refused leaves the device as it is', () => {
    const { get, receive } = fresh();
    const device = { vendor: 'acme', architecture: '', description: '', software: false, features: [], limits: {} };
    get().device.connect();
    receive({ type: 'device', device, details });
    get().tune.start();
    receive({ type: 'failed', during: 'tune', message: 'tune: a run in training', status: 2 });
    expect(get().tune).toMatchObject({
      status: 'failed',
      error: 'Timing the kernels could not start. tune: a run in training.',
    });
    expect(get().device.status).toBe('ready');
  });
});
