// Where memory, special tokens and text stand in a segment.
import type { MemorySlots } from '../engine/ops/embedding.ts';
import type { HeadRows } from '../engine/ops/read-out.ts';

/** Where things stand in a segment's positions: [front | text | back], padding after that. */
export interface Layout {
  /** Positions of a whole segment. */
  readonly S: number;
  /** Tokens, special or memory, before and behind the text. */
  readonly front: number;
  readonly back: number;
  /** The memory vectors: how many, and where they are written in. */
  readonly memory: { readonly count: number } & MemorySlots;
  /** What the head reads. */
  readonly head: HeadRows;
  /** Ids of the special tokens around the text, by position: from the start, or (negative) from the row's end. */
  readonly specials: readonly (readonly [position: number, id: number])[];
}
