// The estimate of a run's resources, requested from a session.
import { afterEach, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../experiment/config.ts';
import { Desk, last, ofType } from '../../testing/desk.ts';
import { testGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, endless, start, stop, tiny } from '../../testing/session-runs.ts';

useSimpleKernels();

// A session releases everything that it allocated on the device.
afterEach(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

describe('an estimate', () => {
  const estimate = (config: Partial<RunConfig> = {}) => ({ kind: 'estimate', config: { ...tiny, ...config } }) as const;

  it('reports the resources of a run, allocates nothing, and does not disturb a run in progress', async () => {
    const desk = new Desk();
    const estimated = await desk.ask(estimate(), 'estimate');
    expect(estimated).toMatchObject({ steps: 6, obstacle: undefined });
    expect(last(desk.received)).toEqual({ ...estimated, id: last(desk.received).id });
    expect(estimated.milliseconds).toBeGreaterThan(0);
    expect(estimated.bytes.total).toBeGreaterThan(16 * estimated.parameters);
    expect((await testGpu()).bytes).toBe(0);
    // At a given speed: half the rates take twice as long.
    const slow = {
      matmulGflops: (estimated.speed?.matmulGflops ?? 0) / 2,
      copyGBs: (estimated.speed?.copyGBs ?? 0) / 2,
      dispatchMicroseconds: 2 * (estimated.speed?.dispatchMicroseconds ?? 0),
    };
    const again = await desk.ask({ ...estimate(), speed: slow }, 'estimate');
    expect(again.speed).toEqual(slow);
    expect(again.milliseconds).toBeCloseTo(2 * (estimated.milliseconds ?? 0));
    const [begin] = ofType((await completeRun()).events, 'train-begin');
    expect(estimated.parameters).toBe(begin?.model.parameters);
    // A probe and a run would disturb each other.
    const fresh = new Desk();
    await fresh.ask(start(endless), 'train-step');
    expect((await fresh.ask(estimate(), 'estimate')).milliseconds).toBeUndefined();
    await fresh.run(stop);
    expect((await fresh.ask(estimate(), 'estimate')).milliseconds).toBeGreaterThan(0);
  });

  it('reports what the adapter cannot hold, with the same message as the run', async () => {
    const desk = new Desk();
    const large = { hidden_size: 4096, num_hidden_layers: 48, intermediate_size: 16_384, num_attention_heads: 64 };
    const { obstacle } = await desk.ask(estimate(large), 'estimate');
    expect(obstacle).toMatch(/^this run: [\d,]+ bytes of GPU memory, .*; choose fewer layers/);
    const events = await desk.run(start(large));
    expect(events).toMatchObject([{ type: 'failed', during: 'train', message: obstacle, status: 2 }]);
  });
});
