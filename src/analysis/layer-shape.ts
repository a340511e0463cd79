// The shape of a model's layers, for computing or measuring cost, and how its segments divide into memory and text.

export interface LayerShape {
  /** Bidirectional with memory in front, or causal with memory at both ends. */
  readonly kind: 'encoder' | 'decoder';
  readonly layers: number;
  readonly width: number;
  readonly heads: number;
  readonly inner: number;
  /** Memory tokens. */
  readonly memory: number;
}

/** [CLS] and two [SEP] of an encoder. */
const SPECIALS = 3;

/** Positions of a segment that hold no text: memory (twice in a decoder, to read and to write) and special tokens. */
export function overheadOf({ kind, memory }: Pick<LayerShape, 'kind' | 'memory'>): number {
  return kind === 'encoder' ? memory + SPECIALS : 2 * memory;
}

/** Positions that full attention needs besides the text: an encoder's special tokens. */
export function bareOverheadOf({ kind }: Pick<LayerShape, 'kind'>): number {
  return kind === 'encoder' ? SPECIALS : 0;
}

/** A segment, two, four, … up to `longest` positions. */
export function lengthsFor(segment: number, longest: number): number[] {
  const lengths: number[] = [];
  for (let length = segment; length <= longest; length *= 2) lengths.push(length);
  return lengths;
}

/** 4 layers, width 256, 4 heads, feed-forward 1,024, 10 memory tokens */
export function layersText({ layers, width, heads, inner, memory }: LayerShape): string {
  const n = (count: number, what: string) => `${count.toLocaleString('en')} ${what}${count === 1 ? '' : 's'}`;
  return [
    n(layers, 'layer'),
    `width ${width.toLocaleString('en')}`,
    n(heads, 'head'),
    `feed-forward ${inner.toLocaleString('en')}`,
    n(memory, 'memory token'),
  ].join(', ');
}
