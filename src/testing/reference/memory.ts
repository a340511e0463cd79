// The embedding with inserted memory, the read-out of the memory, and gathering memory positions of a layer.
import { add, at, type Numbers } from './numbers.ts';

/** A segment of S positions, of which lengths[b] are not padding, and the positions of its M memory vectors. */
export interface SegmentSizes {
  readonly B: number;
  readonly S: number;
  readonly D: number;
  readonly M: number;
  /** The position of the first memory vector in front; undefined if there is none. */
  readonly first: number | undefined;
  /** Whether they are (also) at the last positions of the row's length. */
  readonly atEnd: boolean;
  /** Whether those at the end have the last rows of the position table. */
  readonly lastPositions?: boolean;
  readonly lengths: Numbers;
}

/** The positions of memory vector m in row b. */
export function positionsOf({ M, first, atEnd, lengths }: SegmentSizes, b: number, m: number): number[] {
  return [...(first === undefined ? [] : [first + m]), ...(atEnd ? [at(lengths, b) - M + m] : [])];
}

/** The memory vector at position s of row b; undefined if there is none. */
export function memoryAt(sizes: SegmentSizes, b: number, s: number): number | undefined {
  for (let m = 0; m < sizes.M; m++) if (positionsOf(sizes, b, m).includes(s)) return m;
  return undefined;
}

/** The row of the table of P positions that position s of row b uses. */
function tableRow(sizes: SegmentSizes, b: number, s: number, P: number): number {
  const m = sizes.lastPositions ? memoryAt(sizes, b, s) : undefined;
  return m === undefined ? s : P - sizes.M + m;
}

/** The position that memory vector m of row b is read out from: the last of its positions. */
function readFrom(sizes: SegmentSizes, b: number, m: number): number {
  return Math.max(...positionsOf(sizes, b, m));
}

/** memory[b] = initial for every b */
export function memoryBroadcast(initial: Numbers, B: number): Float64Array {
  const memory = new Float64Array(B * initial.length);
  for (let b = 0; b < B; b++) memory.set(Float64Array.from(initial), b * initial.length);
  return memory;
}

export interface EmbeddingTables {
  readonly word: Numbers;
  readonly position?: Numbers | undefined;
  readonly tokenType?: Numbers | undefined;
  readonly scale?: number;
}

/** out[b,s] = (s = a position of memory vector m ? memory[b,m] : scale · word[ids[b,s]]) + position[row of s] + token_type[0] */
export function embedding(
  sizes: SegmentSizes,
  ids: Numbers,
  { word, position, tokenType, scale = 1 }: EmbeddingTables,
  memory: Numbers,
): Float64Array {
  const { B, S, D, M } = sizes;
  const P = (position?.length ?? 0) / D;
  const out = new Float64Array(B * S * D);
  for (let b = 0; b < B; b++)
    for (let s = 0; s < S; s++)
      for (let c = 0; c < D; c++) {
        const m = memoryAt(sizes, b, s);
        const value = m === undefined ? scale * at(word, at(ids, b * S + s) * D + c) : at(memory, (b * M + m) * D + c);
        out[(b * S + s) * D + c] =
          value + (position ? at(position, tableRow(sizes, b, s, P) * D + c) : 0) + (tokenType ? at(tokenType, c) : 0);
      }
  return out;
}

/** The gradient of every table, summed over the positions that read each row. V words, P positions. */
export function embeddingBackward(
  sizes: SegmentSizes,
  ids: Numbers,
  d_out: Numbers,
  V: number,
  P: number,
  scale = 1,
): { word: Float64Array; position: Float64Array; tokenType: Float64Array; memory: Float64Array } {
  const { B, S, D, M } = sizes;
  const word = new Float64Array(V * D);
  const position = new Float64Array(P * D);
  const tokenType = new Float64Array(D);
  const memory = new Float64Array(B * M * D);
  for (let b = 0; b < B; b++)
    for (let s = 0; s < S; s++)
      for (let c = 0; c < D; c++) {
        const d = at(d_out, (b * S + s) * D + c);
        const m = memoryAt(sizes, b, s);
        if (m === undefined) add(word, at(ids, b * S + s) * D + c, scale * d);
        else add(memory, (b * M + m) * D + c, d);
        add(position, tableRow(sizes, b, s, P) * D + c, d);
        add(tokenType, c, d);
      }
  return { word, position, tokenType, memory };
}

