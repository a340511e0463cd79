// The knobs of a run's model. Sizes have the names of BertConfig.
import { catalogue, type MemoryId, type ModelEntry, type ModelId } from '../../models/catalogue.ts';
import type { Task } from '../../tasks/task.ts';
import { choiceKnob, integerKnob, multipleOf4, numberKnob, type Run } from './knob.ts';
import { armt, armtCode, bert, lmRmt, officialCode, ours, rmt, transformer, transformerXl } from './sources.ts';

const models: Readonly<Record<string, ModelEntry>> = catalogue;
const decoders = Object.keys(models).filter((id) => models[id]?.answers === 'tokens');

/** Whether this kind of model suits a task: a generative model can name a class, but a classifier cannot write text. */
export const canAnswer = ({ answers }: Pick<ModelEntry, 'answers'>, task: Task): boolean =>
  answers === 'tokens' || task.kind === 'classification';

const hasMemory =
  (...ids: readonly MemoryId[]) =>
  ({ model }: Run) =>
    model.memories.some((memory) => ids.includes(memory));

export const model = choiceKnob({
  name: 'model',
  group: 'model',
  about: 'model',
  basic: true,
  choices: Object.keys(catalogue) as ModelId[],
  initial: 'rmt-bert',
  label: 'Model',
  help: 'A backbone with the memory that wraps it. Encoders answer with a class, decoders with words.',
  source: 'see the model',
  check: (id, run) =>
    canAnswer(run.model, run.task)
      ? undefined
      : {
          found: `${id} answers with a class, but ${run.task.id} asks for a text`,
          expected: `a decoder: ${decoders.join(', ')}`,
        },
});

const hiddenSize = integerKnob({
  name: 'hidden_size',
  group: 'model',
  about: 'model',
  basic: true,
  min: 4,
  max: 4096,
  initial: 32,
  label: 'Hidden size',
  help: 'Width d of every hidden state; a multiple of 4.',
  source: transformer,
  check: (d) => multipleOf4(d),
});

const hasHeadSize = ({ model }: Run) => model.backbone === 'transformerXl';

const headSize = integerKnob({
  name: 'head_size',
  group: 'model',
  about: 'model',
  min: 0,
  max: 512,
  initial: 0,
  label: 'Head size',
  help: 'Channels of one attention head of Transformer-XL, a multiple of 4; 0 divides the hidden size among the heads.',
  source: transformerXl,
  appliesTo: hasHeadSize,
  check: (size, run) => (hasHeadSize(run) ? multipleOf4(size, 'a multiple of 4, or 0') : undefined),
});

