// Attention of memory in one segment: how the two arrays are laid out by layer, head and direction, and what they mean.
import { mostAttention } from './attention-operations.ts';

export type Direction = 'write' | 'read';
/** A head's index, or the mean over all heads. */
export type HeadChoice = number | 'average';

/** The arrays sent for a segment, (layers, heads, rows, columns) each; empty where a model has no such attention. */
export interface MemoryAttention {
  readonly write: Float32Array;
  readonly read: Float32Array;
}

/** What is kept of a segment: its attention, and the memory it received, so that it can be read again. */
export interface KeptAttention extends MemoryAttention {
  readonly before?: Float32Array | undefined;
}

/** Bytes that the data kept of a segment takes. */
export const keptBytes = ({ write, read, before }: KeptAttention) =>
  write.byteLength + read.byteLength + (before?.byteLength ?? 0);

/** The model facts that determine the layout. */
export interface Sizes {
  /** One class per sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly layers: number;
  readonly heads: number;
  readonly memTokens: number;
  /** Earlier inputs that each layer attends to; 0 without a cache. */
  readonly cacheSize: number;
  readonly segmentSize: number;
  /** Positions in a segment, including memory and special tokens. */
  readonly positions: number;
  /** Positions before the text. */
  readonly front: number;
  /** Rows and columns of a segment's attention; keys count the cache's entries first. */
  readonly looks: {
    readonly write?: { readonly rows: number; readonly columns: number };
    readonly read?: { readonly rows: number; readonly columns: number };
  };
}

/** A matrix, row-major. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/**
 * The (rows, columns) of one layer and one head, or the mean over heads; undefined where the model has no such
 * attention.
 */
export function attentionGrid(
  attention: MemoryAttention,
  sizes: Pick<Sizes, 'heads' | 'looks'>,
  direction: Direction,
  layer: number,
  head: HeadChoice,
): Grid | undefined {
  const size = sizes.looks[direction];
  const all = attention[direction];
  if (!size || all.length === 0) return undefined;
  const { rows, columns } = size;
  const cells = rows * columns;
  const start = layer * sizes.heads * cells;
  if (head !== 'average') return { rows, columns, values: all.slice(start + head * cells, start + (head + 1) * cells) };
  const values = new Float32Array(cells);
  for (let h = 0; h < sizes.heads; h++)
    for (let i = 0; i < cells; i++) values[i] = (values[i] ?? 0) + (all[start + h * cells + i] ?? 0) / sizes.heads;
  return { rows, columns, values };
}

const numbered = (name: string, count: number) => Array.from({ length: count }, (_, i) => `${name} ${i + 1}`);

/** Positions after the text. */
const backOf = ({ positions, front, segmentSize }: Sizes) => positions - front - segmentSize;

/**
 * The label of each position of a segment. An encoder: [CLS] memory [SEP] words [SEP]; a decoder: memory to read,
 * words, memory to write; then padding.
 */
export function positionLabels(sizes: Sizes, words: readonly string[]): string[] {
  const { answers, memTokens, positions, front } = sizes;
  const before =
    answers === 'class' ? ['[CLS]', ...memoryLabels(front - 2), '[SEP]'] : front > 0 ? numbered('read', memTokens) : [];
  const back = backOf(sizes);
  const behind = answers === 'class' ? ['[SEP]'] : numbered('write', back);
  const labels = [...before, ...words, ...behind];
  while (labels.length < positions) labels.push('[PAD]');
  return labels.slice(0, positions);
}

/** The keys of a write rectangle: a cache's entries first, the newest last. */
export const keyLabels = (sizes: Sizes, words: readonly string[]) => [
  ...cacheLabels(sizes.cacheSize),
  ...positionLabels(sizes, words),
];

/** The columns of a read rectangle: memory tokens, or a cache's entries if there are none. */
export const readLabels = ({ memTokens, cacheSize }: Pick<Sizes, 'memTokens' | 'cacheSize'>) =>
  memTokens > 0 ? memoryLabels(memTokens) : cacheLabels(cacheSize);

