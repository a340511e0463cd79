// What every model's configuration says of its segments.
import * as v from 'valibot';
import { oneOf, whole } from './fields.ts';

/** Text tokens in a segment. */
export const segmentSize = whole(1, 1_000_000);

/** @param alignment where the configuration does not say */
export const segmentEntries = (alignment: 'right' | 'left' | 'center') => ({
  segment_size: segmentSize,
  segment_alignment: v.optional(oneOf(['right', 'left', 'center']), alignment),
});

/** A model without memory tokens may say so. */
export const noMemoryTokens = v.optional(whole(0, 0), 0);
