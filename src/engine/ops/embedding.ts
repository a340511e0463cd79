// Embedding lookup that inserts the memory tokens, and its deterministic gradients.
import backwardMemorySource from '../../../shaders/embedding_backward_memory.wgsl?raw';
import backwardPositionSource from '../../../shaders/embedding_backward_position.wgsl?raw';
import backwardWordSource from '../../../shaders/embedding_backward_word.wgsl?raw';
import forwardSource from '../../../shaders/embedding_forward.wgsl?raw';
import slotsSource from '../../../shaders/lib/memory_slots.wgsl?raw';
import { ShapeError } from '../../errors.ts';
import { defineKernel } from '../gpu/kernel.ts';
import type { Tape } from '../tape.ts';
import { showShape, type Tensor } from '../tensor.ts';
import { invocations, sumRows } from './add.ts';

const forward = defineKernel({
  name: 'embedding_forward',
  source: [slotsSource, forwardSource],
  reads: ['ids', 'lengths', 'word', 'position', 'token_type', 'memory'],
  writes: ['out'],
  constants: ['FRONT', 'AT_END', 'SCALE', 'HAS_POSITION', 'HAS_TYPE', 'LAST_POSITIONS'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D', 'P'],
});
const backwardWord = defineKernel({
  name: 'embedding_backward_word',
  source: backwardWordSource,
  reads: ['d_out', 'bucket_ids', 'starts', 'rows'],
  writes: ['d_word'],
  constants: ['SCALE'],
  sizes: ['D', 'BUCKETS'],
});
const backwardPosition = defineKernel({
  name: 'embedding_backward_position',
  source: backwardPositionSource,
  reads: ['d_out', 'lengths'],
  writes: ['sum', 'd_position'],
  constants: ['LAST_POSITIONS'],
  sizes: ['M', 'B', 'S', 'D', 'P'],
});
const backwardMemory = defineKernel({
  name: 'embedding_backward_memory',
  source: [slotsSource, backwardMemorySource],
  reads: ['d_out', 'lengths'],
  writes: ['d_memory'],
  constants: ['FRONT', 'AT_END', 'ACCUMULATE'],
  sizes: ['M', 'FIRST', 'B', 'S', 'D'],
});

/** The rows of equal token ids, sorted on the host; see `bucketRows`. */
export interface Buckets {
  /** (BUCKETS) u32 */
  readonly ids: Tensor;
  /** (BUCKETS + 1) u32 */
  readonly starts: Tensor;
  /** (B · S) u32 */
  readonly rows: Tensor;
}

export interface EmbeddingTables {
  /** (V, D) */
  readonly word: Tensor;
  /** (≥ S, D); absent where attention encodes positions itself */
  readonly position?: Tensor | undefined;
  /** (≥ 1, D); row 0 is used */
  readonly tokenType?: Tensor | undefined;
  /** Factor applied to the words (not the memory); 1 by default. */
  readonly scale?: number;
}

/** Positions of the memory vectors in a segment: M from `first` on, at the end of the row's text, or both. */
export interface MemorySlots {
  /** Undefined if there are none in front. */
  readonly first: number | undefined;
  readonly atEnd: boolean;
  /** Those at the end have the last M rows of the position table, in short rows too; false by default. */
  readonly lastPositions?: boolean;
}

/** Memory positions as kernel parameters. */
export function slotParams(M: number, { first, atEnd }: MemorySlots) {
  return { M, FRONT: first !== undefined && M > 0, FIRST: first ?? 0, AT_END: atEnd && M > 0 };
}

/**
 * word[ids] + position + token type, where the M memory vectors replace the words at their positions.
 * @param ids     (B, S) u32; ids at memory positions are not read
 * @param lengths (B) u32, positions of each row that are not padding
 * @param memory  (B, M, D) or none, and the positions `slots` where it is inserted
 * @returns (B, S, D)
 * @throws ShapeError if the tables differ in width or there are fewer positions than S
 * @see Bulatov et al. 2023, arXiv:2304.11062
 */
export function embedding(
  tape: Tape,
  ids: Tensor,
  lengths: Tensor,
  tables: EmbeddingTables,
  memory: Tensor | undefined,
  slots: MemorySlots,
  buckets: Buckets,
): Tensor {
  const [B = 0, S = 0] = ids.shape;
  const { word, position, tokenType, scale: SCALE = 1 } = tables;
  const [, M = 0, D = word.shape[1] ?? 0] = memory?.shape ?? [];
  for (const table of [word, position, tokenType])
    if (table && table.shape[1] !== D)
      throw new ShapeError(`embedding: '${table.label}' has shape ${showShape(table.shape)}, expected (…, ${D})`);
  if (position && (position.shape[0] ?? 0) < S)
    throw new ShapeError(
      `embedding: '${position.label}' has shape ${showShape(position.shape)}, expected at least ${S} positions`,
    );
  if (memory && (slots.first ?? 0) + M > S)
    throw new ShapeError(
      `embedding: 'memory' has shape ${showShape(memory.shape)}, expected at most ${S - (slots.first ?? 0)} vectors`,
    );
  const at = slotParams(M, slots);
  const P = position?.shape[0] ?? 0;
  const LAST_POSITIONS = at.AT_END && slots.lastPositions === true;
  const out = tape.tensor('embeddings', [B, S, D]);
  tape.emit(
    forward,
    {
      ids,
      lengths,
      word,
      position: position ?? word,
      token_type: tokenType ?? word,
      memory: memory && M > 0 ? memory : word,
      out,
    },
    {
      ...at,
      B,
      S,
      D,
      P,
      SCALE,
      HAS_POSITION: position !== undefined,
      HAS_TYPE: tokenType !== undefined,
      LAST_POSITIONS,
    },
    invocations(B * S * (D / 4)),
  );
  tape.onBackward(() => {
    const d_out = tape.gradient(out);
    if (!d_out) return;
    const BUCKETS = buckets.ids.shape[0] ?? 0;
    if (!word.constant)
      tape.emit(
        backwardWord,
        { d_out, bucket_ids: buckets.ids, starts: buckets.starts, rows: buckets.rows, d_word: tape.claim(word).into },
        { D, BUCKETS, SCALE },
        invocations(BUCKETS * (D / 4)),
      );
    const hasType = tokenType && !tokenType.constant;
    if (position && !position.constant) {
      const sum = tape.tensor('d embeddings by position', [S, D]);
      tape.emit(
        backwardPosition,
        { d_out, lengths, sum, d_position: tape.claim(position).into },
        { M, B, S, D, P, LAST_POSITIONS },
        invocations(S * (D / 4)),
      );
      if (hasType) sumRows(tape, sum, S, tape.claim(tokenType).into, true);
    } else if (hasType) sumRows(tape, d_out, B * S, tape.claim(tokenType).into, true);
    if (memory && M > 0) {
      const { into: d_memory, accumulate } = tape.claim(memory);
      tape.emit(
        backwardMemory,
        { d_out, lengths, d_memory },
        { ...at, B, S, D, ACCUMULATE: accumulate },
        invocations(B * M * (D / 4)),
      );
    }
  });
  return out;
}

/**
 * Sort rows by token id into buckets, for the embedding's gradient.
 * @param ids  token ids, row by row
 * @param used whether a row's word was looked up (memory positions were not)
 * @param out  destination: ids (BUCKETS), starts (BUCKETS + 1), rows (ids.length); unused buckets are left empty
 */
export function bucketRows(
  ids: Uint32Array,
  used: (row: number) => boolean,
  out: { readonly ids: Uint32Array; readonly starts: Uint32Array; readonly rows: Uint32Array },
): void {
  let top = -1;
  for (let row = 0; row < ids.length; row++) if (used(row)) top = Math.max(top, ids[row] as number);
  // Counting sort: the number of rows of each id, then where its next row goes.
  const next = new Uint32Array(top + 1);
  for (let row = 0; row < ids.length; row++) if (used(row)) (next[ids[row] as number] as number)++;
  let bucket = 0;
  let start = 0;
  for (const [id, count] of next.entries()) {
    if (count === 0) continue;
    out.ids[bucket] = id;
    out.starts[bucket++] = start;
    next[id] = start;
    start += count;
  }
  for (let row = 0; row < ids.length; row++) if (used(row)) out.rows[(next[ids[row] as number] as number)++] = row;
  out.starts.fill(start, bucket);
}
