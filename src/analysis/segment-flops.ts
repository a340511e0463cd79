// The bench's encoder shapes by name, and the floating-point operations of one segment through each.

/** An encoder with memory, and how it is run. */
export interface BenchShape {
  readonly title: string;
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  readonly memory: number;
  /** Text tokens in a segment. */
  readonly text: number;
  /** Sequences in a batch. */
  readonly batch: number;
  readonly words: number;
  /** Light enough to be measured on a software adapter by default. */
  readonly light: boolean;
}

/** Positions of a segment that hold neither memory nor text: [CLS] and two [SEP]. */
const SPECIALS = 3;

export const benchShapes = {
  tiny: {
    title: '2 layers, width 64',
    layers: 2,
    width: 64,
    heads: 4,
    inner: 256,
    memory: 4,
    text: 25,
    batch: 32,
    words: 256,
    light: true,
  },
  small: {
    title: '4 layers, width 256',
    layers: 4,
    width: 256,
    heads: 4,
    inner: 1024,
    memory: 10,
    text: 499,
    batch: 1,
    words: 30_522,
    light: true,
  },
  'bert-base': {
    title: '12 layers, width 768',
    layers: 12,
    width: 768,
    heads: 12,
    inner: 3072,
    memory: 10,
    text: 499,
    batch: 1,
    words: 30_522,
    light: false,
  },
} as const satisfies Readonly<Record<string, BenchShape>>;
export type BenchShapeName = keyof typeof benchShapes;
export const benchShapeNames = Object.keys(benchShapes) as BenchShapeName[];

/** One forward pass of a segment; or a training step on it: forward, backward and AdamW. */
export const benchModes = ['forward', 'train'] as const;
export type BenchMode = (typeof benchModes)[number];

export function positionsOf({ memory, text }: BenchShape): number {
  return memory + text + SPECIALS;
}

/**
 * FLOPs of one segment, all sequences together: the matrix products of the layers only, counting a multiply-add as
 * two. A training step counts three times the forward pass, as each product has two in its backward pass; recomputation
 * to save memory is not counted, nor is the optimiser.
 */
export function segmentFlops(shape: BenchShape, mode: BenchMode): number {
  const { layers: L, width: d, inner: F, batch: B } = shape;
  const s = positionsOf(shape);
  const forward = B * L * (8 * s * d ** 2 + 4 * s * d * F + 4 * s ** 2 * d);
  return mode === 'train' ? 3 * forward : forward;
}
