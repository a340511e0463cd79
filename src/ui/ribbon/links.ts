// The arcs of the ribbon: the largest attention weights between words and memory tokens.
import { type Grid, readWeights, writeWeights } from '../../analysis/memory-attention.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';

export interface Link {
  readonly word: number;
  readonly token: number;
  /** Attention, 0 to 1. */
  readonly weight: number;
}

/** The largest entries of (tokens, words), largest first; those below a quarter of the largest are left out. */
export function largestLinks({ rows, columns, values }: Grid, most: number): Link[] {
  const all: Link[] = [];
  for (let token = 0; token < rows; token++)
    for (let word = 0; word < columns; word++) all.push({ word, token, weight: values[token * columns + word] ?? 0 });
  const largest = all.sort((a, b) => b.weight - a.weight).slice(0, most);
  return largest.filter(({ weight }) => weight > 0 && weight >= (largest[0]?.weight ?? 0) / 4);
}

/** What the memory took from a segment’s words: the largest write weights; none where its attention is not kept. */
export function writeLinks(log: StreamLog, index: number, most = 12): Link[] {
  const attention = log.shelf.get(index);
  const segment = log.segments[index];
  const grid = attention && segment && writeWeights(attention, log.model, segment.words.length);
  return grid ? largestLinks(grid, most) : [];
}

/** How much is read from each memory token where a segment answers; undefined where its attention is not kept. */
export function readLinks(log: StreamLog, index: number): Float32Array | undefined {
  const attention = log.shelf.get(index);
  const segment = log.segments[index];
  if (!attention || !segment || log.model.memTokens === 0) return undefined;
  // What attends to a memory without content reads nothing.
  const weights = readWeights(attention, log.model, log.answerRows(segment));
  return weights?.map((weight) => weight * Math.min(1, segment.content ?? 1));
}
