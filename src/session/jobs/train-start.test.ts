// The cold start of a run: it validates while the kernels of its first step are compiled.
import { expect, it } from 'vitest';
import { Desk, ofType } from '../../testing/desk.ts';
import { openGpu, useSimpleKernels } from '../../testing/gpu.ts';
import { completeRun, outcomes, start, tiny } from '../../testing/session-runs.ts';

useSimpleKernels();

it('waits for the kernels of the first step only after the first validation, and computes the same', async () => {
  // A device of its own has compiled nothing yet.
  const gpu = await openGpu();
  const create = gpu.device.createComputePipelineAsync.bind(gpu.device);
  let release: () => void = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const waited: string[] = [];
  gpu.device.createComputePipelineAsync = async (descriptor) => {
    const { label = '' } = descriptor;
    if (label.includes('backward')) {
      waited.push(label);
      await held;
    }
    return create(descriptor);
  };
  const desk = new Desk(async () => gpu);
  await desk.ask(start(), 'validation');
  expect(waited.length).toBeGreaterThan(5);
  expect(ofType(desk.events, 'train-step')).toEqual([]);
  release();
  await desk.ask([], 'train-end');
  expect(outcomes(desk.events)).toEqual(outcomes((await completeRun(tiny)).events));
  gpu.destroy();
}, 60_000);