export const memoryLabels = (memTokens: number) => numbered('mem', memTokens);

/** Labels by age: cache −3, cache −2, cache −1. */
const cacheLabels = (cacheSize: number) => Array.from({ length: cacheSize }, (_, c) => `cache −${cacheSize - c}`);

/** What a model passes from segment to segment, as far as attention can show it. */
export type MemoryKind = 'tokens' | 'cache' | 'associations' | 'none';

export function memoryKind({
  looks,
  memTokens,
  cacheSize,
}: Pick<Sizes, 'looks' | 'memTokens' | 'cacheSize'>): MemoryKind {
  if (memTokens > 0) return looks.read ? 'tokens' : 'associations';
  return cacheSize > 0 ? 'cache' : 'none';
}

/** Where the attention of memory went in one segment, last layer, mean over heads; all 0 to 1. */
export interface Activity {
  /** Share of the memory rows' attention that goes to the segment's words: writing. */
  readonly toWords: number | undefined;
  /** Share of the memory rows' attention that stays on memory, a cache included: holding. */
  readonly toMemory: number | undefined;
  /**
   * Share of attention that goes to memory or cache: reading. Measured at [CLS], or for a decoder as the mean over the
   * segment's words.
   */
  readonly fromMemory: number | undefined;
}

export function activity(attention: MemoryAttention, sizes: Sizes, words: number): Activity {
  const { layers, front, cacheSize, answers } = sizes;
  const write = attentionGrid(attention, sizes, 'write', layers - 1, 'average');
  const read = attentionGrid(attention, sizes, 'read', layers - 1, 'average');
  let [toWords, toMemory, fromMemory] = [0, 0, 0];
  if (write) {
    const start = cacheSize + front;
    // [CLS] and [SEP] are neither.
    const isMemory = (key: number) =>
      key < cacheSize ||
      (answers === 'class'
        ? key > cacheSize && key < start - 1
        : key < start || (key >= start + words && key < start + words + backOf(sizes)));
    for (let m = 0; m < write.rows; m++)
      for (let key = 0; key < write.columns; key++) {
        const weight = (write.values[m * write.columns + key] ?? 0) / write.rows;
        if (key >= start && key < start + words) toWords += weight;
        else if (isMemory(key)) toMemory += weight;
      }
  }
  if (read) {
    const [from, to] = answers === 'class' ? [0, 1] : [front, front + words];
    for (let row = from; row < to; row++)
      for (let c = 0; c < read.columns; c++)
        fromMemory += (read.values[row * read.columns + c] ?? 0) / Math.max(1, to - from);
  }
  return {
    toWords: write ? toWords : undefined,
    toMemory: write ? toMemory : undefined,
    fromMemory: read ? fromMemory : undefined,
  };
}

/** Share of attention that some rows of a segment give to memory or cache, in the layer where it is largest. */
export function readingOf(attention: MemoryAttention, sizes: Sizes, rows: readonly number[]): number | undefined {
  const layers = Array.from({ length: sizes.layers }, (_, layer) =>
    attentionGrid(attention, sizes, 'read', layer, 'average'),
  ).filter((grid) => grid !== undefined);
  return mostAttention(layers, rows);
}

/** Share of the memory rows' attention on each word of a segment, for shading. */
export function wordWeights(
  attention: MemoryAttention,
  sizes: Sizes,
  layer: number,
  head: HeadChoice,
  words: number,
): Float32Array | undefined {
  const grid = attentionGrid(attention, sizes, 'write', layer, head);
  if (!grid) return undefined;
  const start = sizes.cacheSize + sizes.front;
  return Float32Array.from({ length: words }, (_, i) => {
    let sum = 0;
    for (let m = 0; m < grid.rows; m++) sum += grid.values[m * grid.columns + start + i] ?? 0;
    return sum / grid.rows;
  });
}
