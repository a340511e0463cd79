// RMT-1M's attention figure (Bulatov et al. 2023) for a stream: which segments show a memory being written, held and
// read, and where to look.
import type { Mark } from '../tasks/task.ts';
import { clearest, type Decision, type FullAttention, type Span, shareBetween } from './attention-operations.ts';
import type { Sizes } from './memory-attention.ts';

export type Role = 'write' | 'hold' | 'read';

export interface Panel {
  readonly role: Role;
  readonly segment: number;
}

/** What locates the parts of a segment's text. */
export interface SegmentText {
  readonly words: readonly string[];
  readonly marks: readonly Mark[];
}

/** What decides which segments of a stream are worth showing. */
export interface StreamShown {
  readonly model: Sizes;
  readonly segments: readonly (Pick<SegmentText, 'marks'> & { readonly decision?: Decision | undefined })[];
  /** The segments whose attention is kept. */
  readonly shelf: { readonly segments: Iterable<number>; get(segment: number): unknown };
}

/** A named range of positions. */
export interface Block {
  readonly label: string;
  readonly kind: 'memory' | 'special' | 'text' | 'marked';
  readonly from: number;
  readonly to: number;
}

/** The named ranges of a segment's positions; facts, question and answer are separate from the rest of the text. */
export function blocksOf(sizes: Sizes, { words, marks }: SegmentText): Block[] {
  const { answers, front, positions, segmentSize } = sizes;
  const blocks: Block[] = [];
  let at = 0;
  const put = (label: string, kind: Block['kind'], count: number) => {
    if (count > 0) blocks.push({ label, kind, from: at, to: at + count });
    at += Math.max(0, count);
  };
  const isEncoder = answers === 'class';
  if (isEncoder) {
    put('[CLS]', 'special', 1);
    put('memory', 'memory', front - 2);
    put('[SEP]', 'special', 1);
  } else put('read', 'memory', front);
  let word = 0;
  for (const { kind, start, end } of [...marks].sort((a, b) => a.start - b.start)) {
    put('text', 'text', start - word);
    put(kind, 'marked', end - Math.max(start, word));
    word = Math.max(word, end);
  }
  put('text', 'text', words.length - word);
  if (isEncoder) put('[SEP]', 'special', 1);
  else put('write', 'memory', positions - front - segmentSize);
  return blocks;
}

/** The same among the keys: a cache's entries come first. */
export function keyBlocksOf(sizes: Sizes, segment: SegmentText): Block[] {
  const { cacheSize } = sizes;
  const own = blocksOf(sizes, segment).map((block) => ({
    ...block,
    from: block.from + cacheSize,
    to: block.to + cacheSize,
  }));
  return cacheSize > 0 ? [{ label: 'cache', kind: 'memory', from: 0, to: cacheSize }, ...own] : own;
}

const spans = (blocks: readonly Block[], wanted: (block: Block) => boolean): Span[] =>
  blocks.filter(wanted).map(({ from, to }) => [from, to] as const);

/** For each role, the queries and keys of its attention, with words for both. */
export function lookOf(
  role: Role,
  sizes: Sizes,
  segment: SegmentText,
): { readonly queries: readonly Span[]; readonly keys: readonly Span[]; readonly who: string; readonly what: string } {
  const rows = blocksOf(sizes, segment);
  const columns = keyBlocksOf(sizes, segment);
  const isEncoder = sizes.answers === 'class';
  const writes = (block: Block) =>
    block.kind === 'memory' && (isEncoder || block.label === 'write' || !rows.some((each) => each.label === 'write'));
  const memory = spans(columns, ({ kind, label }) => kind === 'memory' && label !== 'write');
  if (role === 'read') {
    const answer = rows.filter(({ label }) => label === 'answer');
    const asking = isEncoder
      ? ([[0, 1]] as const)
      : answer.length > 0
        ? answer.map(({ from, to }) => [Math.max(sizes.front, from - 1), Math.max(sizes.front + 1, to - 1)] as const)
        : spans(rows, ({ kind }) => kind === 'text' || kind === 'marked');
    return {
      queries: asking,
      keys: memory,
      who: isEncoder ? '[CLS]' : answer.length > 0 ? 'the position that produces the answer' : 'the words',
      what: sizes.memTokens > 0 ? 'the memory' : 'the cache',
    };
  }
  const queries = spans(rows, writes);
  if (role === 'hold')
    return { queries, keys: spans(columns, ({ kind }) => kind === 'memory'), who: 'the memory', what: 'itself' };
  const facts = spans(columns, ({ label }) => label === 'fact');
  return facts.length > 0
    ? { queries, keys: facts, who: 'the memory', what: 'the fact' }
    : {
        queries,
        keys: spans(columns, ({ kind }) => kind === 'text' || kind === 'marked'),
        who: 'the memory',
        what: 'the words',
      };
}

/**
 * Up to four segments that show the roles best: two where facts are written, one in between where nothing happens, and
 * the scored one. With a single fact, a second holding segment takes the place of the second fact.
 */
export function choosePanels(log: StreamShown): Panel[] {
  const kept = [...log.shelf.segments].sort((a, b) => a - b);
  const last = log.segments.length - 1;
  const has = (index: number, kind: string) => log.segments[index]?.marks.some((mark) => mark.kind === kind) ?? false;
  const { write: canWrite, read: canRead } = log.model.looks;
  const facts = kept.filter((index) => has(index, 'fact') && index !== last).slice(0, 2);
  // Without marked facts the first segment shows writing.
  const writing = canWrite ? (facts.length > 0 ? facts : kept.slice(0, 1)) : [];
  const between = kept.filter(
    (index) => index !== last && index > (writing[0] ?? -1) && !has(index, 'fact') && !has(index, 'question'),
  );
  const isHolding = (index: number) => log.segments[index]?.decision?.operations.includes('hold') ?? false;
  const holding = canWrite ? (between.some(isHolding) ? between.filter(isHolding) : between) : [];
  const [firstHold] = holding;
  const lastHold = holding.at(-1);
  const panels: Panel[] = writing.map((segment) => ({ role: 'write', segment }));
  if (firstHold !== undefined) panels.push({ role: 'hold', segment: firstHold });
  if (panels.length < 3 && lastHold !== undefined && lastHold !== firstHold)
    panels.push({ role: 'hold', segment: lastHold });
  panels.sort((a, b) => a.segment - b.segment);
  if (canRead && last >= 0 && log.shelf.get(last)) panels.push({ role: 'read', segment: last });
  return panels;
}

export interface LayerHead {
  readonly layer: number;
  readonly head: number;
}

/** All attention of a segment, as it was sent. */
export function fullOf({ layers, heads, positions, cacheSize }: Sizes, values: Float32Array): FullAttention {
  return { layers, heads, rows: positions, columns: cacheSize + positions, values };
}

/** The layer and head where a role is clearest, and its share of attention there. */
export function clearestOf(role: Role, sizes: Sizes, segment: SegmentText, attention: FullAttention) {
  const { queries, keys } = lookOf(role, sizes, segment);
  return clearest(attention, queries, keys);
}

/** The share of a role's attention in one layer and head. */
export function shareOf(
  role: Role,
  sizes: Sizes,
  segment: SegmentText,
  attention: FullAttention,
  at: LayerHead,
): number {
  const { queries, keys } = lookOf(role, sizes, segment);
  return shareBetween(attention, at.layer, at.head, queries, keys);
}
