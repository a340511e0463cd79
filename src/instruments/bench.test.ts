import { describe, expect, it } from 'vitest';
import { defaults } from '../experiment/config.ts';
import { Desk, last, ofType, story } from '../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { benchCases } from './bench.ts';

useSimpleKernels();

const tiny = { kind: 'bench', shapes: ['tiny'], runs: 1 } as const;

describe('the cases of the bench', () => {
  it('are all on a GPU, the light ones on a software adapter, and any that are named', () => {
    expect(benchCases({}, false).cases).toHaveLength(6);
    const { cases, leftOut } = benchCases({}, true);
    expect(cases.map(({ shape }) => shape)).toEqual(['tiny', 'tiny', 'small', 'small']);
    expect(leftOut).toEqual([
      { shape: 'bert-base', mode: 'forward' },
      { shape: 'bert-base', mode: 'train' },
    ]);
    const named = benchCases({ shapes: ['bert-base'], modes: ['forward'] }, true);
    expect(named).toEqual({ cases: [{ shape: 'bert-base', mode: 'forward' }], leftOut: [] });
  });
});

describe('the bench', () => {
  it('reports consistent figures, and releases everything', async () => {
    const gpu = await testGpu();
    const bytes = gpu.bytes;
    const events = await new Desk().run({ ...tiny, profile: true });
    expect(story(events).replaceAll(/(bench-progress ?)+/g, 'bench-progress ')).toBe(
      'bench-begin bench-progress bench-row bench-progress bench-row bench-end',
    );
    expect(last(ofType(events, 'bench-end')).finished).toBe(true);
    const { probe } = last(ofType(events, 'bench-begin'));
    const rows = ofType(events, 'bench-row').map(({ row }) => row);
    expect(rows.map(({ mode }) => mode)).toEqual(['forward', 'train']);
    for (const row of rows) {
      const { median, low, high } = row.milliseconds;
      expect([low <= median, median <= high, low > 0, row.runs]).toEqual([true, true, true, 1]);
      expect(row.gflops).toBeCloseTo(row.flops / median / 1e6, 6);
      expect(row.peakShare).toBeCloseTo(row.gflops / probe.matmulGflops, 6);
      expect(row.copyShare).toBeCloseTo(row.gigabytesPerSecond / probe.copyGBs, 6);
      // The profile has seen every dispatch, and every byte.
      const kernels = row.kernels ?? [];
      const sum = (of: (kernel: (typeof kernels)[number]) => number) =>
        kernels.reduce((all, each) => all + of(each), 0);
      expect(sum(({ dispatches }) => dispatches)).toBe(Object.values(row.dispatches).reduce((a, b) => a + b, 0));
      expect(sum(({ bytes }) => bytes)).toBe(row.bytesMoved);
      expect(row.gpuBytes.total).toBeGreaterThan(row.gpuBytes.parameters + row.gpuBytes.activations);
    }
    const [forward, train] = rows;
    expect(forward?.perLayer.forward).toBe(train?.perLayer.forward);
    expect(train?.perLayer.backward).toBeGreaterThan(0);
    expect(Object.keys(forward?.dispatches ?? {})).toEqual(['begin', 'encode', 'head']);
    expect(Object.keys(train?.dispatches ?? {})).toContain('adamw');
    expect(gpu.bytes).toBe(bytes);
  });

  it('can be stopped, and ends when other work begins', async () => {
    const desk = new Desk();
    await desk.ask({ ...tiny, runs: 1000 }, 'bench-progress', ({ doing }) => doing === 'measuring');
    const stopped = await desk.run({ type: 'stop', of: 'bench' });
    expect(story(stopped).replaceAll('bench-progress ', '')).toBe('bench-end');
    expect(last(ofType(stopped, 'bench-end')).finished).toBe(false);
    // A paused run leaves the GPU idle until a step is requested.
    const config = { ...defaults, hidden_size: 8, num_attention_heads: 2, intermediate_size: 8, batch_size: 2 };
    await desk.ask({ kind: 'train', config, paused: true }, 'train-paused');
    await desk.ask({ ...tiny, runs: 1000 }, 'bench-progress', ({ doing }) => doing === 'measuring');
    expect((await desk.ask({ type: 'step', of: 'train' }, 'bench-end')).finished).toBe(false);
    await desk.run({ type: 'stop', of: 'train' });
  });

  it('is refused while a run is training, but not while it is paused', async () => {
    const desk = new Desk();
    const config = { ...defaults, hidden_size: 8, num_attention_heads: 2, intermediate_size: 8, batch_size: 2 };
    await desk.ask({ kind: 'train', config }, 'train-step');
    const refusal = await desk.ask(tiny, 'failed', ({ during }) => during === 'bench');
    expect(refusal).toMatchObject({ status: 2 });
    expect(refusal.message).toMatch(/^bench: a run in training is using the GPU \(expected /);
    await desk.ask({ type: 'pause', of: 'train' }, 'train-paused');
    await desk.ask({ ...tiny, modes: ['forward'] }, 'bench-end', ({ finished }) => finished);
    await desk.run({ type: 'stop', of: 'train' });
  });
});
