// Encoder RMT: memory vectors are inserted at positions 1..M of a segment and read out of its last layer.
// Source: Bulatov et al. 2023, arXiv:2304.11062
import { memoryBroadcast } from '../../engine/ops/read-out.ts';
import { alone, axis } from '../parameters.ts';
import { rmtEncoderEntries } from '../schemas/memory.ts';
import { defineMemory, MEMORY } from './memory.ts';

export const rmtEncoder = defineMemory<typeof rmtEncoderEntries>({
  entries: rmtEncoderEntries,
  fromKnobs: ({ num_mem_tokens }) => ({ num_mem_tokens }),
  toKnobs: ({ num_mem_tokens }) => ({ num_mem_tokens }),
  room: ({ num_mem_tokens }) => ({ front: num_mem_tokens, back: 0 }),
  parameters: (config, { D }) =>
    config.num_mem_tokens === 0 ? [] : [alone(MEMORY, [axis(config, 'num_mem_tokens'), D], 'normal')],
  states: ({ num_mem_tokens: M }, { D }, batch) =>
    M === 0 ? [] : [{ label: 'memory', shape: [batch, M, D.size], differentiable: true }],
  begin(tape, parameters, _config, [memory]) {
    if (memory) memoryBroadcast(tape, parameters.get(MEMORY), memory);
  },
  surround(_recording, _config, _wrapped, [state]) {
    if (!state) return {};
    const slots = { first: 1, atEnd: false };
    return { inserted: state.before, memoryState: { memory: state.before, next: state.next, slots } };
  },
  attentionRegions: ({ num_mem_tokens: M }, _wrapped, S) =>
    M === 0
      ? {}
      : { write: { row: 1, rows: M, column: 0, columns: S }, read: { row: 0, rows: S, column: 1, columns: M } },
});
