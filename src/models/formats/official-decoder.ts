// The decoder RMT of its authors: a MemoryCell around Hugging Face's GPT2LMHeadModel.
// Source: github.com/booydar/recurrent-memory-transformer, branch babilong-release
import { InputError } from '../../errors.ts';
import type { Checkpoint } from '../checkpoint.ts';
import { type ForeignFormat, memoryOf, type Published, parameter, shapeOf, written } from './foreign.ts';
import { describeGpt2, placeGpt2 } from './gpt2-fields.ts';

const MEMORY = 'memory_cell.memory';
const prefix = 'memory_cell.model.';
const WORDS = 'transformer.wte.weight';

export const officialDecoder: ForeignFormat = {
  name: 'official RMT, decoder',
  recognises: (names) => names.has(MEMORY) && names.has(prefix + WORDS),
  async describe(given) {
    const memory = memoryOf(shapeOf(given, MEMORY, 2)[0] ?? 0, given);
    const { config, assumed } = describeGpt2(given, memory, 2 * memory);
    return {
      config: { memory_mask: 'causal', mem_at_end: true, ...config },
      assumed,
      place(stored) {
        if (stored === MEMORY) return { to: [{ name: 'rmt.memory' }] };
        return stored.startsWith(prefix) ? placeGpt2(stored.slice(prefix.length), given.config) : 'unknown';
      },
    };
  },
};

/** How the official wrappers are told to cut a sequence. */
export const alignmentNote = (alignment: string) =>
  alignment === 'left'
    ? 'segment_alignment None (left, the default)'
    : `segment_alignment '${alignment}': without it the results are others`;

/** A checkpoint for the official class. @throws InputError if the class does not compute what the model does */
export function publishOfficialDecoder(checkpoint: Checkpoint): Published {
  const { blueprint, tensors } = checkpoint;
  const {
    model_type: ours,
    num_mem_tokens,
    segment_size,
    segment_alignment,
    memory_mask,
    mem_at_end,
    ...config
  } = blueprint.config;
  const refuse = (field: string, found: unknown, expected: string) => {
    throw new InputError('export', `${field} is ${found}`, `${expected}, the only one that the official class has`);
  };
  if (memory_mask !== 'causal') refuse('memory_mask', memory_mask, 'causal');
  if (mem_at_end !== true) refuse('mem_at_end', mem_at_end, 'true');
  const output = tensors.get('lm_head.weight') ?? parameter(checkpoint, WORDS);
  const own = [...tensors].filter(
    ([name]) => name !== 'rmt.memory' && name !== 'lm_head.weight' && !name.startsWith('optimizer.'),
  );
  return {
    tensors: [
      written(MEMORY, parameter(checkpoint, 'rmt.memory')),
      ...own.map(([name, tensor]) => written(prefix + name, tensor)),
      written(`${prefix}lm_head.weight`, output),
    ],
    config: { architectures: ['GPT2LMHeadModel'], model_type: 'gpt2', ...config },
    notes: [
      `RecurrentWrapper(MemoryCell(model, num_mem_tokens=${num_mem_tokens}), segment_size=${segment_size}, max_n_segments=…, k2=-1), ${alignmentNote(segment_alignment)}.`,
    ],
  };
}
