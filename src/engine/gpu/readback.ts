// Reading results back through a ring of staging buffers, so that the step loop never allocates; long tensors arrive in
// chunks.
import { bytesOf, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';

/** Staging buffer sizes are powers of two, so that few buffers serve all requests. */
const capacityFor = (bytes: number) => 2 ** Math.ceil(Math.log2(Math.max(256, bytes)));

/** The largest staging buffer of a long read: longer data comes in chunks of this many bytes, two in flight at once. */
export const CHUNK_BYTES = 2 ** 24;

/** The staging buffers of a long read: their number and capacity. */
function chunkStaging(bytes: number): { readonly capacity: number; readonly buffers: number } {
  return { capacity: Math.min(CHUNK_BYTES, capacityFor(bytes)), buffers: bytes > CHUNK_BYTES ? 2 : 1 };
}

/** A range of one of several tensors, in bytes. */
interface Stretch {
  readonly tensor: number;
  readonly start: number;
  readonly bytes: number;
}

/** Split tensors of these sizes, one after the other, into chunks of at most `most` bytes. */
function chunksOf(sizes: readonly number[], most: number): Stretch[][] {
  const chunks: Stretch[][] = [];
  let room = 0;
  sizes.forEach((size, tensor) => {
    for (let start = 0; start < size; ) {
      if (room === 0) {
        chunks.push([]);
        room = most;
      }
      const bytes = Math.min(room, size - start);
      chunks.at(-1)?.push({ tensor, start, bytes });
      start += bytes;
      room -= bytes;
    }
  });
  return chunks;
}

/** Staging buffers that are reused. */
export class Readback {
  private readonly free = new Map<number, GPUBuffer[]>();
  private all: GPUBuffer[] = [];

  constructor(private readonly gpu: Gpu) {}

  /**
   * Encode copies of `tensors` now; the numbers arrive once the encoder's commands have been submitted and completed.
   * @returns a function to call once the commands are submitted: it resolves to one array for each tensor
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

  /**
   * Read tensors that may be long, chunk by chunk. Up to one chunk, all data is from one moment of the queue; beyond
   * that, nothing may write the tensors until this resolves.
   * @param take receives ranges of each tensor in order: the tensor's index, the index of the first number, and the
   *             numbers, which are invalid once it returns
   */
  async inChunks(
    tensors: readonly Tensor[],
    take: (tensor: number, start: number, values: Float32Array) => void,
  ): Promise<void> {
    const sizes = tensors.map(bytesOf);
    const { capacity } = chunkStaging(sizes.reduce((sum, size) => sum + size, 0));
    const chunks = chunksOf(sizes, capacity);
    const copy = (stretches: readonly Stretch[] | undefined) =>
      stretches && { stretches, buffer: this.copyStretches(tensors, stretches, capacity) };
    let coming = copy(chunks[0]);
    for (let n = 1; coming; n++) {
      const { stretches, buffer } = coming;
      // The GPU copies the next chunk while this one is processed.
      coming = copy(chunks[n]);
      const total = stretches.reduce((sum, { bytes }) => sum + bytes, 0);
      await this.map(buffer, total);
      const mapped = new Float32Array(buffer.getMappedRange(0, total));
      let at = 0;
      for (const { tensor, start, bytes } of stretches) {
        take(tensor, start / 4, mapped.subarray(at / 4, (at + bytes) / 4));
        at += bytes;
      }
      buffer.unmap();
      this.giveBack(buffer, capacity);
    }
  }

  /** Copy ranges into a staging buffer, one after the other, and submit the copy. */
  private copyStretches(tensors: readonly Tensor[], stretches: readonly Stretch[], capacity: number): GPUBuffer {
    const buffer = this.free.get(capacity)?.pop() ?? this.make(capacity);
    const encoder = this.gpu.device.createCommandEncoder();
    let at = 0;
    for (const { tensor, start, bytes } of stretches) {
      const { storage, offset = 0 } = tensors[tensor] ?? {};
      if (storage?.buffer) encoder.copyBufferToBuffer(storage.buffer, offset + start, buffer, at, bytes);
      at += bytes;
    }
    this.gpu.device.queue.submit([encoder.finish()]);
    return buffer;
  }

  /** Allocate the staging buffers that `inChunks` needs for this many bytes ahead of time. Call inside `guarded`. */
  reserveChunks(bytes: number): void {
    const { capacity, buffers } = chunkStaging(bytes);
    while ((this.free.get(capacity)?.length ?? 0) < buffers) this.giveBack(this.make(capacity), capacity);
  }

  /** Allocate what `copies` copies of `bytes`, in flight at once, need ahead of time. Call inside `guarded`. */
  reserve(bytes: number, copies = 1): void {
    const capacity = capacityFor(bytes);
    while ((this.free.get(capacity)?.length ?? 0) < copies) this.giveBack(this.make(capacity), capacity);
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

  /** Map the buffer, or fail with the device's own reason if it is lost meanwhile. */
  private async map(buffer: GPUBuffer, bytes: number): Promise<void> {
    try {
      await this.gpu.waiting.until(buffer.mapAsync(GPUMapMode.READ, 0, bytes));
    } catch (error) {
      // A lost device rejects the map before it reports why.
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
