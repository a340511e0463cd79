// The kinds of models, as people choose them: names and descriptions only, so that the page need not load the engine to show them.

/** What a model is for people, and which of a run's memory knobs it has a use for. */
export interface ModelEntry {
  readonly title: string;
  /** One or two sentences. */
  readonly description: string;
  readonly source: string;
  /** One class for a sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly knobs: readonly string[];
}

const REPORT = 'Bulatov et al. 2023, arXiv:2304.11062';
const PAPER = 'Bulatov et al. 2022, arXiv:2207.06881';
const ARMT = 'Rodkin et al. 2024, arXiv:2407.04841';

export const catalogue = {
  'rmt-bert': {
    title: 'RMT, encoder',
    description: 'BERT with memory tokens that are read and rewritten once a segment. It answers with a class.',
    source: REPORT,
    answers: 'class',
    knobs: ['num_mem_tokens'],
  },
  bert: {
    title: 'Transformer, encoder',
    description: 'BERT without memory: it knows the last segment only. The baseline of the encoders.',
    source: 'Devlin et al. 2018, arXiv:1810.04805',
    answers: 'class',
    knobs: [],
  },
  'rmt-gpt2': {
    title: 'RMT, decoder',
    description: 'GPT-2 with memory tokens before the text, to read, and behind it, to write.',
    source: PAPER,
    answers: 'tokens',
    knobs: ['num_mem_tokens', 'memory_mask', 'write_tokens'],
  },
  gpt2: {
    title: 'Transformer, decoder',
    description: 'GPT-2 without memory: every segment begins anew. The baseline of the decoders.',
    source: 'Radford et al. 2019',
    answers: 'tokens',
    knobs: [],
  },
  'transformer-xl': {
    title: 'Transformer-XL',
    description: 'A decoder whose layers attend to their own earlier inputs, which are cached without a gradient.',
    source: 'Dai et al. 2019, arXiv:1901.02860',
    answers: 'tokens',
    knobs: ['mem_len', 'head_size'],
  },
  'rmt-transformer-xl': {
    title: 'RMT over Transformer-XL',
    description: 'Memory tokens around Transformer-XL, without or with its cache.',
    source: PAPER,
    answers: 'tokens',
    knobs: ['num_mem_tokens', 'memory_mask', 'write_tokens', 'mem_len', 'head_size'],
  },
  'armt-gpt2': {
    title: 'ARMT, decoder',
    description: 'GPT-2 with an associative memory in every layer, written by memory tokens with the delta rule.',
    source: ARMT,
    answers: 'tokens',
    knobs: ['num_mem_tokens', 'd_mem'],
  },
  'armt-bert': {
    title: 'ARMT, encoder',
    description: 'BERT with an associative memory in every layer, written by memory tokens with the delta rule.',
    source: ARMT,
    answers: 'class',
    knobs: ['num_mem_tokens', 'd_mem'],
  },
} as const satisfies Readonly<Record<string, ModelEntry>>;

export type ModelId = keyof typeof catalogue;
