// The configuration of BERT, under Hugging Face's names.
import * as v from 'valibot';
import { integer, oneOf, real } from './fields.ts';

/** The fields that determine its layers. */
export const bertSizes = {
  hidden_size: integer(4, 16_384),
  num_hidden_layers: integer(1, 256),
  num_attention_heads: integer(1, 1024),
  intermediate_size: integer(4, 65_536),
};

// The upper limits are far beyond any BERT: they only stop a broken file from requesting absurd sizes.
export const bertEntries = {
  ...bertSizes,
  vocab_size: integer(1, 2_000_000),
  max_position_embeddings: v.optional(integer(4, 1_000_000), 512),
  type_vocab_size: v.optional(integer(1, 1024), 2),
  layer_norm_eps: v.optional(real(0, 1), 1e-12),
  hidden_act: v.optional(oneOf(['gelu']), 'gelu'),
  hidden_dropout_prob: v.optional(real(0, 1), 0.1),
  attention_probs_dropout_prob: v.optional(real(0, 1), 0.1),
  num_labels: v.optional(integer(1, 65_536), 2),
  pad_token_id: v.optional(integer(0, 2_000_000), 0),
  cls_token_id: v.optional(integer(0, 2_000_000), 101), // as in bert-base
  sep_token_id: v.optional(integer(0, 2_000_000), 102),
};
