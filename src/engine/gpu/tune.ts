// Finding the best variants for an adapter whose facts do not tell: each is timed once, and the winners are remembered.

import { Random } from '../../random.ts';
import { attention } from '../ops/attention.ts';
import { linear } from '../ops/linear.ts';
import { Tape } from '../tape.ts';
import { elements, type Shape, type Tensor } from '../tensor.ts';
import type { Gpu } from './adapter.ts';
import { Program } from './program.ts';
import { Readback } from './readback.ts';
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

/** Where the choice for an adapter is kept from one visit to the next. */
export interface TuningMemory {
  recall(adapter: string): Promise<unknown>;
  keep(adapter: string, names: Readonly<Record<string, string>>): Promise<void>;
}

/** The problems that variants are timed on: rows, columns and inner size; batch, positions, heads and head size. */
export interface TuningProblems {
  readonly product: BySize<readonly [rows: number, cols: number, inner: number]>;
  readonly attention: BySize<readonly [B: number, S: number, H: number, DH: number]>;
  /** Replays a variant is timed over. */
  readonly repeat: number;
}

const usualProblems: TuningProblems = {
  product: { small: [512, 192, 64], large: [2048, 1024, 1024] },
  attention: { small: [4, 32, 4, 8], large: [8, 256, 8, 64] },
  repeat: 10,
};

const keys = ['product small', 'product large', 'attention small', 'attention large'] as const;

/** The same numbers for every candidate, between -0.5 and 0.5. */
function numbers(tape: Tape, label: string, shape: Shape): Tensor {
  const n = elements(shape);
  const random = new Random(n, 1);
  return tape.constant(
    label,
    shape,
    Float32Array.from({ length: n }, () => random.float() - 0.5),
  );
}

/** What a variant gives, and the milliseconds of the fastest of three rounds. */
interface Trial {
  readonly result: Float32Array;
  readonly ms: number;
}

async function attempt(gpu: Gpu, tuning: Tuning, repeat: number, record: (tape: Tape) => Tensor): Promise<Trial> {
  const before = gpu.tuning;
  gpu.tuning = tuning;
  const program = new Program(gpu, 'tuning');
  const readback = new Readback(gpu);
  try {
    const out = program.keep(record(new Tape(program)));
    await program.finish();
    const round = async (times: number) => {
      const started = performance.now();
      const encoder = gpu.device.createCommandEncoder();
      for (let i = 0; i < times; i++) program.replay(encoder, 'main');
      gpu.device.queue.submit([encoder.finish()]);
      await gpu.device.queue.onSubmittedWorkDone();
      return performance.now() - started;
    };
    await round(1);
    const ms = Math.min(await round(repeat), await round(repeat), await round(repeat));
    gpu.check();
    const [result = new Float32Array()] = await readback.now([out]);
    return { result, ms };
  } finally {
    readback.release();
    program.release();
    gpu.tuning = before;
  }
}

/** f32 sums of some thousand products below 1, in another order. */
const agree = (a: Float32Array, b: Float32Array) =>
  a.length === b.length && a.every((value, i) => Math.abs(value - (b[i] ?? Number.NaN)) <= 1e-3);

/**
 * The fastest candidate that gives what the first one gives. The first needs no features; that others may be refused by
 * an adapter, or number their invocations otherwise than they expect, only costs them the race.
 */
async function fastest<Variant>(
  gpu: Gpu,
  candidates: readonly Variant[],
  measure: (variant: Variant) => Promise<Trial>,
): Promise<Variant> {
  const [first, ...others] = candidates as readonly [Variant, ...Variant[]];
  const { result, ms } = await measure(first);
  let best = { variant: first, ms };
  for (const variant of others) {
    const trial = await measure(variant).catch(() => undefined);
    gpu.check();
    if (trial && trial.ms < best.ms && agree(trial.result, result)) best = { variant, ms: trial.ms };
  }
  return best.variant;
}

/** Product and attention variants that fit the adapter's features and limits. */
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
    attention: attentionVariants.filter((variant) => variant === 'rows' || subgroups),
  };
}

/**
 * Choose the variants of a hardware adapter: what `memory` holds for it, or else the winners of a probe, which `memory`
 * then keeps, so that the same adapter gives the same bits from then on. A software adapter's facts suffice.
 * @returns whether anything was timed
 */
export async function tune(gpu: Gpu, memory: TuningMemory, problems = usualProblems): Promise<boolean> {
  if (gpu.facts.software) return false;
  const candidates = candidatesFor(gpu);
  const remembered = await memory.recall(gpu.name).catch(() => undefined);
  const known = (key: (typeof keys)[number]) =>
    typeof remembered === 'object' && remembered !== null ? (remembered as Record<string, unknown>)[key] : undefined;
  const product = (key: (typeof keys)[number]) =>
    candidates.product.find((variant) => variantName(variant) === known(key));
  const attended = (key: (typeof keys)[number]) => candidates.attention.find((variant) => variant === known(key));
  const [small, large] = [product('product small'), product('product large')];
  const [short, long] = [attended('attention small'), attended('attention large')];
  if (small && large && short && long) {
    gpu.tuning = { product: { small, large }, attention: { small: short, large: long } };
    gpu.tuningSource = 'remembered';
    return false;
  }

  const start = gpu.tuning;
  const bestProduct = (size: keyof BySize<unknown>) =>
    fastest(gpu, candidates.product, (variant) => {
      const [rows, cols, inner] = problems.product[size];
      return attempt(gpu, { ...start, product: { small: variant, large: variant } }, problems.repeat, (tape) =>
        linear(tape, numbers(tape, 'inp', [rows, inner]), {
          weight: numbers(tape, 'weight', [cols, inner]),
          bias: numbers(tape, 'bias', [cols]),
        }),
      );
    });
  const bestAttention = (size: keyof BySize<unknown>) =>
    fastest(gpu, candidates.attention, (variant) => {
      const [B, S, H, DH] = problems.attention[size];
      return attempt(gpu, { ...start, attention: { small: variant, large: variant } }, problems.repeat, (tape) => {
        const integers = (label: string, values: Uint32Array<ArrayBuffer>) =>
          tape.constant(label, [values.length], new Float32Array(values.buffer));
        const lengths = integers('lengths', new Uint32Array(B).fill(S));
        const masks = { counter: integers('counter', new Uint32Array(4)), stream: 0 };
        return attention(tape, numbers(tape, 'qkv', [B, S, 3 * H * DH]), lengths, H, 0, masks).out;
      });
    });
  const tuning: Tuning = {
    product: { small: await bestProduct('small'), large: await bestProduct('large') },
    attention: { small: await bestAttention('small'), large: await bestAttention('large') },
  };
  gpu.tuning = tuning;
  gpu.tuningSource = 'timed';
  const names = [tuning.product.small, tuning.product.large, tuning.attention.small, tuning.attention.large].map(
    (variant) => (typeof variant === 'string' ? variant : variantName(variant)),
  );
  // Without a memory (a private window, a read-only disk) the next visit measures again.
  await memory.keep(gpu.name, Object.fromEntries(keys.map((key, i) => [key, names[i] ?? '']))).catch(() => {});
  return true;
}

/** The choice in words, for people. */
export function tuningText({ product, attention: attended }: Tuning): string {
  const both = (small: string, large: string) => (small === large ? small : `${small} (small), ${large} (large)`);
  return (
    `products ${both(variantName(product.small), variantName(product.large))}; ` +
    `attention ${both(attended.small, attended.large)}`
  );
}
