/** The sizes of the smallest run of the tests: one shape, because every new shape has to compile its pipelines. */
export const tinySizes = {
  task: 'memorize',
  hidden_size: 8,
  num_attention_heads: 2,
  intermediate_size: 8,
  num_hidden_layers: 1,
  num_mem_tokens: 2,
  segment_size: 11,
  noise_words: 10,
  batch_size: 4,
} as const;
