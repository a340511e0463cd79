// The positions of memory, special tokens and text in a segment.
import type { MemorySlots } from '../engine/ops/embedding.ts';
import type { HeadRows } from '../engine/ops/read-out.ts';

/** The positions of a segment: [front | text | back], followed by padding. */
export interface Layout {
  /** Positions of a full segment. */
  readonly S: number;
  /** Number of special and memory tokens before and after the text. */
  readonly front: number;
  readonly back: number;
  /** The number of memory vectors and where they are inserted. */
  readonly memory: { readonly count: number } & MemorySlots;
  /** The positions the head reads. */
  readonly head: HeadRows;
  /** Ids of the special tokens around the text, by position: from the start, or (if negative) from the row's end. */
  readonly specials: readonly (readonly [position: number, id: number])[];
}
