// Attention of memory in one segment: which numbers of the two arrays belong to a layer, a head and a direction.
import type { ModelFacts } from '../train/protocol.ts';

export type Direction = 'write' | 'read';
/** A head's index, or the mean over all heads. */
export type HeadChoice = number | 'average';

/** What a segment sent: see `stream-segment` in the protocol for the layouts. */
export interface MemoryAttention {
  readonly write: Float32Array;
  readonly read: Float32Array;
}

type Sizes = Pick<ModelFacts, 'layers' | 'heads' | 'memTokens' | 'positions'>;

/** A matrix, row-major. */
export interface Grid {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** The (rows, columns) of one layer and one head, or of the mean over heads. */
export function attentionGrid(
  attention: MemoryAttention,
  sizes: Sizes,
  direction: Direction,
  layer: number,
  head: HeadChoice,
): Grid {
  const [rows, columns] =
    direction === 'write' ? [sizes.memTokens, sizes.positions] : [sizes.positions, sizes.memTokens];
  const cells = rows * columns;
  const start = layer * sizes.heads * cells;
  const all = attention[direction];
  if (head !== 'average') return { rows, columns, values: all.slice(start + head * cells, start + (head + 1) * cells) };
  const values = new Float32Array(cells);
  for (let h = 0; h < sizes.heads; h++)
    for (let i = 0; i < cells; i++) values[i] = (values[i] ?? 0) + (all[start + h * cells + i] ?? 0) / sizes.heads;
  return { rows, columns, values };
}

/** What stands at each position of a segment: [CLS] memory [SEP] words [SEP] [PAD]. */
export function positionLabels(
  { memTokens, positions }: Pick<Sizes, 'memTokens' | 'positions'>,
  words: readonly string[],
): string[] {
  const labels = ['[CLS]', ...memoryLabels(memTokens), '[SEP]', ...words, '[SEP]'];
  while (labels.length < positions) labels.push('[PAD]');
  return labels.slice(0, positions);
}

export function memoryLabels(memTokens: number): string[] {
  return Array.from({ length: memTokens }, (_, m) => `mem ${m + 1}`);
}

/** The position of the first word. */
export const firstWord = (memTokens: number) => memTokens + 2;

/** Where the attention of memory went in one segment, last layer, mean of heads; all 0 to 1. */
export interface Activity {
  /** Share of the memory rows' attention that goes to the segment's words: writing. */
  readonly toWords: number;
  /** Share of the memory rows' attention that stays on memory: holding. */
  readonly toMemory: number;
  /** Share of [CLS]'s attention that goes to memory: reading. */
  readonly clsToMemory: number;
}

export function activity(attention: MemoryAttention, sizes: Sizes, words: number): Activity {
  const { memTokens: M, layers } = sizes;
  const write = attentionGrid(attention, sizes, 'write', layers - 1, 'average');
  const read = attentionGrid(attention, sizes, 'read', layers - 1, 'average');
  const start = firstWord(M);
  let toWords = 0;
  let toMemory = 0;
  for (let m = 0; m < M; m++)
    for (let p = 1; p < start + words; p++) {
      const weight = write.values[m * write.columns + p] ?? 0;
      if (p <= M) toMemory += weight / M;
      else if (p >= start) toWords += weight / M;
    }
  const clsToMemory = read.values.subarray(0, M).reduce((sum, weight) => sum + weight, 0);
  return { toWords, toMemory, clsToMemory };
}

/**
 * Keeps the attention of the newest segments, and of marked ones for good; what does not fit is dropped, oldest first.
 */
export class AttentionShelf {
  /** The most segments without marks that are kept. */
  readonly most: number;
  private readonly all = new Map<number, MemoryAttention>();
  private readonly unmarked: number[] = [];
  private oldest = 0;

  constructor(bytesEach: number, budget = 64 * 2 ** 20) {
    this.most = Math.max(4, Math.min(400, Math.floor(budget / Math.max(1, bytesEach))));
  }

  add(segment: number, attention: MemoryAttention, marked: boolean): void {
    this.all.set(segment, attention);
    if (marked) return;
    this.unmarked.push(segment);
    if (this.unmarked.length - this.oldest <= this.most) return;
    const dropped = this.unmarked[this.oldest++];
    if (dropped !== undefined) this.all.delete(dropped);
  }

  get(segment: number): MemoryAttention | undefined {
    return this.all.get(segment);
  }

  get size(): number {
    return this.all.size;
  }
}
