// The configuration of GPT-2, under Hugging Face's names.
import * as v from 'valibot';
import { flag, integer, oneOf, real } from './fields.ts';

/** The fields that determine its layers and its output; the feed-forward block defaults to four times the width. */
export const gpt2Sizes = {
  n_embd: integer(4, 16_384),
  n_layer: integer(1, 256),
  n_head: integer(1, 1024),
  n_inner: v.optional(integer(4, 65_536)),
  vocab_size: integer(1, 2_000_000),
};

export const gpt2Entries = {
  ...gpt2Sizes,
  n_positions: v.optional(integer(1, 1_000_000), 1024),
  layer_norm_epsilon: v.optional(real(0, 1), 1e-5),
  activation_function: v.optional(oneOf(['gelu', 'gelu_new', 'relu']), 'gelu_new'),
  embd_pdrop: v.optional(real(0, 1), 0.1),
  attn_pdrop: v.optional(real(0, 1), 0.1),
  resid_pdrop: v.optional(real(0, 1), 0.1),
  /** False for an output layer of its own; otherwise it is the word embedding. */
  tie_word_embeddings: v.optional(flag()),
};
