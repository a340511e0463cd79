// Attention of memory in one segment: how the two arrays are laid out by layer, head and direction, and what they mean.

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

/** Where the memory rows’ attention went in one segment, last layer, mean over heads; all 0 to 1. */
export interface Activity {
  /** Share of the memory rows' attention that goes to the segment's words: writing. */
  readonly toWords: number | undefined;
  /** Share of the memory rows' attention that stays on memory, a cache included: holding. */
  readonly toMemory: number | undefined;
  /** For each memory row: of its attention on words and memory, the share on words; empty without such attention. */
  readonly wordShares: readonly number[];
}

export function activity(attention: MemoryAttention, sizes: Sizes, words: number): Activity {
  const { layers, front, cacheSize, answers } = sizes;
  const write = attentionGrid(attention, sizes, 'write', layers - 1, 'average');
  if (!write) return { toWords: undefined, toMemory: undefined, wordShares: [] };
  const start = cacheSize + front;
  // [CLS] and [SEP] are neither.
  const isMemory = (key: number) =>
    key < cacheSize ||
    (answers === 'class'
      ? key > cacheSize && key < start - 1
      : key < start || (key >= start + words && key < start + words + backOf(sizes)));
  const rows = Array.from({ length: write.rows }, (_, m) => {
    const row = write.values.subarray(m * write.columns, (m + 1) * write.columns);
    return {
      toWords: sum(row.subarray(start, start + words)),
      toMemory: sum(row.filter((_, key) => isMemory(key))),
    };
  });
  const mean = (of: 'toWords' | 'toMemory') => rows.reduce((total, row) => total + row[of], 0) / rows.length;
  return {
    toWords: mean('toWords'),
    toMemory: mean('toMemory'),
    wordShares: rows.map(({ toWords, toMemory }) => toWords / (toWords + toMemory || 1)),
  };
}

/**
 * How a segment reads memory: the attention that `rows`, which produce the answer, give to each memory token or cache
 * entry, in the layer where their sum is largest; mean over heads and rows. The only measure of reading on the page.
 * @param rows positions of the segment: [CLS], or those before the scored words
 * @returns (columns) of `looks.read`; undefined without rows or without such attention
 */
export function readWeights(
  attention: MemoryAttention,
  sizes: Pick<Sizes, 'layers' | 'heads' | 'looks'>,
  rows: readonly number[],
): Float32Array | undefined {
  let best: Float32Array | undefined;
  for (let layer = 0; layer < sizes.layers; layer++) {
    const grid = attentionGrid(attention, sizes, 'read', layer, 'average');
    if (!grid || rows.length === 0) return undefined;
    const means = new Float32Array(grid.columns);
    for (const row of rows)
      for (let c = 0; c < grid.columns; c++)
        means[c] = (means[c] ?? 0) + (grid.values[row * grid.columns + c] ?? 0) / rows.length;
    if (!best || sum(means) > sum(best)) best = means;
  }
  return best;
}

const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0);

/** Share of attention that reads memory or cache: the sum of `readWeights`. */
export function readingOf(...given: Parameters<typeof readWeights>): number | undefined {
  const weights = readWeights(...given);
  return weights && sum(weights);
}

/** How much each memory row attends to each word of a segment (rows, words): last layer, mean over heads. */
export function writeWeights(attention: MemoryAttention, sizes: Sizes, words: number): Grid | undefined {
  const grid = attentionGrid(attention, sizes, 'write', sizes.layers - 1, 'average');
  if (!grid) return undefined;
  const start = sizes.cacheSize + sizes.front;
  const values = new Float32Array(grid.rows * words);
  for (let m = 0; m < grid.rows; m++)
    values.set(grid.values.subarray(m * grid.columns + start, m * grid.columns + start + words), m * words);
  return { rows: grid.rows, columns: words, values };
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
