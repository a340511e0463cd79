// What a forward pass costs: RMT over n segments against full attention over the same length.
// Source: Bulatov et al. 2023, arXiv:2304.11062, the figure of FLOPs; the formula gives its values to better than 2e-4.

/** What the formula needs of a Transformer. */
export interface TransformerSize {
  readonly layers: number;
  readonly heads: number;
  readonly width: number;
  /** Width of the feed-forward block; 4 · width when left out. */
  readonly inner?: number;
  /** Words of the output layer, which every position goes through; OPT's when left out, 0 for a classifier. */
  readonly vocabulary?: number;
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
export type OptName = keyof typeof optFamily;
export const optNames = Object.keys(optFamily) as OptName[];

/** Full attention over RMT at 4000 segments, as the report gives it. */
export const reportedRatios: Readonly<Partial<Record<OptName, number>>> = {
  '125M': 295.07,
  '1.3B': 154.42,
  '6.7B': 81.65,
  '30B': 48.38,
  '175B': 29.02,
};

/** Tokens in a segment of the figure; memory tokens are not counted. */
export const figureSegment = 512;
/** Its last number of segments. */
export const figureSegments = 4000;
/** Of a segment of 512 in the report's models: what is left beside 10 memory tokens and 3 special ones. */
export const figureText = 499;
/** The vocabulary of OPT. */
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

/** FLOPs of one forward pass over `tokens` tokens with full attention, output layer included. */
export function forwardFlops(size: TransformerSize, tokens: number): number {
  const { linear, quadratic } = flopsTerms(size);
  return linear * tokens + quadratic * tokens ** 2;
}

export interface FlopsComparison {
  /** n segments one after the other: linear in n. */
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

/** The length, in segments, from which on full attention costs `ratio` times as much as RMT. */
export function segmentsForRatio(size: TransformerSize, ratio: number, segment = figureSegment): number {
  const { linear, quadratic } = flopsTerms(size);
  return (ratio * (linear + quadratic * segment) - linear) / (quadratic * segment);
}

/**
 * Tokens of text from which on RMT is the cheaper one although its memory and special tokens cost as well: every
 * segment of `segment` positions reads only `text` of them, full attention reads the text alone.
 */
export function crossover(size: TransformerSize, segment: number, text: number): number {
  const { linear, quadratic } = flopsTerms(size);
  return (forwardFlops(size, segment) / text - linear) / quadratic;
}
