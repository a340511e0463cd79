// Named configurations to start from; each lists only what differs from the defaults.
import { InputError } from '../errors.ts';
import { parseConfig, type RunConfig } from './config.ts';
import type { Preset } from './preset.ts';
import { publishedPresets } from './published-presets.ts';

/** Common to the small presets of the tasks of RMT (Bulatov et al. 2022). */
const small = {
  model: 'rmt-gpt2',
  num_hidden_layers: 1,
  hidden_size: 32,
  num_attention_heads: 2,
  intermediate_size: 64,
  learning_rate: 3e-3,
  weight_decay: 0,
  segments_drawn: 'fixed',
  bptt: 'keep',
} as const;

/** Common to the presets of tasks about a world of people, places and objects. */
const world = {
  hidden_size: 64,
  num_attention_heads: 4,
  intermediate_size: 128,
  num_mem_tokens: 8,
  segment_size: 32,
  batch_size: 64,
  initializer_range: 0.05,
  segments_drawn: 'mostly',
  validate_every: 200,
} as const;

/** Common to the presets of stories from a file of bAbI. */
const stories = {
  ...world,
  segment_size: 64,
  batch_size: 32,
  stages: [1, 2, 3, 4],
  stage_steps: [600, 300, 300, 300],
  validate_every: 100,
} as const;

/** Common to the presets about the capacity of memory. */
const pairs = {
  model: 'rmt-gpt2',
  num_hidden_layers: 2,
  hidden_size: 64,
  num_attention_heads: 8,
  intermediate_size: 128,
  num_mem_tokens: 8,
  mem_len: 24,
  segment_size: 24,
  pair_position: 'segment-start',
  practice: 'graded',
  initializer_range: 0.05,
  learning_rate: 1e-3,
  schedule: 'constant',
  weight_decay: 0,
  segments_drawn: 'fixed',
  batch_size: 64,
  stages: [1, 2, 3],
  stage_steps: [500, 600, 1500],
  stage_until: 0.99,
} as const;

