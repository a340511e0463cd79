// The segment fields of every model's configuration.
import * as v from 'valibot';
import { integer, oneOf } from './fields.ts';

/** Text tokens in a segment. */
export const segmentSize = integer(1, 1_000_000);

/** @param alignment the default where the configuration names none */
export const segmentEntries = (alignment: 'right' | 'left' | 'center') => ({
  segment_size: segmentSize,
  segment_alignment: v.optional(oneOf(['right', 'left', 'center']), alignment),
});

/** A model without memory tokens may state this explicitly. */
export const noMemoryTokens = v.optional(integer(0, 0), 0);
