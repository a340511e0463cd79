// A device that allocates nothing: the bytes it counts, and the requests it reports as exceeding the adapter's limits.
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../testing/gpu.ts';
import { addKernel } from '../ops/add.ts';
import type { Tensor } from '../tensor.ts';
import { PlanningGpu } from './planning.ts';
import { Program } from './program.ts';
import { deepQuads, registers } from './tuning.ts';

describe('a planning device', () => {
  it('counts allocations and releases without allocating on the real device', async () => {
    const real = await testGpu();
    const before = real.bytes;
    const gpu = new PlanningGpu(real);
    const buffer = gpu.allocate('some', 100, GPUBufferUsage.STORAGE);
    expect(gpu.bytes).toBe(112);
    gpu.release(buffer);
    expect([gpu.bytes, gpu.peakBytes]).toEqual([0, 112]);
    expect(real.bytes).toBe(before);
  });

  it('chooses the same kernels as the real device', async () => {
    const real = await testGpu();
    const product = { small: deepQuads, large: registers };
    const tuning = { product, attention: { small: 'quads', large: 'rows' } } as const;
    expect(new PlanningGpu(real.withTuning(tuning)).tuning).toBe(tuning);
  });

  it('records every buffer over the adapter’s limit, largest first', async () => {
    const gpu = new PlanningGpu(await testGpu());
    const limit = gpu.device.limits.maxBufferSize;
    const most = limit - (limit % 16); // buffers have whole sixteens of bytes
    gpu.allocate('as large as can be', most, GPUBufferUsage.STORAGE);
    expect(gpu.refusals).toEqual([]);
    gpu.allocate('vast', most + 16, GPUBufferUsage.STORAGE);
    gpu.allocate('vaster', most + 32, GPUBufferUsage.STORAGE);
    gpu.allocate('vast', most + 16, GPUBufferUsage.STORAGE);
    const limitName = 'maxBufferSize';
    expect(gpu.refusals).toEqual([
      { label: 'vaster', bytes: most + 32, limit, limitName },
      { label: 'vast', bytes: most + 16, limit, limitName },
    ]);
  });

  it('records every binding over the adapter’s limit, by its tensor', async () => {
    const gpu = new PlanningGpu(await testGpu());
    const limit = gpu.device.limits.maxStorageBufferBindingSize;
    const bound = async (...inputs: readonly (readonly [label: string, bytes: number])[]) => {
      const program = new Program(gpu, 'bound');
      const out = program.tensor('out', [4]);
      for (const [label, bytes] of inputs) {
        const storage = { label, bytes, buffer: { label, size: bytes } as GPUBuffer };
        const inp: Tensor = { label, shape: [bytes / 4], dtype: 'f32', storage, offset: 0 };
        program.dispatch(addKernel, { inp, out }, { N: 4, ACCUMULATE: false }, [1]);
      }
      await program.finish();
    };
    await bound(['as large as can be', limit]);
    expect(gpu.refusals).toEqual([]);
    // The limit is not necessarily a multiple of the binding alignment.
    await bound(['wide', limit + 16], ['wider', limit + 64]);
    const limitName = 'maxStorageBufferBindingSize';
    expect(gpu.refusals).toMatchObject([
      { label: 'wider', limit, limitName },
      { label: 'wide', limit, limitName },
    ]);
  });
});
