// The cost of a forward pass: RMT over n segments, and full attention over the same length.
// Source: Bulatov et al. 2023, arXiv:2304.11062, the FLOPs figure; the formula reproduces its values to within 2e-4.

/** The Transformer dimensions in the formula. */
export interface TransformerSize {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Width of the feed-forward block; 4 · width by default. */
  readonly inner?: number;
  /** Size of the output layer, applied at every position; OPT's by default, 0 for a classifier. */
  readonly vocabulary?: number;
}

/** The OPT family (Zhang et al. 2022, arXiv:2205.01068), as used in RMT-1M (Bulatov et al. 2023). */
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
export type OptName = keyof typeof optFamily;
export const optNames = Object.keys(optFamily) as OptName[];

/** FLOPs of full attention relative to RMT at 4000 segments, as reported in RMT-1M (Bulatov et al. 2023). */
export const reportedRatios: Readonly<Partial<Record<OptName, number>>> = {
  '125M': 295.07,
  '1.3B': 154.42,
  '6.7B': 81.65,
  '30B': 48.38,
  '175B': 29.02,
};

/** Tokens in a segment of the figure, excluding memory tokens. */
export const figureSegment = 512;
/** The figure's largest number of segments. */
export const figureSegments = 4000;
/** Text tokens of a 512-token segment in RMT-1M's models, which also holds 10 memory tokens and 3 special ones. */
export const figureText = 499;
/** OPT's vocabulary size. */
const optVocabulary = 50272;

/** FLOPs as a polynomial of the length s: linear · s + quadratic · s². */
export function flopsTerms({
  layers: L,
  heads: h,
  width: d,
  inner = 4 * d,
  vocabulary = optVocabulary,
}: TransformerSize): {
  readonly linear: number;
  readonly quadratic: number;
} {
  return { linear: L * (8 * d ** 2 + 4 * d * inner) + 2 * vocabulary * d, quadratic: L * (4 * d + 10 * h) };
}

/** FLOPs of one forward pass over `tokens` tokens with full attention, including the output layer. */
export function forwardFlops(size: TransformerSize, tokens: number): number {
  const { linear, quadratic } = flopsTerms(size);
  return linear * tokens + quadratic * tokens ** 2;
}

export interface FlopsComparison {
  /** n segments in sequence: linear in n. */
  readonly rmt: number;
  /** All tokens at once: quadratic in n. */
  readonly full: number;
  /** full / rmt */
  readonly ratio: number;
}

export function compareFlops(size: TransformerSize, segments: number, segment = figureSegment): FlopsComparison {
  const rmt = segments * forwardFlops(size, segment);
  const full = forwardFlops(size, segment * segments);
  return { rmt, full, ratio: full / rmt };
}

/** The length, in segments, at which full attention costs `ratio` times as much as RMT. */
export function segmentsForRatio(size: TransformerSize, ratio: number, segment = figureSegment): number {
  const { linear, quadratic } = flopsTerms(size);
  return (ratio * (linear + quadratic * segment) - linear) / (quadratic * segment);
}

/**
 * Text length in tokens at which RMT becomes cheaper although its memory and special tokens cost as well: every
 * segment of `segment` positions reads only `text` of them, while full attention reads the text alone.
 */
export function crossover(size: TransformerSize, segment: number, text: number): number {
  const { linear, quadratic } = flopsTerms(size);
  return (forwardFlops(size, segment) / text - linear) / quadratic;
}
