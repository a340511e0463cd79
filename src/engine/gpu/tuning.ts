// Which variant of a kernel an adapter uses: chosen from its facts, or by a probe where the facts do not decide.
import { InputError } from '../../errors.ts';
import type { AdapterFacts } from './facts.ts';

/** How a matrix product is tiled: the linear kernels' entry point and its sizes. */
export type ProductVariant = { readonly kind: 'registers' } | QuadsVariant | WorkgroupVariant;

interface QuadsVariant {
  readonly kind: 'quads';
  readonly BLOCKS: 1 | 2 | 4;
  readonly ROWS: 8 | 16 | 32;
  /**
   * Quads per workgroup. They work independently, so a workgroup is best filled by one subgroup: more only leaves cores
   * idle.
   */
  readonly QUADS: number;
}

interface WorkgroupVariant {
  readonly kind: 'workgroup';
  readonly PER_ROW: number;
  readonly PER_VEC: number;
  readonly DEPTH: number;
  /** Tiles hold f16 in forward products. Only `halfTuning` chooses this, because the results differ from f32. */
  readonly half?: true;
}

/**
 * How attention is tiled: row by row, four rows of one invocation, eight rows per four invocations, or each row split
 * among several invocations.
 */
export type AttentionVariant = 'rows' | 'fours' | 'quads' | 'split';

/** The choices for small and for large problems. */
export interface BySize<Variant> {
  readonly small: Variant;
  readonly large: Variant;
}

/** The choices for one adapter. Equal choices give equal bits. */
export interface Tuning {
  readonly product: BySize<ProductVariant>;
  /**
   * `narrow`: of narrow heads, unless there is little to do. `QUADS`: quads per workgroup, four by default. `SPLITS`: invocations per
   * row of `split`, by the number of rows by default. `relative`: of relative positions; `rows` by default.
   */
  readonly attention: BySize<AttentionVariant> & {
    readonly narrow?: AttentionVariant;
    readonly QUADS?: number;
    readonly SPLITS?: number;
    readonly relative?: 'rows' | 'split';
  };
}

export const registers: ProductVariant = { kind: 'registers' };
/**
 * Four invocations that share 16 rows × 32 columns, or 32 × 64: faster for large products, but slower to compile; or 8 × 16,
 * which compiles as fast as `registers`.
 */
export const shallowQuads: QuadsVariant = { kind: 'quads', BLOCKS: 1, ROWS: 8, QUADS: 4 };
export const quads: QuadsVariant = { kind: 'quads', BLOCKS: 2, ROWS: 16, QUADS: 4 };
export const deepQuads: QuadsVariant = { kind: 'quads', BLOCKS: 4, ROWS: 32, QUADS: 4 };
/** Tiles of 64 × 64, 128 × 64 and 128 × 128. */
export const tiles: readonly WorkgroupVariant[] = [
  { kind: 'workgroup', PER_ROW: 4, PER_VEC: 1, DEPTH: 16 },
  { kind: 'workgroup', PER_ROW: 8, PER_VEC: 1, DEPTH: 16 },
  { kind: 'workgroup', PER_ROW: 8, PER_VEC: 2, DEPTH: 8 },
];

/** All variants, for a probe to choose from. */
export const productVariants: readonly ProductVariant[] = [registers, shallowQuads, quads, deepQuads, ...tiles];
export const attentionVariants: readonly AttentionVariant[] = ['rows', 'split', 'quads'];

/** Bytes of workgroup memory that a variant takes. */
export function workgroupBytes(variant: ProductVariant): number {
  if (variant.kind !== 'workgroup') return 0;
  const { PER_ROW, PER_VEC, DEPTH, half } = variant;
  return (half ? 2 : 4) * DEPTH * (16 * PER_ROW + 2 + 64 * PER_VEC);
}

/** Where a choice came from: the adapter's facts, timing the candidates just now, or an earlier visit. */
export type TuningSource = 'facts' | 'timed' | 'remembered';

/** Multiply-adds at which a product counts as large. */
const LARGE_PRODUCT = 2 ** 22;
/**
 * Multiply-adds of the scores at which attention counts as large: below, the quads' longer compilation does not pay
 * off.
 */
