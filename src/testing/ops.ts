// One op on the GPU, for the tests of ring 1: numbers in, the op recorded and taken back, numbers out.
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

/** Where the op under test gets its tensors from. */
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

  /** A tensor whose gradient buffer holds `before` (zeros if left out): what comes is added. */
  parameter(label: string, shape: Shape, data: ArrayLike<number>, before?: ArrayLike<number>): Tensor {
    const tensor = this.f32(label, shape, data);
    this.gradient(tensor, before ?? new Float32Array(elements(shape)));
    return tensor;
  }

  /**
   * Bind a gradient buffer that holds `data`.
   * @param begun false: the buffer holds rubbish, the first gradient to come must overwrite it
   */
  gradient(tensor: Tensor, data: ArrayLike<number>, begun = true): void {
    this.tape.bindGradient(tensor, this.f32(`d ${tensor.label}`, tensor.shape, data), begun);
  }

  /** The gradient that reached `tensor`; ask once the way back is recorded. */
  d(tensor: Tensor): Tensor {
    const gradient = this.tape.gradient(tensor);
    if (!gradient) throw new Error(`no gradient reached '${tensor.label}'`);
    return gradient;
  }
}

export interface RunOptions {
  /** Draw dropout masks and noise. */
  readonly training?: boolean;
  /** Choose kernels as for a GPU or as for a software adapter, whichever this one is. */
  readonly software?: boolean;
  /** The variant of the linear kernels, instead of the adapter's own. */
  readonly product?: ProductVariant | undefined;
  /** Likewise of the attention kernels. */
  readonly attention?: AttentionVariant | undefined;
}

/**
 * Record, take back, run once, read.
 * @param record records the forward on `stage.tape` and returns, as a function called after the way back was
 *               recorded, the tensors to read
 */
export async function onGpu<Name extends string>(
  record: (stage: Stage) => () => Record<Name, Tensor>,
  { training = false, software, product, attention }: RunOptions = {},
): Promise<Record<Name, Float32Array>> {
  const gpu = await testGpu();
  const tuning: Tuning = {
    product: product ? { small: product, large: product } : gpu.tuning.product,
    attention: attention ? { small: attention, large: attention } : gpu.tuning.attention,
  };
  // The same device, perhaps under other facts.
  const seen: Gpu = Object.create(gpu, {
    ...(software === undefined ? {} : { facts: { value: { ...gpu.facts, software }, enumerable: true } }),
    tuning: { value: tuning },
    // What a kernel does not write is rubbish here, not the zeros that WebGPU gives.
    allocate: {
      value(label: string, bytes: number, usage: GPUBufferUsageFlags) {
        const buffer = gpu.allocate(label, bytes, usage);
        if (usage & GPUBufferUsage.STORAGE)
          gpu.device.queue.writeBuffer(buffer, 0, new Float32Array(buffer.size / 4).fill(Number.NaN));
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
