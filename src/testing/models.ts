// Configurations for tests: every kind of model at the smallest size its kernels allow.
import { catalogue } from '../models/catalogue.ts';
import { blueprintOf } from '../models/index.ts';

const bert = {
  hidden_size: 8,
  num_hidden_layers: 1,
  num_attention_heads: 2,
  intermediate_size: 12,
  vocab_size: 10,
  max_position_embeddings: 16,
  num_labels: 3,
  segment_size: 4,
  cls_token_id: 2,
  sep_token_id: 3,
};
const gpt2 = {
  n_embd: 8,
  n_layer: 1,
  n_head: 2,
  n_inner: 12,
  n_positions: 16,
  vocab_size: 10,
  segment_size: 4,
};
const transformerXl = {
  d_model: 8,
  n_layer: 1,
  n_head: 2,
  d_head: 4,
  d_inner: 12,
  vocab_size: 10,
  segment_size: 4,
  mem_len: 3,
};

/** By `model_type`; omitted fields have their defaults, including dropout. */
export const tinyConfigs = {
  'rmt-bert': { model_type: 'rmt-bert', ...bert, num_mem_tokens: 2 },
  bert: { model_type: 'bert', ...bert, num_mem_tokens: 0 },
  'rmt-gpt2': { model_type: 'rmt-gpt2', ...gpt2, num_mem_tokens: 2 },
  gpt2: { model_type: 'gpt2', ...gpt2 },
  'transformer-xl': { model_type: 'transformer-xl', ...transformerXl },
  'rmt-transformer-xl': { model_type: 'rmt-transformer-xl', ...transformerXl, num_mem_tokens: 2 },
  'armt-gpt2': { model_type: 'armt-gpt2', ...gpt2, num_mem_tokens: 2, d_mem: 4 },
  'armt-bert': { model_type: 'armt-bert', ...bert, num_mem_tokens: 2, d_mem: 4 },
} as const;

export type TinyModel = keyof typeof tinyConfigs;

/** The fields of a backbone that disable its dropout. */
const withoutDropout = {
  bert: { hidden_dropout_prob: 0, attention_probs_dropout_prob: 0 },
  gpt2: { embd_pdrop: 0, attn_pdrop: 0, resid_pdrop: 0 },
  transformerXl: { dropout: 0 },
} as const;

/** Every kind except the plain and the recurrent encoder, which have their own tests. */
export const family: TinyModel[] = [
  'gpt2',
  'rmt-gpt2',
  'transformer-xl',
  'rmt-transformer-xl',
  'armt-gpt2',
  'armt-bert',
];

/** A tiny model without dropout. */
export const still = (id: TinyModel, change: object = {}) =>
  blueprintOf({ ...tinyConfigs[id], ...withoutDropout[catalogue[id].backbone], ...change }, id);
