import { describe, expect, it } from 'vitest';
import { testGpu } from '../testing/gpu.ts';
import { settled } from './dawn.ts';

/** Submits `dispatches` and counts the turns of Node's event loop until they finish. */
async function turnsOf(device: GPUDevice, dispatches: number) {
  const code = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3u) {
  var v = x[id.x];
  for (var i = 0u; i < 1000u; i++) { v = v * 0.5 + 1.0; }
  x[id.x] = v;
}`;
  const module = device.createShaderModule({ code });
  const pipeline = await device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
  const buffer = device.createBuffer({ size: 65536, usage: GPUBufferUsage.STORAGE });
  const group = device.createBindGroup({
    layout: pipeline.getBindGroupLayout(0),
    entries: [{ binding: 0, resource: { buffer } }],
  });
  const encoder = device.createCommandEncoder();
  const pass = encoder.beginComputePass();
  pass.setPipeline(pipeline);
  pass.setBindGroup(0, group);
  for (let i = 0; i < dispatches; i++) pass.dispatchWorkgroups(256);
  pass.end();
  let turns = 0;
  let waiting = true;
  const count = () => {
    turns++;
    if (waiting) setImmediate(count);
  };
  setImmediate(count);
  const begun = performance.now();
  device.queue.submit([encoder.finish()]);
  await device.queue.onSubmittedWorkDone();
  const milliseconds = performance.now() - begun;
  waiting = false;
  buffer.destroy();
  return { turns, milliseconds };
}

describe('waiting for Dawn in Node', () => {
  it('does not keep a core busy', async () => {
    const { device } = await testGpu();
    let run = await turnsOf(device, 10);
    // Long enough on every adapter for sleeps to reach their full length.
    for (let dispatches = 20; run.milliseconds < 100; dispatches *= 2) run = await turnsOf(device, dispatches);
    // Polling without sleeping turns tens of times per millisecond; with sleeping, at most about once.
    expect(run.turns).toBeLessThan(100 + 2 * run.milliseconds);
  });

  it('is over, before the process may exit, once every kernel is compiled', async () => {
    const { device } = await testGpu();
    const finished: number[] = [];
    for (let k = 0; k < 3; k++) {
      const code = `@group(0) @binding(0) var<storage, read_write> x: array<f32>;
@compute @workgroup_size(64) fn main() { x[${k}] = ${performance.now()}; }`;
      const module = device.createShaderModule({ code });
      const created = device.createComputePipelineAsync({ layout: 'auto', compute: { module } });
      void created.then(() => finished.push(k));
    }
    await settled();
    expect(finished.toSorted()).toEqual([0, 1, 2]);
  });

  it('sleeps once per turn, however many promises are pending', async () => {
    const { device } = await testGpu();
    for (let i = 0; i < 500; i++) await device.queue.onSubmittedWorkDone();
    const waiting = device.queue.onSubmittedWorkDone();
    const immediates = process.getActiveResourcesInfo().filter((kind) => kind === 'Immediate').length;
    await waiting;
    // Those of the sleep and of Dawn.
    expect(immediates).toBeLessThanOrEqual(4);
  });

  it('passes on rejections, and results that are available at once', async () => {
    const { device } = await testGpu();
    const readable = device.createBuffer({ size: 16, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST });
    const mapped = readable.mapAsync(GPUMapMode.READ);
    await expect(Promise.all([mapped, device.queue.onSubmittedWorkDone()])).resolves.toHaveLength(2);
    await expect(readable.mapAsync(GPUMapMode.READ)).rejects.toThrow();
    readable.destroy();
  });
});
