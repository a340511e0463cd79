// The ARMT of its authors: an AssociativeMemoryCell around Hugging Face's GPT2LMHeadModel, each layer one level deeper.
// Both versions, which compute differently from weights of the same names: `key_norm` tells them apart.
// Source: github.com/RodkinIvan/associative-recurrent-memory-transformer
import { InputError } from '../../errors.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { associativeFields } from './associative-fields.ts';
import { type ForeignFormat, memoryOf, type Published, parameter, shapeOf, type Written, written } from './foreign.ts';
import { describeGpt2, placeGpt2 } from './gpt2-fields.ts';
import { alignmentNote } from './official-decoder.ts';

const MEMORY = 'memory_cell.memory';
const prefix = 'memory_cell.model.';
const aliases = 'memory_cell.layers.';
const layers = `${prefix}transformer.h.`;
const keys = `${layers}0.W_mk.weight`;
const table = `${prefix}transformer.wpe.weight`;
const WORDS = 'transformer.wte.weight';

export const officialAssociative: ForeignFormat = {
  name: 'official ARMT, decoder',
  recognises: (names) => names.has(MEMORY) && names.has(keys),
  async describe(given) {
    const memory = memoryOf(shapeOf(given, MEMORY, 2)[0] ?? 0, given);
    const associative = associativeFields(given, memory, { keys, table });
    const atEnd = associative.fields['write_positions'] === 'end';
    const { config, assumed } = describeGpt2(given, memory, atEnd ? 0 : memory);
    return {
      config: { ...config, ...associative.fields },
      assumed: [...assumed, ...associative.assumed],
      place(stored) {
        if (stored === MEMORY) return { to: [{ name: 'rmt.memory' }] };
        if (stored.startsWith(aliases)) return { same: layers + stored.slice(aliases.length) };
        if (!stored.startsWith(prefix)) return 'unknown';
        return placeGpt2(stored.slice(prefix.length).replace(/^(transformer\.h\.\d+\.)layer\./, '$1'), given.config);
      },
    };
  },
};

/** Our name of a layer's parameter in the official class; the associations' own stand beside the layer. */
const deeper = (name: string) => name.replace(/^(transformer\.h\.\d+\.)(?!W_m)/, '$1layer.');

/** A checkpoint for the official class. @throws InputError if it has no position table for the wrapper's write tokens */
export function publishOfficialAssociative(checkpoint: Checkpoint): Published {
  const { blueprint, tensors } = checkpoint;
  const {
    model_type: ours,
    num_mem_tokens: memory,
    segment_size,
    segment_alignment,
    d_mem,
    key_norm,
    correction,
    write_positions,
    ...config
  } = blueprint.config;
  const atEnd = write_positions === 'end';
  if (key_norm === 'l2' && (atEnd || correction === false))
    throw new InputError(
      'export',
      `key_norm l2 with ${atEnd ? 'write_positions end' : 'correction false'}`,
      'none, as these belong to the published version',
    );
  const output = tensors.get('lm_head.weight') ?? parameter(checkpoint, WORDS);
  const own = [...tensors]
    .filter(([name]) => name !== 'rmt.memory' && name !== 'lm_head.weight' && !name.startsWith('optimizer.'))
    .map(([name, tensor]): Written => written(prefix + deeper(name), tensor));
  const copies = own
    .filter(({ name }) => name.startsWith(layers))
    .map((tensor): Written => ({ ...tensor, name: aliases + tensor.name.slice(layers.length) }));
  const branch = key_norm === 'l2' ? 'branch experimental' : 'the default branch';
  const options = [
    `num_mem_tokens=${memory}, d_mem=${d_mem}`,
    ...(atEnd ? ['wrap_pos=True'] : []),
    ...(correction === false ? ['correction=False'] : []),
  ];
  return {
    tensors: [
      written(MEMORY, parameter(checkpoint, 'rmt.memory')),
      ...own,
      written(`${prefix}lm_head.weight`, output),
      ...copies,
    ],
    config: {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      ...config,
      ...(atEnd ? { n_positions: Number(config['n_positions']) - Number(memory) } : {}),
    },
    notes: [
      `For ${branch} of the official code (key_norm ${key_norm}): on the other one the same weights give other results.`,
      `AssociativeMemoryCell(model, ${options.join(', ')}) in AssociativeRecurrentWrapper(cell, segment_size=${segment_size}, …), ${alignmentNote(segment_alignment)}.`,
    ],
  };
}
