// AdamW over all parameters at once, with the gradient clipped by norm or by value first.
import adamwSource from '../../shaders/adamw.wgsl?raw';
import normSource from '../../shaders/gradient_norm.wgsl?raw';
import sumSquaresSource from '../../shaders/sum_squares.wgsl?raw';
import type { Gpu } from './gpu/adapter.ts';
import { defineKernel } from './gpu/kernel.ts';
import { Program, type RecordedDispatch } from './gpu/program.ts';
import { noWork, type Work, workOf } from './gpu/work.ts';
import { invocations } from './ops/add.ts';
import { elements, type Tensor } from './tensor.ts';

const adamw = defineKernel({
  name: 'adamw',
  source: adamwSource,
  reads: ['d_theta', 'norm', 'hyper'],
  writes: ['theta', 'm', 'v'],
  constants: [],
  sizes: ['N'],
});
const sumSquares = defineKernel({
  name: 'sum_squares',
  source: sumSquaresSource,
  reads: ['g'],
  writes: ['partial'],
  constants: [],
  sizes: ['N', 'SHARES'],
});
const gradientNorm = defineKernel({
  name: 'gradient_norm',
  source: normSource,
  reads: ['partial'],
  writes: ['norm'],
  constants: [],
  sizes: ['SHARES'],
});

/** Settings that change from step to step; they are data, so nothing is re-recorded. */
export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  readonly weightDecay: number;
  /** Maximum global norm of the gradient; 0 disables clipping. */
  readonly clipNorm: number;
  /** Maximum absolute value of a gradient element, applied after clipping by norm; 0 disables clipping. */
  readonly clipValue: number;
}

/** Lengths of stretches are multiples of this, so that each stretch and its part of the norm start at a valid offset. */
const STRETCH = 256;

/** Cut 0 … N-1 into as few stretches as bindings of at most `limit` bytes allow. */
function stretches(N: number, limit: number): readonly { readonly from: number; readonly n: number }[] {
  const most = Math.max(STRETCH, Math.floor(limit / 4 / STRETCH) * STRETCH);
  return Array.from({ length: Math.ceil(N / most) }, (_, i) => ({ from: i * most, n: Math.min(most, N - i * most) }));
}

/** Shares of the norm, one an invocation: enough to fill the adapter. */
const mostShares = ({ facts }: Gpu) => (facts.software ? 4096 : 16_384);

const stretch = (tensor: Tensor, from: number, n: number): Tensor => ({
  ...tensor,
  shape: [n],
  offset: tensor.offset + 4 * from,
});

/**
 * The optimiser of flat parameters `theta` with gradients `d_theta`, both (N).
 * @see Loshchilov & Hutter 2019, arXiv:1711.05101
 */
export class AdamW {
  readonly m: Tensor;
  readonly v: Tensor;
  /** (4): the first is the gradient's global norm before clipping, after `encode`. */
  readonly norm: Tensor;
  private readonly hyper: Tensor;
  private readonly program: Program;

  private constructor(
    private readonly gpu: Gpu,
    private readonly theta: Tensor,
    d_theta: Tensor,
    limit: number,
  ) {
    const N = elements(theta.shape);
    const make = (label: string, n: number): Tensor => ({
      label,
      shape: [n],
      dtype: 'f32',
      storage: gpu.storage(label, n * 4),
      offset: 0,
    });
    this.m = make('adamw m', N);
    this.v = make('adamw v', N);
    this.norm = make('gradient norm', 4);
    this.hyper = make('adamw hyper', 12);
    this.program = new Program(gpu, 'adamw');
    const parts = stretches(N, limit).map((part) => ({
      ...part,
      own: Math.min(mostShares(gpu), Math.ceil(part.n / 4)),
    }));
    const SHARES = parts.reduce((sum, { own }) => sum + own, 0);
    const partial = this.program.tensor('sum of squares', [Math.ceil(SHARES / 4) * 4]);
    let before = 0;
    for (const { from, n, own } of parts) {
      const g = stretch(d_theta, from, n);
      const sums = stretch(partial, before, Math.ceil(own / 4) * 4);
      this.program.dispatch(sumSquares, { g, partial: sums }, { N: n, SHARES: own }, invocations(own));
      before += own;
    }
    this.program.dispatch(gradientNorm, { partial, norm: this.norm }, { SHARES }, [1]);
    for (const { from, n } of parts) {
      const of = (tensor: Tensor) => stretch(tensor, from, n);
      const flat = { d_theta: of(d_theta), theta: of(theta), m: of(this.m), v: of(this.v) };
      this.program.dispatch(adamw, { ...flat, norm: this.norm, hyper: this.hyper }, { N: n }, invocations(n / 4));
    }
  }

  /** @param limit maximum bytes of one binding; more parameters than that are processed in stretches */
  static async create(
    gpu: Gpu,
    theta: Tensor,
    d_theta: Tensor,
    limit: number = gpu.device.limits.maxStorageBufferBindingSize,
  ): Promise<AdamW> {
    const optimiser = await gpu.guarded('adamw', () => new AdamW(gpu, theta, d_theta, limit));
    await optimiser.program.finish();
    return optimiser;
  }

  get dispatches(): readonly RecordedDispatch[] {
    return this.program.recorded;
  }

  /**
   * Write the settings of one step. Call it before submitting the commands of `encode`.
   * @param step 1 for the first step after the optimiser was created or reset
   */
  set(step: number, settings: AdamWSettings): void {
    const { learningRate, beta1, beta2, epsilon, weightDecay, clipNorm, clipValue } = settings;
    const values = [
      learningRate,
      beta1,
      beta2,
      epsilon,
      weightDecay,
      1 - beta1 ** step,
      Math.sqrt(1 - beta2 ** step),
      clipNorm,
      clipValue,
      1 - beta1,
      1 - beta2,
      0,
    ];
    this.gpu.device.queue.writeBuffer(this.hyper.storage.buffer as GPUBuffer, 0, new Float32Array(values));
  }

  /** Encode: norm of the gradient, then the step. */
  encode(encoder: GPUCommandEncoder): void {
    this.program.replay(encoder, 'main');
  }

  /** Clear the moments, as at the start of a curriculum stage. */
  reset(encoder: GPUCommandEncoder): void {
    for (const moment of [this.m, this.v]) encoder.clearBuffer(moment.storage.buffer as GPUBuffer);
  }

  /** What one step computes and moves. */
  get work(): Work {
    return workOf(this.program)['main'] ?? noWork;
  }

  get parameters(): Tensor {
    return this.theta;
  }

  release(): void {
    this.program.release();
    for (const tensor of [this.m, this.v, this.norm, this.hyper]) this.gpu.release(tensor.storage.buffer);
  }
}
