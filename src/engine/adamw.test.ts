import { describe, expect, it } from 'vitest';
import { expectClose } from '../testing/close.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { normals, Stage } from '../testing/ops.ts';
import * as reference from '../testing/reference.ts';
import { AdamW, type AdamWSettings } from './adamw.ts';
import type { Gpu } from './gpu/adapter.ts';
import { Readback } from './gpu/readback.ts';

useSimpleKernels();

const settings: AdamWSettings = {
  learningRate: 1e-2,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.1,
  clipNorm: 0,
  clipValue: 0,
};

/** An optimiser over `theta` with a new gradient each step; its state and the reference's state after each step. */
async function follow(
  N: number,
  steps: number,
  changes: Partial<AdamWSettings>,
  scale = 1,
  limit?: number,
  software = true,
) {
  const real = await testGpu();
  const gpu: Gpu = software ? real : Object.create(real, { facts: { value: { ...real.facts, software: false } } });
  const stage = new Stage(gpu, true);
  const start = normals(N, 1);
  const theta = stage.f32('theta', [N], start);
  const d_theta = stage.f32('d theta', [N], new Float32Array(N));
  const optimiser = await AdamW.create(gpu, theta, d_theta, limit);
  const readback = new Readback(gpu);
  const all = { ...settings, ...changes };
  let want: ReturnType<typeof reference.adamw> = {
    theta: Float64Array.from(start),
    m: new Float64Array(N),
    v: new Float64Array(N),
  };
  const norms: [got: number, want: number][] = [];
  let got: Float32Array[] = [];
  for (let step = 1; step <= steps; step++) {
    const gradient = normals(N, 10 + step, scale);
    gpu.device.queue.writeBuffer(d_theta.storage.buffer as GPUBuffer, 0, gradient);
    optimiser.set(step, all);
    const encoder = gpu.device.createCommandEncoder();
    optimiser.encode(encoder);
    const read = readback.copy(encoder, [theta, optimiser.m, optimiser.v, optimiser.norm]);
    gpu.device.queue.submit([encoder.finish()]);
    got = await read();
    want = reference.adamw(want, gradient, step, all);
    norms.push([got[3]?.[0] ?? Number.NaN, reference.globalNorm(gradient)]);
  }
  const encoder = gpu.device.createCommandEncoder();
  optimiser.reset(encoder);
  const read = readback.copy(encoder, [optimiser.m, optimiser.v]);
  gpu.device.queue.submit([encoder.finish()]);
  const forgotten = await read();
  readback.release();
  optimiser.release();
  for (const { storage } of stage.inputs) gpu.release(storage.buffer);
  return { got, want, norms, forgotten };
}

describe('adamw', () => {
  // Four elements per invocation, 4 · 64 per workgroup; above 16384 elements, each of the 4096 shares of the norm has several.
  it.each([4, 252, 256, 260, 16384, 16388, 65600])('follows f64 over three steps of %i parameters', async (N) => {
    const { got, want, norms } = await follow(N, 3, {});
    const [theta = [], m = [], v = []] = got;
    // Three steps of 1e-2 on parameters of size 1, accurate to f32's 1e-7.
    expectClose(theta, want.theta, { atol: 1e-6, rtol: 1e-6, label: 'theta' });
    expectClose(m, want.m, { atol: 1e-7, rtol: 1e-5, label: 'm' });
    expectClose(v, want.v, { atol: 1e-9, rtol: 1e-5, label: 'v' });
    for (const [norm, wanted] of norms) expectClose([norm], [wanted], { rtol: 1e-5, label: 'norm' });
  });

  it('has the norm of many parameters from as many shares as a GPU fills', async () => {
    const { norms } = await follow(80_004, 1, {}, 1, undefined, false);
    for (const [norm, wanted] of norms) expectClose([norm], [wanted], { rtol: 1e-5, label: 'norm' });
  });

  it.each([
    ['by norm', { clipNorm: 0.5 }],
    ['by a norm that is not reached', { clipNorm: 1e6 }],
    ['by value', { clipValue: 0.3 }],
    ['by norm, then by value', { clipNorm: 10, clipValue: 0.3 }],
    ['with no weight decay', { weightDecay: 0 }],
  ])('clips %s', async (_how, changes) => {
    const { got, want } = await follow(260, 3, changes);
    const [theta = [], m = [], v = []] = got;
    expectClose(theta, want.theta, { atol: 1e-6, rtol: 1e-6, label: 'theta' });
    expectClose(m, want.m, { atol: 1e-7, rtol: 1e-5, label: 'm' });
    expectClose(v, want.v, { atol: 1e-9, rtol: 1e-5, label: 'v' });
  });

  // Stretches of 256, 512 and 16384 numbers; the last one shorter or equally long.
  it.each([
    [260, 1024],
    [1024, 2048],
    [1300, 3000],
    [33000, 65536],
  ])('processes %i parameters in stretches of at most %i bytes', async (N, limit) => {
    const { got, want, norms } = await follow(N, 3, { clipNorm: 0.5 }, 1, limit);
    const [theta = [], m = [], v = []] = got;
    expectClose(theta, want.theta, { atol: 1e-6, rtol: 1e-6, label: 'theta' });
    expectClose(m, want.m, { atol: 1e-7, rtol: 1e-5, label: 'm' });
    expectClose(v, want.v, { atol: 1e-9, rtol: 1e-5, label: 'v' });
    for (const [norm, wanted] of norms) expectClose([norm], [wanted], { rtol: 1e-5, label: 'norm' });
  });

  it('only decays the parameters where the gradient is zero', async () => {
    const { got, norms } = await follow(4, 2, { clipNorm: 1, clipValue: 1 }, 0);
    const decay = (1 - settings.learningRate * settings.weightDecay) ** 2;
    expectClose(
      got[0] ?? [],
      normals(4, 1).map((value) => value * decay),
      { rtol: 1e-6, label: 'theta' },
    );
    expect(norms).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('clears the moments on reset', async () => {
    const { forgotten } = await follow(260, 1, {});
    for (const moment of forgotten) expect(moment).toEqual(new Float32Array(260));
  });
});
