// The configuration of Transformer-XL, under Hugging Face's names.
import * as v from 'valibot';
import { integer, oneOf, real } from './fields.ts';

/** The fields that determine its layers and its output, except the size of a head. */
export const transformerXlSizes = {
  d_model: integer(4, 16_384),
  n_layer: integer(1, 256),
  n_head: integer(1, 1024),
  d_inner: integer(4, 65_536),
  vocab_size: integer(1, 2_000_000),
};

export const transformerXlEntries = {
  ...transformerXlSizes,
  d_head: integer(4, 1024),
  layer_norm_epsilon: v.optional(real(0, 1), 1e-5),
  dropout: v.optional(real(0, 1), 0.1),
  dropatt: v.optional(real(0, 1), 0),
  /** Keys ahead of their query, which only memory blocks see: see `Ahead` in the engine. */
  relative_shift: v.optional(oneOf(['distance', 'lm-rmt']), 'distance'),
};
