// The kinds of models: names and parts only, without the engine, so that the page can list them before loading it.

/** `bert` is an encoder; the others are decoders. */
export type BackboneId = 'bert' | 'gpt2' | 'transformerXl';
export type MemoryId = 'rmtEncoder' | 'rmtDecoder' | 'xlCache' | 'armt';

/** A model's description and its parts. */
export interface ModelEntry {
  readonly title: string;
  /** One or two sentences. */
  readonly description: string;
  readonly source: string;
  /** One class per sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly backbone: BackboneId;
  /** The memories that wrap the backbone, outermost first. */
  readonly memories: readonly MemoryId[];
}

const RMT_1M = 'Bulatov et al. 2023, arXiv:2304.11062';
const RMT = 'Bulatov et al. 2022, arXiv:2207.06881';
const ARMT = 'Rodkin et al. 2024, arXiv:2407.04841';

export const catalogue = {
  'rmt-bert': {
    title: 'RMT, encoder',
    description: 'BERT with memory tokens that are read and rewritten once per segment. It answers with a class.',
    source: RMT_1M,
    answers: 'class',
    backbone: 'bert',
    memories: ['rmtEncoder'],
  },
  bert: {
    title: 'Transformer, encoder',
    description: 'BERT without memory: it sees only the last segment. The baseline for the encoders.',
    source: 'Devlin et al. 2018, arXiv:1810.04805',
    answers: 'class',
    backbone: 'bert',
    memories: [],
  },
  'rmt-gpt2': {
    title: 'RMT, decoder',
    description: 'GPT-2 with memory tokens before the text, to read, and after it, to write.',
    source: RMT,
    answers: 'tokens',
    backbone: 'gpt2',
    memories: ['rmtDecoder'],
  },
  gpt2: {
    title: 'Transformer, decoder',
    description: 'GPT-2 without memory: every segment starts from scratch. The baseline for the decoders.',
    source: 'Radford et al. 2019',
    answers: 'tokens',
    backbone: 'gpt2',
    memories: [],
  },
  'transformer-xl': {
    title: 'Transformer-XL',
    description: 'A decoder whose layers attend to their own earlier inputs, which are cached without a gradient.',
    source: 'Dai et al. 2019, arXiv:1901.02860',
    answers: 'tokens',
    backbone: 'transformerXl',
    memories: ['xlCache'],
  },
  'rmt-transformer-xl': {
    title: 'RMT over Transformer-XL',
    description: 'Memory tokens around Transformer-XL, with or without its cache.',
    source: RMT,
    answers: 'tokens',
    backbone: 'transformerXl',
    memories: ['rmtDecoder', 'xlCache'],
  },
  'armt-gpt2': {
    title: 'ARMT, decoder',
    description: 'GPT-2 with an associative memory in every layer, written by memory tokens with the delta rule.',
    source: ARMT,
    answers: 'tokens',
    backbone: 'gpt2',
    memories: ['armt'],
  },
  'armt-bert': {
    title: 'ARMT, encoder',
    description: 'BERT with an associative memory in every layer, written by memory tokens with the delta rule.',
    source: ARMT,
    answers: 'class',
    backbone: 'bert',
    memories: ['armt'],
  },
} as const satisfies Readonly<Record<string, ModelEntry>>;

export type ModelId = keyof typeof catalogue;
