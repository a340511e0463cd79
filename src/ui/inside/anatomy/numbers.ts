// The numbers in the drawing of a segment: norms of what it receives and passes on, and what each head attends to.
import { attentionGrid, memoryKind } from '../../../analysis/memory-attention.ts';
import type { SegmentSeen, StreamLog } from '../../../store/slices/stream-log.ts';

const norm = (values: Float32Array) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

/** One part of a memory: a memory token, or what one layer keeps. */
export interface MemoryPart {
  readonly label: string;
  /** Of its numbers; undefined if they are no longer kept. */
  readonly norm: number | undefined;
  /** 1 − cosine between before and after this segment; on the way out only. */
  readonly change?: number | undefined;
}

/** The parts of the memory before a segment, or after it. */
export function memoryParts(log: StreamLog, index: number, side: 'in' | 'out'): MemoryPart[] {
  const { model } = log;
  const states = side === 'in' ? log.received(index) : log.passedOn(index);
  const kind = memoryKind(model);
  const count = kind === 'none' ? 0 : kind === 'tokens' && log.isMemoryTokens ? model.memTokens : model.layers;
  const name = kind === 'tokens' && log.isMemoryTokens ? 'mem' : 'layer';
  const changes = log.segments[index]?.tokenChanges;
  return Array.from({ length: count }, (_, m) => {
    const width = (states?.length ?? 0) / count;
    const own = states && states.length > 0 ? states.subarray(m * width, (m + 1) * width) : undefined;
    const change = side === 'out' && changes?.length === count ? changes[m] : undefined;
    return { label: `${name} ${m + 1}`, norm: own && norm(own), ...(change === undefined ? {} : { change }) };
  });
}

/** What one head attends to in a segment; undefined where it is not kept, or nothing of that kind exists. */
export interface HeadShares {
  readonly layer: number;
  readonly head: number;
  /** Share of the memory rows' attention on the words. */
  readonly write: number | undefined;
  /** Share of the attention of the rows that produce the answer on memory or cache. */
  readonly read: number | undefined;
}

export function headShares(log: StreamLog, index: number, segment: SegmentSeen): HeadShares[] {
  const { model } = log;
  const kept = log.shelf.get(index);
  const rows = log.answerRows(segment);
  const share = (direction: 'write' | 'read', layer: number, head: number) => {
    const grid = kept && attentionGrid(kept, model, direction, layer, head);
    if (!grid) return undefined;
    const { columns, values } = grid;
    const start = model.cacheSize + model.front;
    const [from, to] = direction === 'write' ? [start, start + segment.words.length] : [0, columns];
    const asking = direction === 'write' ? Array.from({ length: grid.rows }, (_, r) => r) : rows;
    if (asking.length === 0) return undefined;
    let sum = 0;
    for (const row of asking) for (let c = from; c < to; c++) sum += values[row * columns + c] ?? 0;
    return sum / asking.length;
  };
  return Array.from({ length: model.layers * model.heads }, (_, i) => {
    const [layer, head] = [Math.floor(i / model.heads), i % model.heads];
    return { layer, head, write: share('write', layer, head), read: share('read', layer, head) };
  });
}
