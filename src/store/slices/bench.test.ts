// The bench slice.
import { beforeEach, describe, expect, it } from 'vitest';
import type { Report } from '../../protocol/index.ts';
import type { Job, Wish } from '../../testing/desk.ts';
import { model, openPage } from '../../testing/store-page.ts';
import { Shelf } from '../library/storage.ts';
import type { Environment } from '../state.ts';

let posted: (Job | Wish)[];
let shelf: Shelf;
const fresh = (changed: Partial<Environment> = {}) => openPage(posted, shelf, changed);
beforeEach(() => {
  posted = [];
  shelf = new Shelf();
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
      start: { pipelines: 3, preparing: 100, firstRun: 5 },
      kernels: undefined,
    },
  };
  const refusal: Report = { type: 'bench-refused', shape: 'tiny', mode: 'train', reason: 'too large' };

  it('requests the chosen cases, and keeps the results', () => {
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
    // Results stay until there are new ones.
    get().bench.start();
    expect(get().bench.result?.rows).toHaveLength(1);
    receive(begin);
    expect(get().bench.result?.rows).toEqual([]);
  });

  it('can be stopped, even during preparation', () => {
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

  it('says why it failed, and keeps its results', () => {
    const { get, receive } = fresh();
    get().bench.start();
    receive(begin, row, { type: 'device-lost', message: 'gone' });
    expect(get().bench).toMatchObject({
      status: 'failed',
      error: 'The measurement stopped. gone. Earlier results are kept.',
      result: { status: 'stopped' },
    });
    get().bench.start();
    receive({ type: 'failed', during: 'bench', message: 'bench: a run in training', status: 2 });
    expect(get().bench).toMatchObject({
      status: 'failed',
      error: expect.stringContaining('The measurement could not start. bench: a run in training.'),
    });
    expect(get().bench.result?.rows).toHaveLength(1);
  });

  it('pauses a playing stream', async () => {
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
