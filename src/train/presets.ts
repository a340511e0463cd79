// Named configurations to start from; each says only what differs from the defaults.

interface Preset {
  readonly title: string;
  readonly description: string;
  /** Knob names and values, checked like any other input when the preset is used. */
  readonly config: Readonly<Record<string, string | number | readonly number[]>>;
}

export const presets = {
  memorize: {
    title: 'Memorize',
    description: 'A fact stands at the very start; a question about it comes segments later.',
    config: { task: 'memorize' },
  },
  detect: {
    title: 'Detect & memorize',
    description: 'A fact hides in the noise of a random segment.',
    config: { task: 'detect' },
  },
  far: {
    title: 'Far beyond',
    description:
      'Detect & memorize up to 8 segments, with noise on the memory: it then holds over hundreds of segments.',
    config: {
      task: 'detect',
      stages: [1, 2, 3, 4, 5, 6, 7, 8],
      stage_steps: [100, 100, 60, 60, 60, 60, 60, 400],
      memory_noise: 0.8,
    },
  },
  reasoning: {
    title: 'Reasoning',
    description: 'Two facts in random segments; the question needs one of them, perhaps turned around.',
    config: {
      task: 'reasoning',
      practice: 'graded',
      hidden_size: 64,
      num_attention_heads: 8,
      intermediate_size: 64,
      num_mem_tokens: 8,
      segment_size: 24,
      stages: [1, 2],
      stage_steps: [1500, 2000],
      segments_drawn: 'mostly',
      validate_every: 100,
    },
  },
  copy: {
    title: 'Copy',
    description: 'A row of symbols, then the same again twice, over three segments.',
    config: {
      task: 'copy',
      model: 'rmt-gpt2',
      segment_size: 6,
      num_mem_tokens: 6,
      stages: [1, 2, 3],
      stage_steps: [300, 600, 900],
    },
  },
  tiny: {
    title: 'Tiny test',
    description: 'A very small memorize run of one and two segments, to try things out within seconds.',
    config: {
      task: 'memorize',
      hidden_size: 16,
      num_attention_heads: 2,
      intermediate_size: 32,
      num_mem_tokens: 2,
      noise_words: 10,
      stages: [1, 2],
      stage_steps: [60],
      batch_size: 16,
      learning_rate: 1e-2,
      validate_every: 20,
      validate_samples: 32,
    },
  },
} as const satisfies Record<string, Preset>;
