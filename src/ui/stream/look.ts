// The choice of attention to show: direction, layer and head.
import type { Direction, HeadChoice } from '../../analysis/memory-attention.ts';

export interface Look {
  readonly direction: Direction;
  /** Undefined: the last one. */
  readonly layer: number | undefined;
  readonly head: HeadChoice;
}

export const firstLook: Look = { direction: 'write', layer: undefined, head: 'average' };
