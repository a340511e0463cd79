// Runs one op on the GPU, forward and backward, for its tests.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { Program } from '../engine/gpu/program.ts';
import { Readback } from '../engine/gpu/readback.ts';
import type { AttentionVariant, ProductVariant, Tuning } from '../engine/gpu/tuning.ts';
import { Tape } from '../engine/tape.ts';
import { elements, type Shape, type Tensor } from '../engine/tensor.ts';
import { Random } from '../random.ts';
import { testGpu } from './gpu.ts';

/** `n` normal numbers, exactly representable in f32, the same for the same seed. */
export function normals(n: number, seed: number, scale = 1, shift = 0): Float32Array<ArrayBuffer> {
  const random = new Random(seed, n);
  return Float32Array.from({ length: n }, () => shift + scale * random.normal());
}

/** `n` NaNs, for buffers that must be overwritten before they are read. */
export function nans(n: number): Float32Array<ArrayBuffer> {
  return new Float32Array(n).fill(Number.NaN);
}

/** The program and the tape of an op under test, and the source of its tensors. */
export class Stage {
  readonly program: Program;
  readonly tape: Tape;
  readonly inputs: Tensor[] = [];

  constructor(
    readonly gpu: Gpu,
    training: boolean,
  ) {
    this.program = new Program(gpu, 'op');
    this.tape = new Tape(this.program, training);
  }

  private input(label: string, shape: Shape, dtype: Tensor['dtype'], data: ArrayBufferView<ArrayBuffer>): Tensor {
    if (data.byteLength !== elements(shape) * 4)
      throw new RangeError(`${label}: ${data.byteLength / 4} numbers for (${shape})`);
    const storage = this.gpu.storage(label, data.byteLength);
    if (storage.buffer && data.byteLength > 0)
      this.gpu.device.queue.writeBuffer(storage.buffer, 0, data as GPUAllowSharedBufferSource);
    const tensor: Tensor = { label, shape, dtype, storage, offset: 0 };
    this.inputs.push(tensor);
    return tensor;
  }

  f32(label: string, shape: Shape, data: ArrayLike<number>): Tensor {
    return this.input(label, shape, 'f32', Float32Array.from(data));
  }

  u32(label: string, shape: Shape, data: ArrayLike<number>): Tensor {
    return this.input(label, shape, 'u32', Uint32Array.from(data));
  }

  /** A tensor whose gradient buffer holds `before` (zeros by default), to which gradients are added. */
  parameter(label: string, shape: Shape, data: ArrayLike<number>, before?: ArrayLike<number>): Tensor {
    const tensor = this.f32(label, shape, data);
    this.gradient(tensor, before ?? new Float32Array(elements(shape)));
    return tensor;
  }

  /** A tensor whose gradient buffer holds NaN, which the first gradient must overwrite. */
  fresh(label: string, shape: Shape, data: ArrayLike<number>): Tensor {
    const tensor = this.f32(label, shape, data);
    this.gradient(tensor, nans(data.length), false);
    return tensor;
  }

  /**
   * Bind a gradient buffer that holds `data`.
   * @param begun false: the buffer holds garbage, which the first gradient must overwrite
   */
  gradient(tensor: Tensor, data: ArrayLike<number>, begun = true): void {
    this.tape.bindGradient(tensor, this.f32(`d ${tensor.label}`, tensor.shape, data), begun);
  }

  /** The gradient that reached `tensor`; call this after the backward pass is recorded. */
  d(tensor: Tensor): Tensor {
    const gradient = this.tape.gradient(tensor);
    if (!gradient) throw new Error(`no gradient reached '${tensor.label}'`);
    return gradient;
  }
}

export interface RunOptions {
  /** Draw dropout masks and noise. */
  readonly training?: boolean;
  /** Choose kernels as for a software adapter (true) or a GPU (false), independent of the actual adapter. */
  readonly software?: boolean;
  /** The variant of the linear kernels; the adapter's own by default. */
  readonly product?: ProductVariant | undefined;
  /** The variant of the attention kernels; the adapter's own by default. */
  readonly attention?: AttentionVariant | undefined;
  /** Quads in a workgroup of attention; with `attention`. */
  readonly quads?: number | undefined;
  /** Invocations per row of `split` attention. */
  readonly splits?: number | undefined;
}

/**
 * Record an op forward and backward, run it once, and read results.
 * @param record records the forward pass on `stage.tape`, and returns a function that is called after the backward pass was
 *               recorded and returns the tensors to read
 */
export async function onGpu<Name extends string>(
  record: (stage: Stage) => () => Record<Name, Tensor>,
  { training = false, software, product, attention, quads, splits = 8 }: RunOptions = {},
): Promise<Record<Name, Float32Array>> {
  const gpu = await testGpu();
  const tuning: Tuning = {
    product: product ? { small: product, large: product } : gpu.tuning.product,
    attention: attention
      ? {
          ...{ small: attention, large: attention },
          ...(quads ? { QUADS: quads } : {}),
          ...(attention === 'split' ? { SPLITS: splits, relative: 'split' } : {}),
        }
      : gpu.tuning.attention,
  };
  // The same device, possibly with other facts.
  const seen: Gpu = Object.create(gpu, {
    ...(software === undefined ? {} : { facts: { value: { ...gpu.facts, software }, enumerable: true } }),
    tuning: { value: tuning },
    // New buffers hold NaN instead of WebGPU's zeros, so that elements a kernel fails to write are noticed.
    allocate: {
      value(label: string, bytes: number, usage: GPUBufferUsageFlags) {
        const buffer = gpu.allocate(label, bytes, usage);
        if (usage & GPUBufferUsage.STORAGE) gpu.device.queue.writeBuffer(buffer, 0, nans(buffer.size / 4));
        return buffer;
      },
    },
    release: { value: (buffer: GPUBuffer | undefined) => gpu.release(buffer) },
  });
  const stage = new Stage(seen, training);
  const wanted = record(stage);
  stage.tape.backward();
  const tensors = wanted();
  const names = Object.keys(tensors) as Name[];
  for (const name of names) stage.program.keep(tensors[name]);
  await stage.program.finish();
  for (const name of names) if (!tensors[name].storage.buffer) throw new Error(`'${name}' is not written by the op`);
  const encoder = seen.device.createCommandEncoder();
  stage.program.replay(encoder, ...Object.keys(stage.program.counts()));
  const readback = new Readback(seen);
  const read = readback.copy(
    encoder,
    names.map((name) => tensors[name]),
  );
  seen.device.queue.submit([encoder.finish()]);
  const arrays = await read();
  readback.release();
  stage.program.release();
  for (const { storage } of stage.inputs) seen.release(storage.buffer);
  return Object.fromEntries(names.map((name, i) => [name, arrays[i]])) as Record<Name, Float32Array>;
}

/** The bits of u32 results, which are read as f32. */
export function asU32(values: Float32Array): Uint32Array {
  return new Uint32Array(values.buffer, values.byteOffset, values.length);
}