export const presets = {
  memorize: {
    title: 'Memorize',
    description: 'The first sentence is a fact; a question about it comes segments later.',
    config: { task: 'memorize', validate_every: 25 },
  },
  detect: {
    title: 'Detect & memorize',
    description: 'A fact is hidden in the noise of a random segment.',
    config: { task: 'detect', validate_every: 25 },
  },
  far: {
    title: 'Far beyond',
    description:
      'Detect & memorize with up to 8 segments and noise added to the memory, which then lasts for hundreds of segments.',
    config: {
      task: 'detect',
      stages: [1, 2, 3, 4, 5, 6, 7, 8],
      stage_steps: [100, 100, 60, 60, 60, 60, 60, 400],
      memory_noise: 0.8,
    },
  },
  reasoning: {
    title: 'Reasoning',
    description: 'Two facts in random segments; the question needs one of them, sometimes inverted.',
    config: {
      task: 'reasoning',
      practice: 'graded',
      hidden_size: 64,
      num_attention_heads: 8,
      intermediate_size: 64,
      num_mem_tokens: 8,
      segment_size: 24,
      stages: [1, 2, 3, 4, 6],
      stage_steps: [1500, 2000, 500, 500, 700],
      segments_drawn: 'mostly',
      validate_every: 100,
    },
  },
  tracking: {
    title: 'Tracking',
    description: 'Three people move about; the question asks where one of them is now.',
    config: {
      task: 'tracking',
      practice: 'graded',
      earlier_questions: '0.5',
      ...world,
      memory_position_range: 1,
      stages: [1, 4, 8, 8],
      stage_steps: [400, 1200, 800, 1000],
      schedule: 'constant-linear',
      memory_noise: 0.5,
      memory_noise_stage: 4,
    },
  },
  carrying: {
    title: 'Carrying',
    description: 'People take objects along and drop them; the question asks where an object is.',
    config: { task: 'carrying', ...world, stages: [1, 2, 3, 4], stage_steps: [6000, 4000, 2000, 2000] },
  },
  'carrying-before': {
    title: 'Carrying, before',
    description: 'People take objects along; the question asks where an object was before it came to a place.',
    config: { task: 'carrying-before', ...world, stages: [1, 2, 3, 4], stage_steps: [6000, 4000, 2000, 2000] },
  },
  giving: {
    title: 'Giving',
    description: 'People give objects to each other; the question asks who, what, or to whom.',
    config: { task: 'giving', ...world, stages: [1, 2, 3, 4], stage_steps: [6000, 4000, 2000, 2000] },
  },
  copy: {
    title: 'Copy',
    description: 'A sequence of symbols, then two copies of it. No symbol shares a segment with its copy.',
    config: {
      task: 'copy',
      segment_size: 6,
      num_mem_tokens: 8,
      mem_len: 6,
      ...small,
      stages: [4],
      stage_steps: [600],
    },
  },
  reverse: {
    title: 'Reverse',
    description: 'A sequence of symbols, then the same backwards.',
    config: {
      task: 'reverse',
      segment_size: 4,
      num_mem_tokens: 8,
      mem_len: 4,
      ...small,
      stages: [4],
      stage_steps: [600],
    },
  },
  retrieval: {
    title: 'Associative retrieval',
    description:
      'Four pairs of a letter and a digit, then one of the letters; the answer is its digit. The loss stays flat for a long time, then falls suddenly.',
    config: {
      task: 'retrieval',
      segment_size: 5,
      num_mem_tokens: 4,
      ...small,
      num_hidden_layers: 2,
      hidden_size: 64,
      num_attention_heads: 8,
      batch_size: 64,
      learning_rate: 1e-3,
      schedule: 'constant',
      stages: [2],
      stage_steps: [3000],
      stage_until: 0.99,
      validate_every: 100,
      validate_samples: 256,
    },
  },
  'key-value': {
    title: 'Key-value',
    description: 'Four keys with a digit each in two segments; the third asks for the digit of one of them.',
    config: { task: 'key-value', ...pairs },
  },
  rewrite: {
    title: 'Rewrite',
    description:
      'Four keys, each told twice with different digits; the later digit counts. Start from the bundled model of key-value.',
    config: { task: 'rewrite', ...pairs },
  },
  quadratic: {
    title: 'Quadratic equations',
    description: 'An equation, then its solution step by step, character by character.',
    config: {
      task: 'quadratic',
      roots: '40',
      segment_size: 18,
      num_mem_tokens: 8,
      mem_len: 54,
      ...small,
      num_hidden_layers: 2,
      hidden_size: 64,
      num_attention_heads: 4,
      intermediate_size: 256,
      batch_size: 64,
      learning_rate: 0.005,
      weight_decay: 0.1,
      stages: [4],
      stage_steps: [3000],
      validate_every: 250,
      validate_samples: 128,
    },
  },
  language: {
    title: 'Language modelling',
    description: 'Short stories, word by word; their characters are introduced only at the beginning.',
    config: {
      task: 'language',
      segment_size: 12,
      num_mem_tokens: 4,
      mem_len: 36,
      ...small,
      hidden_size: 64,
      num_attention_heads: 4,
      intermediate_size: 128,
      stages: [4],
      stage_steps: [500],
      validate_every: 50,
    },
  },
  babi: {
    title: 'bAbI in noise',
    description: 'A story hidden in noise, in the manner of BABILong; the answer is a class.',
    config: { task: 'babi', ...stories },
  },
  babilong: {
    title: 'bAbI in noise, written answer',
    description: 'A story hidden in noise, in the manner of BABILong; a decoder writes the answer.',
    config: { task: 'babilong', model: 'rmt-gpt2', ...stories },
  },
  documents: {
    title: 'Document classification',
    description: 'Reviews of four segments; the class is whether praise outnumbers criticism in the whole text.',
    config: {
      task: 'documents',
      model: 'rmt-bert',
      segment_size: 16,
      num_mem_tokens: 4,
      weight_decay: 0,
      stages: [1, 2, 4],
      stage_steps: [200],
    },
  },
  tiny: {
    title: 'Tiny test',
    description: 'A very small memorize run with one and two segments, to try things out within seconds.',
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
      validate_every: 12,
      validate_samples: 32,
    },
  },
  ...publishedPresets,
} as const satisfies Record<string, Preset>;
export type PresetName = keyof typeof presets;

/**
 * The configuration of a preset: the defaults, overridden by the preset.
 * @throws InputError if there is no preset of this name
 */
export function presetConfig(name: string, where = 'preset'): RunConfig {
  const preset = presets[name as PresetName];
  if (!Object.hasOwn(presets, name) || !preset)
    throw new InputError(where, `no preset '${name}'`, `one of ${Object.keys(presets).join(', ')}`);
  return parseConfig(preset.config, where);
}