export const modelEntries = [
  model,
  integerKnob({
    name: 'num_hidden_layers',
    group: 'model',
    about: 'model',
    basic: true,
    min: 1,
    max: 48,
    initial: 2,
    label: 'Layers',
    help: 'Layers of the backbone.',
    source: transformer,
  }),
  hiddenSize,
  integerKnob({
    name: 'num_attention_heads',
    group: 'model',
    about: 'model',
    min: 1,
    max: 64,
    initial: 4,
    label: 'Attention heads',
    help: 'Heads of each layer. They share the hidden size; d / heads must be a multiple of 4.',
    source: transformer,
    dependsOn: [hiddenSize, headSize],
    check(heads, run, { hidden_size: d, head_size }) {
      if (headSize.appliesTo(run) && head_size > 0) return undefined;
      if (d % heads === 0 && (d / heads) % 4 === 0) return undefined;
      return {
        found: `${heads} for hidden_size ${d}`,
        expected: 'hidden_size / num_attention_heads to be a multiple of 4',
      };
    },
  }),
  integerKnob({
    name: 'intermediate_size',
    group: 'model',
    about: 'model',
    min: 4,
    max: 16384,
    initial: 64,
    label: 'Feed-forward size',
    help: 'Width of the hidden layer of the feed-forward block; a multiple of 4.',
    source: transformer,
    check: (size) => multipleOf4(size),
  }),
  integerKnob({
    name: 'num_mem_tokens',
    group: 'model',
    about: 'model',
    basic: true,
    min: 0,
    max: 512,
    initial: 4,
    label: 'Memory tokens',
    help: 'Vectors passed from segment to segment; 0 is the baseline without memory.',
    source: rmt,
    appliesTo: hasMemory('rmtEncoder', 'rmtDecoder', 'armt'),
    check: (tokens, run) =>
      hasMemory('armt')(run) && tokens === 0
        ? { found: '0', expected: `at least 1: ${run.modelId} writes its memory with them` }
        : undefined,
  }),
  choiceKnob({
    name: 'memory_mask',
    group: 'model',
    about: 'model',
    choices: ['causal', 'block'],
    initial: 'causal',
    label: 'Memory mask',
    help: 'causal: over the whole segment, as in the official wrapper. block: as in LM-RMT, memory tokens see all of their own block, and write tokens see everything.',
    source: lmRmt,
    appliesTo: hasMemory('rmtDecoder'),
  }),
  choiceKnob({
    name: 'write_tokens',
    group: 'model',
    about: 'model',
    choices: ['yes', 'no'],
    initial: 'yes',
    label: 'Write tokens',
    help: 'Memory tokens after the text, where memory is written. Without them it is written at the read positions, which do not see the text.',
    source: rmt,
    appliesTo: hasMemory('rmtDecoder'),
  }),
  integerKnob({
    name: 'mem_len',
    group: 'model',
    about: 'model',
    basic: true,
    min: 0,
    max: 4096,
    initial: 12,
    label: 'Cache length',
    help: 'Earlier inputs that each layer of Transformer-XL caches; 0 for none.',
    source: transformerXl,
    appliesTo: hasMemory('xlCache'),
  }),
  integerKnob({
    name: 'd_mem',
    group: 'model',
    about: 'model',
    basic: true,
    min: 4,
    max: 512,
    initial: 8,
    label: 'Association width',
    help: 'Width of ARMT’s queries and keys, before DPFP makes them 6 times wider; a multiple of 4.',
    source: armt,
    appliesTo: hasMemory('armt'),
    check: (width, run) => (hasMemory('armt')(run) ? multipleOf4(width) : undefined),
  }),
  choiceKnob({
    name: 'key_norm',
    group: 'model',
    about: 'model',
    choices: ['none', 'l2'],
    initial: 'none',
    earlier: 'l2',
    label: 'Key norm',
    help: 'Whether ARMT divides the features of keys and queries by their length. none: as in the published code. l2: as in its experimental branch.',
    source: armtCode,
    appliesTo: hasMemory('armt'),
  }),
  choiceKnob({
    name: 'correction',
    group: 'model',
    about: 'model',
    choices: ['yes', 'no'],
    initial: 'yes',
    earlier: 'yes',
    label: 'Correction γ',
    help: 'Whether ARMT adds to its normaliser only the share γ of a key that is new to it; without it, the whole key.',
    source: armt,
    appliesTo: hasMemory('armt'),
  }),
  choiceKnob({
    name: 'write_positions',
    group: 'model',
    about: 'model',
    choices: ['after', 'end'],
    initial: 'after',
    earlier: 'after',
    label: 'Write positions',
    help: 'Positions of ARMT’s memory tokens. after: those that follow the text. end: the last ones of the position table, also in short segments (wrap_pos in its code).',
    source: armtCode,
    appliesTo: (run) => hasMemory('armt')(run) && run.model.backbone === 'gpt2',
  }),
  choiceKnob({
    name: 'relative_shift',
    group: 'model',
    about: 'model',
    choices: ['lm-rmt', 'distance'],
    initial: 'lm-rmt',
    earlier: 'distance',
    label: 'Positions ahead',
    help: 'How the block mask of RMT over Transformer-XL scores keys ahead of their query. lm-rmt: with what LM-RMT’s shift of the score matrix leaves there. distance: with their negative distance.',
    source: lmRmt,
    appliesTo: (run) => hasHeadSize(run) && hasMemory('rmtDecoder')(run),
  }),
  headSize,
  integerKnob({
    name: 'segment_size',
    group: 'model',
    about: 'data',
    basic: true,
    min: 4,
    max: 4096,
    initial: 12,
    label: 'Segment size',
    help: 'Text tokens read at a time.',
    source: rmt,
    check: (size, { task }) =>
      size < task.minimumSegmentSize
        ? {
            found: String(size),
            expected: `at least ${task.minimumSegmentSize}, which ${task.id} needs for its facts and question`,
          }
        : undefined,
  }),
  choiceKnob({
    name: 'segment_alignment',
    group: 'model',
    about: 'model',
    choices: ['right', 'left', 'center'],
    initial: 'right',
    label: 'Segment alignment',
    help: 'Which end of a sequence is cut into full segments; right makes the first segment the short one.',
    source: officialCode,
  }),
  numberKnob({
    name: 'layer_norm_eps',
    group: 'model',
    about: 'model',
    min: 0,
    max: 1e-2,
    initial: 1e-12,
    label: 'LayerNorm epsilon',
    help: 'Variance floor; 1e-12 in BERT.',
    source: 'Ba et al. 2016, arXiv:1607.06450',
  }),
  numberKnob({
    name: 'hidden_dropout_prob',
    group: 'model',
    about: 'model',
    min: 0,
    max: 0.9,
    initial: 0,
    label: 'Dropout',
    help: 'Share of hidden activations dropped in training.',
    source: 'Srivastava et al. 2014, jmlr.org/papers/v15/srivastava14a.html',
  }),
  numberKnob({
    name: 'attention_probs_dropout_prob',
    group: 'model',
    about: 'model',
    min: 0,
    max: 0.9,
    initial: 0,
    label: 'Attention dropout',
    help: 'Share of attention weights dropped in training.',
    source: bert,
    check: (share, run) =>
      run.model.backbone === 'transformerXl' && share > 0
        ? { found: String(share), expected: `0: the relative attention of ${run.modelId} has no dropout` }
        : undefined,
  }),
  numberKnob({
    name: 'initializer_range',
    group: 'model',
    about: 'model',
    freshOnly: true,
    min: 1e-4,
    max: 1,
    initial: 0.1,
    label: 'Initial std',
    help: 'Standard deviation of the initial weights.',
    source: bert,
  }),
  numberKnob({
    name: 'memory_position_range',
    group: 'model',
    about: 'model',
    freshOnly: true,
    min: 0,
    max: 10,
    initial: 0,
    earlier: 0,
    label: 'Initial std of memory positions',
    help: 'Standard deviation of the initial position embeddings of memory tokens; 0: as all weights. The memory is read back with numbers of about 1, beside which small positions are hardly seen: larger ones keep memory tokens apart, so that each can hold something else.',
    source: ours,
    appliesTo: (run) => run.model.backbone === 'bert' && hasMemory('rmtEncoder', 'armt')(run),
  }),
] as const;
