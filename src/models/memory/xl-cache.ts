// Transformer-XL's memory: each layer's last inputs, which the next segment attends to. No gradient flows back into
// them.
// Source: Dai et al. 2019, arXiv:1901.02860
import { cacheUpdate } from '../../engine/ops/cache.ts';
import { xlCacheEntries } from '../schemas/memory.ts';
import { defineMemory } from './memory.ts';

export const xlCache = defineMemory<typeof xlCacheEntries>({
  entries: xlCacheEntries,
  fromKnobs: ({ mem_len }) => ({ mem_len }),
  toKnobs: ({ mem_len }) => ({ mem_len }),
  states: ({ mem_len }, { D, layers }, batch) =>
    mem_len === 0
      ? []
      : Array.from({ length: layers }, (_, l) => ({
          label: `cache.${l}`,
          shape: [batch, mem_len, D.size],
          differentiable: false,
        })),
  surround: ({ tape, inputs }, _config, _wrapped, states) => ({
    cache(l, hidden) {
      const state = states[l];
      if (!state) return undefined;
      cacheUpdate(tape, state.before, hidden, inputs.started, inputs.extents, state.next);
      return state.before;
    },
  }),
});
