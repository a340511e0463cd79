// ARMT: every layer has an associative memory, read at all positions of its input and written by the memory tokens of
// its output.
// Source: Rodkin et al. 2024, arXiv:2407.04841, and its code: DPFP-3 keys, delta rule with a corrected normaliser, one
// head. `key_norm` is the difference between two branches of the code: none in the published one, l2 in the experimental
import {
  associationColumns,
  associativeRead,
  associativeWrite,
  deltaRule,
  dpfp,
  keyWidth,
  recall,
} from '../../engine/ops/associative.ts';
import { linear } from '../../engine/ops/linear.ts';
import { gatherMemory, memoryBroadcast } from '../../engine/ops/read-out.ts';
import { alone, axis, denseGroups, matrixGroup } from '../parameters.ts';
import { armtEntries } from '../schemas/memory.ts';
import { defineMemory, MEMORY } from './memory.ts';

const one = { size: 1, from: [] };

export const armt = defineMemory<typeof armtEntries>({
  entries: armtEntries,
  check({ d_mem, write_positions }, { causal }, refuse) {
    if (d_mem % 4 !== 0) refuse('d_mem', 'a multiple of 4, a limit of our kernels, which read four numbers at a time');
    if (write_positions === 'end' && !causal)
      refuse('write_positions', 'after: memory tokens precede the text of an encoder');
  },
  fromKnobs: ({ num_mem_tokens, d_mem, key_norm, correction, write_positions }, { causal }) => ({
    num_mem_tokens,
    d_mem,
    key_norm,
    correction: correction === 'yes',
    ...(causal ? { write_positions } : {}),
  }),
  toKnobs: ({ num_mem_tokens, d_mem, key_norm, correction, write_positions }) => ({
    num_mem_tokens,
    d_mem,
    key_norm,
    correction: correction ? 'yes' : 'no',
    write_positions,
  }),
  room: ({ num_mem_tokens: M, write_positions }, { causal }) =>
    causal ? { front: 0, back: M, lastPositions: write_positions === 'end' } : { front: M, back: 0 },
  parameters(config, { D, layers, layerName }) {
    const K = axis(config, 'd_mem');
    const layer = (name: string) => [
      matrixGroup(`${name}.W_mq.weight`, K, D),
      matrixGroup(`${name}.W_mk.weight`, K, D),
      // Initially nothing is written; writing is learned in training.
      matrixGroup(`${name}.W_mv.weight`, D, D, 'zeros'),
      ...denseGroups(`${name}.W_mb`, one, D),
    ];
    return [
      ...Array.from({ length: layers }, (_, l) => layer(layerName(l))).flat(),
      alone(MEMORY, [axis(config, 'num_mem_tokens'), D], 'normal'),
    ];
  },
  ofLayers: true,
  states: ({ d_mem }, { D, layers }, batch) =>
    Array.from({ length: layers }, (_, l) => ({
      label: `associations.${l}`,
      shape: [batch, keyWidth(d_mem), associationColumns(D.size)],
      differentiable: true,
    })),
  surround({ tape, parameters, inputs, layout }, config, { D, layerName }, states) {
    const { batch, lengths, phase } = inputs;
    const { num_mem_tokens: M, key_norm, correction } = config;
    const normalise = key_norm === 'l2';
    const inserted = tape.tensor('memory tokens', [batch, M, D.size]);
    memoryBroadcast(tape, parameters.get(MEMORY), inserted);
    const weight = (l: number, name: string) => ({ weight: parameters.get(`${layerName(l)}.${name}.weight`) });
    return {
      inserted,
      before(l, hidden) {
        const state = states[l];
        if (!state) return hidden;
        const keys = dpfp(tape, linear(tape, hidden, weight(l, 'W_mq')), normalise);
        return recall(tape, hidden, associativeRead(tape, keys, state.before), phase);
      },
      after(l, hidden) {
        const state = states[l];
        if (!state) return;
        const tokens = gatherMemory(tape, hidden, lengths, M, layout.memory);
        const keys = dpfp(tape, linear(tape, tokens, weight(l, 'W_mk')), normalise);
        const value = linear(tape, tokens, weight(l, 'W_mv'));
        const gate = linear(tape, tokens, {
          ...weight(l, 'W_mb'),
          bias: parameters.get(`${layerName(l)}.W_mb.bias`),
        });
        const found = associativeRead(tape, keys, state.before);
        // Keys that are not normalised may be zero.
        const novelty = { correction, floor: normalise ? 0 : 1e-5 };
        const change = deltaRule(tape, { value, gate, keys, found }, phase, novelty);
        associativeWrite(tape, keys, change, state.before, state.next);
      },
    };
  },
  attentionRegions({ num_mem_tokens: M }, { causal }, S) {
    return { write: { row: causal ? M : 1, fromEnd: causal, rows: M, column: 0, columns: S } };
  },
});
