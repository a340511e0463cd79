// Reading results back: a ring of staging buffers, so that the step loop never makes one.
import { bytesOf, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';

/** Sizes of staging buffers are powers of two, so that few of them do for all. */
const capacityFor = (bytes: number) => 2 ** Math.ceil(Math.log2(Math.max(256, bytes)));

/** Staging buffers of one size each, taken and given back. */
export class Readback {
  private readonly free = new Map<number, GPUBuffer[]>();
  private all: GPUBuffer[] = [];

  constructor(private readonly gpu: Gpu) {}

  /**
   * Encode copies of `tensors` now; the numbers come after the encoder's commands were submitted and done.
   * @returns what to call once the commands are submitted: it resolves to one array for each tensor
   */
  copy(encoder: GPUCommandEncoder, tensors: readonly Tensor[]): () => Promise<Float32Array<ArrayBuffer>[]> {
    const sizes = tensors.map(bytesOf);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    const capacity = capacityFor(total);
    const buffer = this.free.get(capacity)?.pop() ?? this.make(capacity);
    let at = 0;
    tensors.forEach((tensor, i) => {
      const size = sizes[i] ?? 0;
      if (tensor.storage.buffer && size > 0)
        encoder.copyBufferToBuffer(tensor.storage.buffer, tensor.offset, buffer, at, size);
      at += size;
    });
    return async () => {
      if (total > 0) await this.map(buffer, total);
      const arrays: Float32Array<ArrayBuffer>[] = [];
      let start = 0;
      const mapped = total > 0 ? new Float32Array(buffer.getMappedRange(0, total)) : new Float32Array(0);
      for (const size of sizes) {
        arrays.push(mapped.slice(start / 4, (start + size) / 4) as Float32Array<ArrayBuffer>);
        start += size;
      }
      if (total > 0) buffer.unmap();
      this.giveBack(buffer, capacity);
      return arrays;
    };
  }

  /** Make the staging buffer that a copy of `bytes` takes before it is needed. Call inside `guarded`. */
  reserve(bytes: number): void {
    const capacity = capacityFor(bytes);
    if (!this.free.get(capacity)?.length) this.giveBack(this.make(capacity), capacity);
  }

  private make(capacity: number): GPUBuffer {
    const buffer = this.gpu.allocate('staging', capacity, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST);
    this.all.push(buffer);
    return buffer;
  }

  private giveBack(buffer: GPUBuffer, capacity: number): void {
    const list = this.free.get(capacity);
    if (list) list.push(buffer);
    else this.free.set(capacity, [buffer]);
  }

  /** Map, or fail with the device's own reason if it is lost meanwhile. */
  private async map(buffer: GPUBuffer, bytes: number): Promise<void> {
    try {
      await buffer.mapAsync(GPUMapMode.READ, 0, bytes);
    } catch (error) {
      // A lost device rejects the map before it tells why.
      await Promise.resolve();
      this.gpu.check();
      throw error;
    }
    this.gpu.check();
  }

  /** Copy, submit and wait: for tests and single results, not for loops. */
  async now(tensors: readonly Tensor[]): Promise<Float32Array<ArrayBuffer>[]> {
    const encoder = this.gpu.device.createCommandEncoder();
    const arrays = this.copy(encoder, tensors);
    this.gpu.device.queue.submit([encoder.finish()]);
    return arrays();
  }

  release(): void {
    for (const buffer of this.all) this.gpu.release(buffer);
    this.all = [];
    this.free.clear();
  }
}
