// BERT as Hugging Face's transformers stores it: a bare BertModel, or one with a head. With memory, the additional
// parameters stand beside its own, which transformers ignores.
import type { Checkpoint } from '../checkpoint.ts';
import { describeBert, placeBert } from './bert-fields.ts';
import { type Fields, type ForeignFormat, memoryOf, type Published, shapeOf, written } from './foreign.ts';

const keyWeights = 'bert.encoder.layer.0.W_mk.weight';

export const huggingFaceBert: ForeignFormat = {
  name: 'Hugging Face BERT',
  recognises: (names) =>
    names.has('bert.embeddings.word_embeddings.weight') || names.has('embeddings.word_embeddings.weight'),
  async describe(given) {
    const stored = given.tensors.get('rmt.memory');
    const memory = stored
      ? memoryOf(shapeOf(given, 'rmt.memory', 2)[0] ?? 0, given)
      : (given.memory ?? given.memoryIfNone ?? 0);
    const { leftOutHead, config, assumed } = describeBert(given, memory, 'classifier.weight');
    const isAssociative = given.tensors.has(keyWeights);
    const associative = isAssociative ? { model_type: 'armt-bert', d_mem: shapeOf(given, keyWeights, 2)[0] } : {};
    return { config: { ...config, ...associative }, assumed, place: (name) => placeBert(name, leftOutHead) };
  },
};

/** The names that Hugging Face gives to labels without names. */
export function labelNames(count: number): Fields {
  const names = Array.from({ length: count }, (_, k) => `LABEL_${k}`);
  return {
    id2label: Object.fromEntries(names.map((name, k) => [String(k), name])),
    label2id: Object.fromEntries(names.map((name, k) => [name, k])),
  };
}

/** A checkpoint's `BertForSequenceClassification`. */
export function publishBert({ blueprint, tensors }: Checkpoint): Published {
  const { model_type: ours, num_labels: labels, ...config } = blueprint.config;
  const notes =
    blueprint.shape.memTokens > 0
      ? ['transformers loads the backbone and its head, and reports the memory as unexpected keys.']
      : [];
  return {
    tensors: [...tensors]
      .filter(([name]) => !name.startsWith('optimizer.'))
      .map(([name, tensor]) => written(name, tensor)),
    config: {
      architectures: ['BertForSequenceClassification'],
      model_type: 'bert',
      ...config,
      ...labelNames(Number(labels)),
    },
    notes: [...notes],
  };
}
