// Sizes as immediates or in a uniform buffer: the same bits.
import { afterAll, expect, it } from 'vitest';
import { parseConfig } from '../experiment/config.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { expectSameBytes } from '../testing/session-runs.ts';
import { tinySizes } from '../testing/tiny-run.ts';
import { Trainer } from './trainer.ts';

useSimpleKernels();

/** Train two steps, and return the last checkpoint with the bytes that the sizes take. */
async function trained(model: string, immediates: boolean) {
  const gpu = await testGpu();
  const offered = gpu.immediates;
  gpu.immediates = immediates;
  const uniforms: number[] = [];
  const allocate = gpu.allocate.bind(gpu);
  gpu.allocate = (label, bytes, usage) => {
    if (usage & GPUBufferUsage.UNIFORM) uniforms.push(bytes);
    return allocate(label, bytes, usage);
  };
  const task = model.endsWith('bert') ? 'memorize' : 'copy';
  const config = parseConfig({
    ...(task === 'memorize' ? tinySizes : { ...tinySizes, task, segment_size: 6 }),
    model,
    mem_len: 4,
    stages: [2],
    stage_steps: [2],
    validate_every: 2,
    validate_samples: 4,
    hidden_dropout_prob: 0.1,
  });
  try {
    const trainer = await Trainer.create(gpu, config, {}, undefined, () => {});
    try {
      while (!trainer.finished) await (await trainer.turn()).report;
      return { bytes: await trainer.checkpoint(), uniforms: uniforms.length };
    } finally {
      await trainer.release();
    }
  } finally {
    gpu.immediates = offered;
    gpu.allocate = allocate;
  }
}

afterAll(async () => {
  expect((await testGpu()).bytes).toBe(0);
});

it.each(['rmt-bert', 'transformer-xl', 'armt-gpt2'])('%s trains the same', async (model) => {
  // Dawn in Node has them, so that both ways are tried.
  expect((await testGpu()).immediates).toBe(true);
  const [one, other] = [await trained(model, true), await trained(model, false)];
  expectSameBytes(one.bytes, other.bytes);
  expect(one.uniforms).toBe(0);
  expect(other.uniforms).toBeGreaterThan(0);
});
