// How a decoder's segment is laid out: [memory | text | memory], no special tokens, and a head at every position of text.
import type { Layout } from '../layout.ts';
import type { SegmentConfig } from '../segments.ts';
import type { MemoryRoom } from './backbone.ts';

export function decoderLayout(config: Pick<SegmentConfig, 'segment_size'>, { front, back }: MemoryRoom): Layout {
  const size = config.segment_size;
  return {
    S: front + size + back,
    front,
    back,
    memory: { count: Math.max(front, back), first: front > 0 ? 0 : undefined, atEnd: back > 0 },
    head: { first: front, rows: size },
    specials: [],
  };
}
