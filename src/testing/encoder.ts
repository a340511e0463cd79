// An RMT encoder small enough for a software adapter, with batches of random words and their classes.
import { blueprintOf } from '../models/index.ts';
import { segmentBatch } from '../models/segments.ts';
import { classTargets } from '../models/targets.ts';
import { texts, withReader, withTrainer } from './with-model.ts';

export const encoder = {
  model_type: 'rmt-bert',
  hidden_size: 16,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 32,
  vocab_size: 24,
  max_position_embeddings: 16,
  type_vocab_size: 2,
  layer_norm_eps: 1e-12,
  hidden_dropout_prob: 0,
  attention_probs_dropout_prob: 0,
  num_labels: 6,
  num_mem_tokens: 2,
  segment_size: 5,
  segment_alignment: 'right',
  pad_token_id: 0,
  cls_token_id: 1,
  sep_token_id: 2,
} as const;
export type EncoderConfig = {
  readonly [Field in keyof typeof encoder]: (typeof encoder)[Field] extends number ? number : unknown;
};
export const droppingEncoder: EncoderConfig = {
  ...encoder,
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
};

export const encoderOf = (config: EncoderConfig = encoder) => blueprintOf(config, 'test');

/** Sequences of random words, each of the given length. */
export const documents = (lengths: readonly number[], seed: number) => texts(lengths, seed, 3, encoder.vocab_size);

/** Documents with a class for each. */
export const classBatch = (
  sequences: readonly number[][],
  labels: readonly number[],
  config: EncoderConfig = encoder,
  loss: 'last' | 'mean' = 'last',
) => classTargets(segmentBatch(sequences, encoderOf(config).config), labels, loss);

/** Like `withTrainer`, with initial weights as small as in training. */
export const trainEncoder = <T>(
  config: EncoderConfig,
  options: Parameters<typeof withTrainer>[1],
  work: Parameters<typeof withTrainer<T>>[2],
  range = 0.02,
): Promise<T> => withTrainer(encoderOf(config), options, work, range);

/** Like `withReader`, with initial weights as small as in training. */
export const readEncoder = <T>(
  config: EncoderConfig,
  options: Parameters<typeof withReader>[1],
  work: Parameters<typeof withReader<T>>[2],
  range = 0.02,
): Promise<T> => withReader(encoderOf(config), options, work, range);
