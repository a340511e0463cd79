// The configuration of the memories.
import * as v from 'valibot';
import { flag, integer, oneOf } from './fields.ts';

/** The number of memory tokens of an RMT. */
export const memoryTokens = integer(0, 65_536);

export const rmtEncoderEntries = { num_mem_tokens: memoryTokens };

/** @param mask the default where a checkpoint names none */
export const rmtDecoderEntries = <const M extends 'causal' | 'block'>(mask: M) => ({
  num_mem_tokens: memoryTokens,
  memory_mask: v.optional(oneOf(['causal', 'block']), mask),
  mem_at_end: v.optional(flag(), true),
});

export const xlCacheEntries = { mem_len: integer(0, 1_000_000) };

/** Checkpoints written before these fields existed are of the code's experimental branch, so that is the default. */
export const armtEntries = {
  num_mem_tokens: integer(1, 65_536),
  d_mem: integer(4, 4096),
  /** Whether the features of keys and queries are divided by their L2 norm. */
  key_norm: v.optional(oneOf(['l2', 'none']), 'l2'),
  /** Whether γ limits what is added to the normaliser. */
  correction: v.optional(flag(), true),
  /** The positions of memory tokens after the text: those after the text's, or the last rows of the table. */
  write_positions: v.optional(oneOf(['after', 'end']), 'after'),
};
