// What a run will take, asked of a session.
import { afterEach, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../experiment/config.ts';
import { Desk, last, ofType } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { endless, start, stop, tiny, whole } from '../../testing/session-runs.ts';

useSimpleKernels();

// Whatever a session did on the device, it gives all of it back.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
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
