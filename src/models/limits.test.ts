// A model that is too large for the adapter is refused by the name of its tensor, before anything is allocated.
import { expect, it } from 'vitest';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { tinyConfigs } from '../testing/models.ts';
import { DiagonalReader } from './diagonals.ts';
import { blueprintOf } from './index.ts';
import { checkLimits } from './limits.ts';
import { Model } from './model.ts';
import { SegmentReader } from './reader.ts';

useSimpleKernels();

/** The adapter with another limit for one binding. */
function limited(gpu: Gpu, maxStorageBufferBindingSize: number): Gpu {
  const limits = new Proxy(gpu.device.limits, {
    get: (target, name) =>
      name === 'maxStorageBufferBindingSize' ? maxStorageBufferBindingSize : Reflect.get(target, name, target),
  });
  const device = new Proxy(gpu.device, {
    get(target, name) {
      if (name === 'limits') return limits;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return Object.create(gpu, { device: { value: device } }) as Gpu;
}

// The word embedding, 1000 × 8, is by far the largest tensor that is bound.
const blueprint = blueprintOf({ ...tinyConfigs.gpt2, vocab_size: 1000 }, 'test');
const bytes = 4 * 1000 * 8;

it('names the tensor and the limit', async () => {
  const gpu = await testGpu();
  const before = gpu.bytes;
  await expect(checkLimits(limited(gpu, bytes - 4), blueprint, { batch: 1 })).rejects.toMatchObject({
    name: 'InputError',
    message:
      "GPU: this model needs 32,000 bytes in one binding, for 'transformer.wte.weight' (expected at most 31,996, this adapter's maxStorageBufferBindingSize; choose a smaller model, or another adapter)",
  });
  await checkLimits(limited(gpu, bytes), blueprint, { batch: 1 });
  expect(gpu.bytes).toBe(before);
});

it('is refused by the name of the tensor where it was not planned', async () => {
  const gpu = limited(await testGpu(), bytes - 4);
  const model = await Model.create(gpu, blueprint);
  await expect(SegmentReader.create(model, { batch: 1 })).rejects.toThrow(
    "tensor 'transformer.wte.weight': 32000 bytes (expected at most 31996, the adapter's maxStorageBufferBindingSize",
  );
  model.release();
});

it('does not allow diagonals where a parameter of all layers together is too large', async () => {
  const real = await testGpu();
  const blueprint = blueprintOf({ ...tinyConfigs['armt-gpt2'], n_layer: 2 }, 'test');
  const largest = Math.max(...blueprint.parameters().map(({ shape }) => 4 * shape.reduce((a, b) => a * b, 1)));
  for (const [limit, together] of [
    [largest, false],
    [real.device.limits.maxStorageBufferBindingSize, true],
  ] as const) {
    const model = await Model.create(limited(real, limit), blueprint);
    expect(DiagonalReader.supports(model)).toBe(together);
    model.release();
  }
});
