// Fields of other programs' configurations that we compute nothing with. Those without effect on a model's numbers may
// have any value; those with one may only have the value that agrees with what we compute. Any other field is refused.

/** A field that may only have a value without effect here. */
export interface Neutral {
  readonly expected: string;
  allows(value: unknown, config: Readonly<Record<string, unknown>>): boolean;
}
export type NeutralFields = Readonly<Record<string, Neutral>>;

const only = (wanted: unknown): Neutral => ({ expected: String(wanted), allows: (value) => value === wanted });
const atMost = (most: number): Neutral => ({
  expected: `${most} or less`,
  allows: (value) => typeof value === 'number' && value <= most,
});
const equalTo = (field: string): Neutral => ({
  expected: `the same as ${field}`,
  allows: (value, config) => value === config[field],
});
const nothing = (written: '[]' | '{}'): Neutral => ({
  expected: written,
  allows: (value) => typeof value === 'object' && value !== null && JSON.stringify(value).slice(0, 3) === written,
});

/** What a memory that the model lacks would do, where it has no tokens. */
const withoutTokens: Neutral = {
  expected: 'no such field in a model with this memory',
  allows: (_, config) => !config['num_mem_tokens'],
};

const common: NeutralFields = {
  is_encoder_decoder: only(false),
  is_decoder: only(false),
  add_cross_attention: only(false),
  pruned_heads: nothing('{}'),
  mem_len: only(0),
  memory_mask: withoutTokens,
  mem_at_end: withoutTokens,
};

export const bertNeutral: NeutralFields = {
  ...common,
  position_embedding_type: only('absolute'),
  classifier_dropout: equalTo('hidden_dropout_prob'),
};

export const gpt2Neutral: NeutralFields = {
  ...common,
  position_embedding_type: only('absolute'),
  scale_attn_weights: only(true),
  scale_attn_by_inverse_layer_idx: only(false),
  reorder_and_upcast_attn: only(false),
};

export const transformerXlNeutral: NeutralFields = {
  ...common,
  tie_word_embeddings: only(true),
  tie_weight: only(true),
  untie_r: only(false),
  pre_lnorm: only(false),
  same_length: only(false),
  clamp_len: atMost(0),
  attn_type: only(0),
  sample_softmax: atMost(0),
  cutoffs: nothing('[]'),
  d_embed: equalTo('d_model'),
  div_val: only(1),
  ext_len: only(0),
  // As in all scripts of LM-RMT: memory tokens attend to the cache.
  read_mem_from_cache: only(true),
};

/** Names, tokens of other programs, initial weights, outputs, and how text is generated: no effect on a model's numbers. */
const withoutEffect = new Set(
  `
  model_type architectures _name_or_path name_or_path name language _commit_hash transformers_version tokenizer_class
  auto_map prefix finetuning_task problem_type task_specific_params id2label label2id num_labels _num_labels
  bos_token_id eos_token_id unk_token_id pad_token_id cls_token_id sep_token_id mask_token_id decoder_start_token_id
  initializer_range init init_range init_std proj_init_std
  transformers.js_config sentence_transformers model_max_length xla_device
  dtype torch_dtype use_bfloat16 torchscript tf_legacy_loss use_cache gradient_checkpointing chunk_size_feed_forward
  _attn_implementation attn_implementation _attn_implementation_internal
  output_attentions output_hidden_states output_past output_scores return_dict return_dict_in_generate
  cross_attention_hidden_size tie_encoder_decoder
  directionality pooler_fc_size pooler_num_attention_heads pooler_num_fc_layers pooler_size_per_head pooler_type
  summary_activation summary_first_dropout summary_proj_to_labels summary_type summary_use_proj
  n_ctx tgt_len adaptive tie_projs proj_share_all_but_first
  max_length min_length do_sample early_stopping num_beams num_beam_groups diversity_penalty temperature top_k top_p
  typical_p repetition_penalty length_penalty no_repeat_ngram_size encoder_no_repeat_ngram_size bad_words_ids
  num_return_sequences forced_bos_token_id forced_eos_token_id remove_invalid_values exponential_decay_length_penalty
  suppress_tokens begin_suppress_tokens
  `
    .trim()
    .split(/\s+/),
);

/** An encoder has no output layer over words that could be tied. */
const withoutEffectInEncoders = new Set(['tie_word_embeddings']);

/**
 * The first field that is neither known nor without effect, and what is expected instead; undefined if there is none.
 * @param known   fields of the model's own schema
 * @param neutral those of its backbone
 */
export function foreignField(
  given: Readonly<Record<string, unknown>>,
  known: Readonly<Record<string, unknown>>,
  neutral: NeutralFields,
  model: { readonly id: string; readonly answers: 'class' | 'tokens' },
): { readonly field: string; readonly expected: string } | undefined {
  for (const [field, value] of Object.entries(given)) {
    if (value === undefined || value === null || Object.hasOwn(known, field) || withoutEffect.has(field)) continue;
    if (model.answers === 'class' && withoutEffectInEncoders.has(field)) continue;
    const wanted = Object.hasOwn(neutral, field) ? neutral[field] : undefined;
    if (wanted?.allows(value, given)) continue;
    return {
      field,
      expected:
        wanted?.expected ?? `no field unknown to ${model.id}, as it may change the numbers; remove it if it does not`,
    };
  }
  return undefined;
}
