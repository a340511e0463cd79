// The layout of a decoder's segment: [memory | text | memory], no special tokens, and a head at every text position.
import type { Layout } from '../layout.ts';
import type { SegmentConfig } from '../segments.ts';
import type { MemoryRoom } from './backbone.ts';

export function decoderLayout(
  config: Pick<SegmentConfig, 'segment_size'>,
  { front, back, lastPositions = false }: MemoryRoom,
): Layout {
  const size = config.segment_size;
  return {
    S: front + size + back,
    front,
    back,
    memory: {
      count: Math.max(front, back),
      first: front > 0 ? 0 : undefined,
      atEnd: back > 0,
      ...(lastPositions ? { lastPositions } : {}),
    },
    head: { first: front, rows: size },
    specials: [],
  };
}
