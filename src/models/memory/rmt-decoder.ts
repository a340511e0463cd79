// Decoder RMT: the memory is inserted before the text, where it is read, and after it, where it is rewritten.
// Source: Bulatov et al. 2022, arXiv:2207.06881; `causal` as in the official wrapper for Hugging Face models, `block` as in LM-RMT
import { memoryBroadcast } from '../../engine/ops/read-out.ts';
import { alone, axis } from '../parameters.ts';
import { rmtDecoderEntries } from '../schemas/memory.ts';
import { defineMemory, MEMORY } from './memory.ts';

/** @param mask the default where a checkpoint names none */
const decoder = (mask: 'causal' | 'block') =>
  defineMemory<ReturnType<typeof rmtDecoderEntries>>({
    entries: rmtDecoderEntries(mask),
    fromKnobs: ({ num_mem_tokens, memory_mask, write_tokens }) => ({
      num_mem_tokens,
      memory_mask,
      mem_at_end: write_tokens === 'yes',
    }),
    toKnobs: ({ num_mem_tokens, memory_mask, mem_at_end }) => ({
      num_mem_tokens,
      memory_mask,
      write_tokens: mem_at_end ? 'yes' : 'no',
    }),
    room: ({ num_mem_tokens: M, mem_at_end }) => ({ front: M, back: mem_at_end ? M : 0 }),
    parameters: (config, { D }) =>
      config.num_mem_tokens === 0 ? [] : [alone(MEMORY, [axis(config, 'num_mem_tokens'), D], 'normal')],
    states: ({ num_mem_tokens: M }, { D }, batch) =>
      M === 0 ? [] : [{ label: 'memory', shape: [batch, M, D.size], differentiable: true }],
    begin(tape, parameters, _config, [memory]) {
      if (memory) memoryBroadcast(tape, parameters.get(MEMORY), memory);
    },
    surround(_recording, { num_mem_tokens: memory, memory_mask, mem_at_end: atEnd }, _wrapped, [state]) {
      if (!state) return {};
      return {
        inserted: state.before,
        // Without write tokens, the new memory is read out at the read positions.
        memoryState: { memory: state.before, next: state.next, slots: { first: 0, atEnd } },
        ...(memory_mask === 'block' ? { mask: { kind: 'block' as const, memory, atEnd } } : {}),
      };
    },
    attentionRegions: ({ num_mem_tokens: M, mem_at_end }, _wrapped, S) =>
      M === 0
        ? {}
        : {
            write: { row: mem_at_end ? M : 0, fromEnd: mem_at_end, rows: M, column: 0, columns: S },
            read: { row: 0, rows: S, column: 0, columns: M },
          },
  });

export const rmtDecoder = decoder('causal');
export const rmtDecoderBlock = decoder('block');