/** out[b,s] = Σ_c d_out[b,s,c] · scale · word[ids[b,s],c]; 0 for memory and padding */
export function gradientTimesWord(
  sizes: SegmentSizes,
  ids: Numbers,
  word: Numbers,
  d_out: Numbers,
  scale: number,
): Float64Array {
  const { B, S, D, lengths } = sizes;
  const out = new Float64Array(B * S);
  for (let b = 0; b < B; b++)
    for (let s = 0; s < at(lengths, b); s++) {
      if (memoryAt(sizes, b, s) !== undefined) continue;
      const row = b * S + s;
      for (let c = 0; c < D; c++) add(out, row, at(d_out, row * D + c) * scale * at(word, at(ids, row) * D + c));
    }
  return out;
}

/** out[b,s] = embedded[b,s] − (1 − share[b]) · scale · word[ids[b,s]]; unchanged for memory and padding */
export function shareWords(
  sizes: SegmentSizes,
  ids: Numbers,
  word: Numbers,
  share: Numbers,
  embedded: Numbers,
  scale: number,
): Float64Array {
  const { B, S, D, lengths } = sizes;
  const out = Float64Array.from(embedded);
  for (let b = 0; b < B; b++)
    for (let s = 0; s < at(lengths, b); s++) {
      if (memoryAt(sizes, b, s) !== undefined) continue;
      const row = b * S + s;
      for (let c = 0; c < D; c++) add(out, row * D + c, (at(share, b) - 1) * scale * at(word, at(ids, row) * D + c));
    }
  return out;
}

/** The positions the head reads: `rows` from `first` on. */
export interface HeadRows {
  readonly first: number;
  readonly rows: number;
}

/** next[b,m] = started[b] ? hidden[b,at(m)] + noise[b,m] : memory[b,m];  head[b,r] = hidden[b,first+r] */
export function readOut(
  sizes: SegmentSizes,
  hidden: Numbers,
  memory: Numbers,
  started: Numbers,
  { first, rows }: HeadRows,
  noise?: Numbers,
): { next: Float64Array; head: Float64Array } {
  const { B, S, D, M } = sizes;
  const next = new Float64Array(B * M * D);
  const head = new Float64Array(B * rows * D);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < D; c++) {
      for (let r = 0; r < rows; r++) head[(b * rows + r) * D + c] = at(hidden, (b * S + first + r) * D + c);
      for (let m = 0; m < M; m++) {
        const i = (b * M + m) * D + c;
        const read = at(hidden, (b * S + readFrom(sizes, b, m)) * D + c) + (noise ? at(noise, i) : 0);
        next[i] = at(started, b) ? read : at(memory, i);
      }
    }
  return { next, head };
}

/** d_hidden: 0 except at the head's rows and at the memory of started rows, where both add up; and d_memory. */
export function readOutBackward(
  sizes: SegmentSizes,
  d_next: Numbers,
  d_head: Numbers,
  started: Numbers,
  { first, rows }: HeadRows,
): { hidden: Float64Array; memory: Float64Array } {
  const { B, S, D, M } = sizes;
  const hidden = new Float64Array(B * S * D);
  const memory = new Float64Array(B * M * D);
  for (let b = 0; b < B; b++)
    for (let c = 0; c < D; c++) {
      for (let r = 0; r < rows; r++) add(hidden, (b * S + first + r) * D + c, at(d_head, (b * rows + r) * D + c));
      for (let m = 0; m < M; m++) {
        const i = (b * M + m) * D + c;
        if (at(started, b)) add(hidden, (b * S + readFrom(sizes, b, m)) * D + c, at(d_next, i));
        else memory[i] = at(d_next, i);
      }
    }
  return { hidden, memory };
}

/** out[b,m] = hidden[b,at(m)] */
export function gatherMemory(sizes: SegmentSizes, hidden: Numbers): Float64Array {
  const { B, S, D, M } = sizes;
  const out = new Float64Array(B * M * D);
  for (let b = 0; b < B; b++)
    for (let m = 0; m < M; m++)
      for (let c = 0; c < D; c++) out[(b * M + m) * D + c] = at(hidden, (b * S + readFrom(sizes, b, m)) * D + c);
  return out;
}

/** d_hidden, 0 where no memory is read */
export function gatherMemoryBackward(sizes: SegmentSizes, d_out: Numbers): Float64Array {
  const { B, S, D, M } = sizes;
  const d_hidden = new Float64Array(B * S * D);
  for (let b = 0; b < B; b++)
    for (let m = 0; m < M; m++)
      for (let c = 0; c < D; c++)
        add(d_hidden, (b * S + readFrom(sizes, b, m)) * D + c, at(d_out, (b * M + m) * D + c));
  return d_hidden;
}
