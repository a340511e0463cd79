// GPT-2 as Hugging Face's transformers stores it: a bare GPT2Model, or one with a head. With memory, the additional
// parameters stand beside its own, which transformers ignores.
import type { Checkpoint } from '../checkpoint.ts';
import { associativeFields } from './associative-fields.ts';
import { type ForeignFormat, memoryOf, type Published, shapeOf, written } from './foreign.ts';
import { describeGpt2, placeGpt2 } from './gpt2-fields.ts';

const keys = 'transformer.h.0.W_mk.weight';
const table = 'transformer.wpe.weight';

export const huggingFaceGpt2: ForeignFormat = {
  name: 'Hugging Face GPT-2',
  recognises: (names) => names.has('transformer.wte.weight') || names.has('wte.weight'),
  async describe(given) {
    const stored = given.tensors.get('rmt.memory');
    const memory = stored
      ? memoryOf(shapeOf(given, 'rmt.memory', 2)[0] ?? 0, given)
      : (given.memory ?? given.memoryIfNone ?? 0);
    const place = (name: string) => placeGpt2(name, given.config);
    if (!given.tensors.has(keys)) {
      const back = given.config['mem_at_end'] === false ? 0 : memory;
      return { ...describeGpt2(given, memory, memory + back), place };
    }
    const { config, assumed } = describeGpt2(given, memory, memory);
    const associative = associativeFields(given, memory, { keys, table });
    return {
      config: { ...config, ...associative.fields },
      assumed: [...assumed, ...associative.assumed],
      place,
    };
  },
};

/** A checkpoint's `GPT2LMHeadModel`; its output layer is stored only if it is not the word embedding. */
export function publishGpt2({ blueprint, tensors }: Checkpoint): Published {
  const { model_type: ours, ...config } = blueprint.config;
  return {
    tensors: [...tensors]
      .filter(([name]) => !name.startsWith('optimizer.'))
      .map(([name, tensor]) => written(name, tensor)),
    config: {
      architectures: ['GPT2LMHeadModel'],
      model_type: 'gpt2',
      tie_word_embeddings: true,
      ...config,
    },
    notes:
      blueprint.shape.memTokens > 0
        ? ['transformers loads the backbone, and reports the memory as unexpected keys.']
        : [],
  };
}
