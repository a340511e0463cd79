// What a forward pass costs: RMT over n segments against full attention over the same length.
// Source: Bulatov et al. 2023, arXiv:2304.11062, the figure of FLOPs; the formula gives its values to better than 2e-4.

/** What the formula needs of a Transformer; the feed-forward block is 4 · width wide. */
export interface TransformerSize {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
}

/** The OPT family (Zhang et al. 2022, arXiv:2205.01068), as the report takes it. */
export const optFamily = {
  '125M': { layers: 12, heads: 12, width: 768 },
  '1.3B': { layers: 24, heads: 32, width: 2048 },
  '2.7B': { layers: 32, heads: 32, width: 2560 },
  '6.7B': { layers: 32, heads: 32, width: 4096 },
  '13B': { layers: 40, heads: 40, width: 5120 },
  '30B': { layers: 48, heads: 56, width: 7168 },
  '66B': { layers: 64, heads: 72, width: 9216 },
  '175B': { layers: 96, heads: 96, width: 12288 },
} as const satisfies Readonly<Record<string, TransformerSize>>;

/** Tokens in a segment of the figure; memory tokens are not counted. */
export const figureSegment = 512;
/** The vocabulary of OPT. */
const vocabulary = 50272;

/** FLOPs of one forward pass over `tokens` tokens with full attention, output layer included. */
export function forwardFlops({ layers: L, heads: h, width: d }: TransformerSize, tokens: number): number {
  const s = tokens;
  return L * (24 * s * d ** 2 + 4 * s ** 2 * d + 10 * h * s ** 2) + 2 * s * vocabulary * d;
}

export interface FlopsComparison {
  /** n segments one after the other: linear in n. */
  readonly rmt: number;
  /** All tokens at once: quadratic in n. */
  readonly full: number;
  /** full / rmt */
  readonly ratio: number;
}

export function compareFlops(size: TransformerSize, segments: number): FlopsComparison {
  const rmt = segments * forwardFlops(size, figureSegment);
  const full = forwardFlops(size, figureSegment * segments);
  return { rmt, full, ratio: full / rmt };
}
