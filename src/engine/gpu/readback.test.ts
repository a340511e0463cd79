import { describe, expect, it } from 'vitest';
import { DeviceLostError } from '../../errors.ts';
import { openGpu, testGpu } from '../../testing/gpu.ts';
import { normals } from '../../testing/ops.ts';
import type { Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { CHUNK_BYTES, Readback } from './readback.ts';

function tensor(gpu: Gpu, data: Float32Array<ArrayBuffer>): Tensor {
  const storage = gpu.storage('numbers', data.byteLength);
  gpu.device.queue.writeBuffer(storage.buffer as GPUBuffer, 0, data);
  return { label: 'numbers', shape: [data.length], dtype: 'f32', storage, offset: 0 };
}

describe('readback', () => {
  it('reads several tensors, including views and empty ones', async () => {
    const gpu = await testGpu();
    const data = normals(200, 1);
    const whole = tensor(gpu, data);
    const readback = new Readback(gpu);
    const part: Tensor = { ...whole, shape: [3, 5], offset: 256 };
    const none: Tensor = { ...whole, shape: [0, 4] };
    const got = await readback.now([part, none, whole]);
    expect(got).toEqual([data.slice(64, 79), new Float32Array(0), data]);
    expect(await readback.now([none])).toEqual([new Float32Array(0)]);
    readback.release();
    gpu.release(whole.storage.buffer);
  });

  it('allocates a staging buffer only when none is free, and releases all', async () => {
    const gpu = await testGpu();
    const whole = tensor(gpu, normals(200, 1));
    const before = gpu.bytes;
    const readback = new Readback(gpu);
    // 800 bytes need a staging buffer of 1024.
    await readback.now([whole]);
    expect(gpu.bytes - before).toBe(1024);
    for (let i = 0; i < 3; i++) await readback.now([whole]);
    expect(gpu.bytes - before).toBe(1024);
    await Promise.all([readback.now([whole]), readback.now([whole])]);
    expect(gpu.bytes - before).toBe(2048);
    await Promise.all([readback.now([whole]), readback.now([whole])]);
    expect(gpu.bytes - before).toBe(2048);
    readback.release();
    expect(gpu.bytes).toBe(before);
    gpu.release(whole.storage.buffer);
  });

  it('reads long tensors in chunks: their numbers in order, through two staging buffers of bounded size', async () => {
    const gpu = await testGpu();
    // A chunk and a half; one that ends in the middle of the third chunk; and an empty one.
    const lengths = [1.5, 0.75, 0].map((chunks) => (chunks * CHUNK_BYTES) / 4);
    const tensors = lengths.map((length, k) =>
      tensor(
        gpu,
        Float32Array.from({ length: Math.max(4, length) }, (_, i) => k + i),
      ),
    );
    const wanted = tensors.map((each, k) => ({ ...each, shape: [lengths[k] ?? 0] }));
    const before = gpu.bytes;
    const readback = new Readback(gpu);
    readback.reserveChunks(9 * CHUNK_BYTES);
    expect(gpu.bytes - before).toBe(2 * CHUNK_BYTES);
    const got = lengths.map((length) => new Float32Array(length));
    const largest: number[] = [];
    await readback.inChunks(wanted, (which, start, values) => {
      got[which]?.set(values, start);
      largest.push(values.byteLength);
    });
    for (const [k, values] of got.entries()) expect(values.every((value, i) => value === k + i)).toBe(true);
    expect(Math.max(...largest)).toBe(CHUNK_BYTES);
    // Reading allocated nothing more, and can be repeated.
    expect(gpu.bytes - before).toBe(2 * CHUNK_BYTES);
    await readback.inChunks(wanted, () => {});
    expect(gpu.bytes - before).toBe(2 * CHUNK_BYTES);
    readback.release();
    expect(gpu.bytes).toBe(before);
    for (const { storage } of tensors) gpu.release(storage.buffer);
  });

  it('reads short tensors from one point in the queue, through a staging buffer of their size', async () => {
    const gpu = await testGpu();
    const whole = tensor(gpu, normals(200, 1));
    const before = gpu.bytes;
    const readback = new Readback(gpu);
    const got: [number, number, Float32Array][] = [];
    const reading = readback.inChunks([whole, { ...whole, shape: [3], offset: 256 }], (which, start, values) =>
      got.push([which, start, values.slice()]),
    );
    gpu.device.queue.writeBuffer(whole.storage.buffer as GPUBuffer, 0, normals(200, 2));
    await reading;
    expect(got).toEqual([
      [0, 0, normals(200, 1)],
      [1, 0, normals(200, 1).slice(64, 67)],
    ]);
    expect(gpu.bytes - before).toBe(1024);
    readback.release();
    gpu.release(whole.storage.buffer);
  });

  it('keeps the copied numbers when the tensor is written afterwards', async () => {
    const gpu = await testGpu();
    const whole = tensor(gpu, normals(8, 1));
    const readback = new Readback(gpu);
    const encoder = gpu.device.createCommandEncoder();
    const read = readback.copy(encoder, [whole]);
    gpu.device.queue.submit([encoder.finish()]);
    gpu.device.queue.writeBuffer(whole.storage.buffer as GPUBuffer, 0, normals(8, 2));
    const later = readback.now([whole]);
    expect(await read()).toEqual([normals(8, 1)]);
    expect(await later).toEqual([normals(8, 2)]);
    readback.release();
    gpu.release(whole.storage.buffer);
  });

  it('rejects with DeviceLostError when the device is lost before or during the read', async () => {
    const gpu = await openGpu();
    const whole = tensor(gpu, normals(8, 1));
    const readback = new Readback(gpu);
    const encoder = gpu.device.createCommandEncoder();
    const read = readback.copy(encoder, [whole]);
    gpu.device.queue.submit([encoder.finish()]);
    const waiting = read();
    gpu.destroy();
    await expect(waiting).rejects.toThrow(DeviceLostError);
    await expect(readback.now([whole])).rejects.toThrow(DeviceLostError);
  });
});