const LARGE_ATTENTION = 2 ** 20;

export function productFor({ product }: Tuning, multiplyAdds: number): ProductVariant {
  return multiplyAdds >= LARGE_PRODUCT ? product.large : product.small;
}

/** Channels of a head up to which it is narrow: its tiles are mostly overhead, and loads cost more than products. */
const NARROW = 16;
/**
 * Multiply-adds from which attention of narrow heads uses their own variant: below, as for a single streamed document, its longer
 * compilation does not pay off.
 */
const LARGE_NARROW = 2 ** 19;

/** @param channels of a head */
export function attentionFor({ attention }: Tuning, multiplyAdds: number, channels: number): AttentionVariant {
  if (channels <= NARROW && attention.narrow) return multiplyAdds >= LARGE_NARROW ? attention.narrow : attention.small;
  return multiplyAdds >= LARGE_ATTENTION ? attention.large : attention.small;
}

/** Invocations that fill a GPU: four for each of 4,096 lanes. */
const ENOUGH_INVOCATIONS = 2 ** 14;
/** A workgroup has 32 rows, and at most 256 invocations. */
const MOST_SPLITS = 8;
/** A split must have some columns to loop over. */
const FEWEST_COLUMNS = 4;

/**
 * Invocations per row of `split`: one if the rows alone fill a GPU.
 * @param columns that the invocations of a row divide among them
 */
export function splitsFor({ attention }: Tuning, rows: number, columns: number): number {
  if (attention.SPLITS) return attention.SPLITS;
  let splits = 1;
  while (splits < MOST_SPLITS && rows * splits < ENOUGH_INVOCATIONS && columns >= 2 * splits * FEWEST_COLUMNS)
    splits *= 2;
  return splits;
}

/**
 * The choice from an adapter's facts alone. On software adapters loads and barriers are slow and registers are free, so
 * products use quads if there are subgroups: of 8 × 16 if they are small, because larger ones compile several times as long.
 * In attention of narrow heads four queries or keys of an invocation share its loads. GPUs have more lanes than
 * attention has rows, so they split rows; they start from tiles of 64 × 64, and `tune` may find better.
 * @param subgroupSize invocations of the adapter's largest subgroup, if it reports it
 */
export function defaultTuning(facts: Pick<AdapterFacts, 'software' | 'features'>, subgroupSize = 16): Tuning {
  if (!facts.software)
    return {
      product: { small: registers, large: tiles[0] ?? registers },
      attention: { small: 'split', large: 'split', relative: 'split' },
    };
  const subgroups = facts.features.includes('subgroups');
  const QUADS = Math.max(1, Math.floor(subgroupSize / 4));
  return {
    product: subgroups
      ? { small: { ...shallowQuads, QUADS }, large: { ...deepQuads, QUADS } }
      : { small: registers, large: registers },
    attention: { small: 'rows', large: subgroups ? 'quads' : 'rows', narrow: 'fours', QUADS },
  };
}

/**
 * The same choice with f16 tiles for large products of forward passes, on request; gradients stay in f32.
 * @throws InputError if the adapter has no shader-f16
 */
export function halfTuning(tuning: Tuning, facts: Pick<AdapterFacts, 'features'>): Tuning {
  if (!facts.features.includes('shader-f16'))
    throw new InputError('half precision', 'an adapter without it', 'one with the feature shader-f16');
  const { small, large } = tuning.product;
  const half = (variant: ProductVariant): ProductVariant =>
    variant.kind === 'workgroup' ? { ...variant, half: true } : variant;
  // If large products use no tiles, use those of 64 × 64.
  const tiled = large.kind === 'workgroup' ? large : (tiles[0] ?? large);
  return { ...tuning, product: { small: half(small), large: half(tiled) } };
}

/** A readable name of a variant. */
export function variantName(variant: ProductVariant): string {
  if (variant.kind === 'registers') return variant.kind;
  if (variant.kind === 'quads') return `quads ${variant.ROWS}×${16 * variant.BLOCKS}`;
  return `workgroup ${16 * variant.PER_ROW}×${64 * variant.PER_VEC}×${variant.DEPTH}${variant.half ? ' f16' : ''}`;
}
