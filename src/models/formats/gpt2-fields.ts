// What the layouts of GPT-2 have in common: its configuration, and its names.
import { countIn, type Described, type Fields, type Given, type Placed, segmentOf } from './foreign.ts';
import { leftOutReason } from './hugging-face-names.ts';

/** Other names of one function. */
const sameActivations: Readonly<Record<string, string>> = { gelu_pytorch_tanh: 'gelu_new', gelu_fast: 'gelu_new' };

/**
 * A GPT-2's configuration for us.
 * @param memory number of memory tokens
 * @param taken  positions that they take
 */
export function describeGpt2(given: Given, memory: number, taken: number): Omit<Described, 'place'> {
  const segment = segmentOf(given, { field: 'n_positions', count: countIn(given, 'n_positions', 1024), taken });
  const { activation_function: activation, ...config } = given.config;
  const known = typeof activation === 'string' && Object.hasOwn(sameActivations, activation);
  return {
    config: {
      ...config,
      ...(activation === undefined ? {} : { activation_function: known ? sameActivations[activation] : activation }),
      model_type: 'gpt2',
      num_mem_tokens: memory,
      segment_size: segment.size,
    },
    assumed: segment.assumed,
  };
}

const WORDS = 'transformer.wte.weight';
const OUTPUT = 'lm_head.weight';

/** Where a tensor of a GPT-2 belongs; those of a bare GPT2Model have no prefix. */
export function placeGpt2(stored: string, config: Fields): Placed {
  const why = leftOutReason(stored);
  if (why !== undefined) return { leftOut: why };
  if (stored === OUTPUT) {
    if (config['tie_word_embeddings'] === false) return { to: [{ name: OUTPUT }] };
    // Only a configuration that leaves it open may have an output layer of its own.
    const own = { name: OUTPUT, config: { tie_word_embeddings: false } };
    return config['tie_word_embeddings'] === true ? { same: WORDS } : { same: WORDS, own };
  }
  if (stored.startsWith('classifier.')) return { leftOut: 'the head of token classification' };
  if (/^(wte|wpe|ln_f)\.|^h\.\d+\./.test(stored)) return { to: [{ name: `transformer.${stored}` }] };
  return /^(transformer\.|rmt\.memory$)/.test(stored) ? { to: [{ name: stored }] } : 'unknown';
}
