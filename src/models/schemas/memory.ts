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

export const armtEntries = { num_mem_tokens: integer(1, 65_536), d_mem: integer(4, 4096) };
