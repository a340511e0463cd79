// The problems that kernel variants are timed on: products and attention, small and large, forward and backward.
import { Random } from '../../random.ts';
import { attention } from '../ops/attention.ts';
import { linear } from '../ops/linear.ts';
import { Tape } from '../tape.ts';
import { elements, type Shape, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { Program } from './program.ts';
import {
  type AttentionVariant,
  attentionVariants,
  type BySize,
  type ProductVariant,
  productVariants,
  type Tuning,
  variantName,
  workgroupBytes,
} from './tuning.ts';

/** Rows, columns and inner size of products; batch, positions, heads and head size of attention. */
export interface TuningProblems {
  readonly product: BySize<readonly [rows: number, cols: number, inner: number]>;
  readonly attention: BySize<readonly [B: number, S: number, H: number, DH: number]>;
}

/**
 * Each lies within the range of sizes that its choice is used for: see `productFor` and `attentionFor`. Attention has few
 * enough rows for `split` to differ from `rows`.
 */
export const usualProblems: TuningProblems = {
  product: { small: [256, 192, 64], large: [2048, 1024, 1024] },
  attention: { small: [4, 32, 4, 8], large: [2, 256, 8, 64] },
};

export const contestKeys = ['product small', 'product large', 'attention small', 'attention large'] as const;
export type ContestKey = (typeof contestKeys)[number];

/** Source of a contest's input numbers; a contest that is only recorded needs none. */
export type Numbers = (shape: Shape) => Float32Array<ArrayBuffer>;

export interface Candidate {
  readonly name: string;
  /** A tuning that uses this variant; for problems of every size, if `alone`. */
  apply(tuning: Tuning, alone?: boolean): Tuning;
}

/** Interchangeable variants, one of which is chosen. */
export interface Contest {
  readonly key: ContestKey;
  /** The simplest first: it needs no optional features, and its results are the reference for the others. */
  readonly candidates: readonly [Candidate, ...Candidate[]];
  /** Record the problem, forward and backward. @returns results and gradients, kept for reading */
  record(tape: Tape, numbers: Numbers): readonly Tensor[];
}

/** The same numbers for every candidate, between -0.5 and 0.5. */
export const drawnNumbers: Numbers = (shape) => {
  const n = elements(shape);
  const random = new Random(n, 1);
  return Float32Array.from({ length: n }, () => random.float() - 0.5);
};

const put = <V>(both: BySize<V>, size: keyof BySize<V>, variant: V, alone: boolean): BySize<V> =>
  alone ? { small: variant, large: variant } : { ...both, [size]: variant };

/** Product and attention variants supported by the adapter's features and limits. */
export function candidatesFor(gpu: Pick<Gpu, 'facts'>): {
  readonly product: readonly ProductVariant[];
  readonly attention: readonly AttentionVariant[];
} {
  const { features, limits } = gpu.facts;
  const subgroups = features.includes('subgroups');
  const fits = (variant: ProductVariant) =>
    variant.kind === 'quads'
      ? subgroups
      : workgroupBytes(variant) <= (limits['maxComputeWorkgroupStorageSize'] ?? 0) &&
        (variant.kind !== 'workgroup' || (limits['maxComputeInvocationsPerWorkgroup'] ?? 0) >= 256);
  return {
    product: productVariants.filter(fits),
    attention: attentionVariants.filter((variant) => variant !== 'quads' || subgroups),
  };
}

/** A constant input that still gets a gradient. */
function input(tape: Tape, label: string, shape: Shape, numbers: Numbers): Tensor {
  const { constant: _, ...tensor } = tape.constant(label, shape, numbers(shape));
  return tensor;
}

/** Set the gradient of `out` and record the backward pass. @returns `out` and the gradients of `inputs` */
function backward(tape: Tape, out: Tensor, inputs: readonly Tensor[], numbers: Numbers): Tensor[] {
  tape.bindGradient(out, input(tape, 'd_out', out.shape, numbers), true);
  const gradients = inputs.map((tensor) => {
    const gradient = tape.tensor(`d ${tensor.label}`, tensor.shape);
    tape.bindGradient(tensor, gradient, false);
    return gradient;
  });
  tape.backward();
  return [out, ...gradients];
}

function productContest(
  size: keyof BySize<unknown>,
  variants: readonly ProductVariant[],
  problem: TuningProblems,
): Contest {
  const [rows, cols, inner] = problem.product[size];
  const candidates = variants.map(
    (variant): Candidate => ({
      name: variantName(variant),
      apply: (tuning, alone = false) => ({ ...tuning, product: put(tuning.product, size, variant, alone) }),
    }),
  );
  return {
    key: `product ${size}`,
    candidates: candidates as unknown as Contest['candidates'],
    record(tape, numbers) {
      const inp = input(tape, 'inp', [rows, inner], numbers);
      const weight = input(tape, 'weight', [cols, inner], numbers);
      const bias = input(tape, 'bias', [cols], numbers);
      return backward(tape, linear(tape, inp, { weight, bias }), [inp, weight, bias], numbers);
    },
  };
}

function attentionContest(
  size: keyof BySize<unknown>,
  variants: readonly AttentionVariant[],
  problem: TuningProblems,
): Contest {
  const [B, S, H, DH] = problem.attention[size];
  const candidates = variants.map(
    (variant): Candidate => ({
      name: variant,
      apply: (tuning, alone = false) => ({ ...tuning, attention: put(tuning.attention, size, variant, alone) }),
    }),
  );
  return {
    key: `attention ${size}`,
    candidates: candidates as unknown as Contest['candidates'],
    record(tape, numbers) {
      const integers = (label: string, values: Uint32Array<ArrayBuffer>) =>
        tape.constant(label, [values.length], new Float32Array(values.buffer));
      const lengths = integers('lengths', new Uint32Array(B).fill(S));
      const masks = { counter: integers('counter', new Uint32Array(4)), stream: 0 };
      const qkv = input(tape, 'qkv', [B, S, 3 * H * DH], numbers);
      return backward(tape, attention(tape, qkv, lengths, H, 0, masks).out, [qkv], numbers);
    },
  };
}

/** The contests to run for an adapter. */
export function contestsFor(gpu: Pick<Gpu, 'facts'>, problems: TuningProblems = usualProblems): Contest[] {
  const { product, attention } = candidatesFor(gpu);
  return [
    productContest('small', product, problems),
    productContest('large', product, problems),
    attentionContest('small', attention, problems),
    attentionContest('large', attention, problems),
  ];
}

/** A 53-bit hash of a text, in hexadecimal. */
function fingerprint(text: string): string {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    a = Math.imul(a ^ code, 2654435761);
    b = Math.imul(b ^ code, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(16);
}

/**
 * The version of the kernels in a contest: a hash of their sources and parameters, candidate by candidate. Measurements
 * of another version do not apply.
 */
export function versionOf(gpu: Gpu, { candidates, record }: Pick<Contest, 'candidates' | 'record'>): string {
  const texts = candidates.map(({ name, apply }) => {
    const program = new Program(gpu.withTuning(apply(gpu.tuning, true)), 'version');
    record(new Tape(program), () => new Float32Array(0));
    return [name, ...program.recorded.map(({ kernel, params }) => [kernel.name, params, kernel.source])];
  });
  return fingerprint(JSON.stringify(texts));
}
