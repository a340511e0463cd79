// Every knob of a run, once: the list below draws the page's controls, checks the URL and the command line, and gives the defaults.
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import { catalogue, type ModelEntry, type ModelId } from '../models/catalogue.ts';
import type { TaskId } from '../tasks/index.ts';
import { tasks } from '../tasks/index.ts';
import { unitKnob } from '../tasks/language.ts';
import { leadingKnob, rootsKnob } from '../tasks/quadratic.ts';
import { factPositionKnob, practiceKnob, samplingKnob } from '../tasks/sampling.ts';
import { alphabetKnob } from '../tasks/symbols.ts';
import type { Task } from '../tasks/task.ts';
import { presets } from './presets.ts';

interface KnobText {
  readonly label: string;
  readonly help: string;
  readonly group: 'task' | 'model' | 'curriculum' | 'optimiser' | 'run';
  /** Shown at once on the page, or one click deeper. */
  readonly basic?: true;
}
export interface NumberKnob extends KnobText {
  readonly kind: 'int' | 'float';
  readonly min: number;
  readonly max: number;
  readonly initial: number;
}
export interface ChoiceKnob extends KnobText {
  readonly kind: 'choice';
  readonly choices: readonly string[];
  readonly initial: string;
}
/** Whole numbers, written "1,2,3". */
export interface ListKnob extends KnobText {
  readonly kind: 'list';
  readonly min: number;
  readonly max: number;
  readonly initial: readonly number[];
}
export type Knob = NumberKnob | ChoiceKnob | ListKnob;

const int = (group: KnobText['group'], initial: number, min: number, max: number, label: string, help: string) =>
  ({ kind: 'int', group, initial, min, max, label, help }) as const;
const float = (group: KnobText['group'], initial: number, min: number, max: number, label: string, help: string) =>
  ({ kind: 'float', group, initial, min, max, label, help }) as const;
const choice = <const C extends readonly string[]>(group: KnobText['group'], choices: C, label: string, help: string) =>
  ({ kind: 'choice', group, choices, initial: choices[0] as C[number], label, help }) as const;
const basic = <K extends object>(knob: K) => ({ ...knob, basic: true }) as K & { readonly basic: true };

/** A knob that tasks share, as they describe it. */
const ofTask = <const C extends readonly string[]>({
  choices,
  label,
  help,
}: {
  readonly choices: C;
  readonly label: string;
  readonly help: string;
}) => choice('task', choices, label, help);

/** All knobs by name; model knobs bear BertConfig's names. */
export const knobs = {
  task: basic(
    choice(
      'task',
      Object.keys(tasks) as [TaskId, ...TaskId[]],
      'Task',
      'What the model has to do with the facts it reads.',
    ),
  ),
  fact_position: ofTask(factPositionKnob),
  sampling: ofTask(samplingKnob),
  practice: ofTask(practiceKnob),
  alphabet: ofTask(alphabetKnob),
  roots: ofTask(rootsKnob),
  leading: ofTask(leadingKnob),
  unit: ofTask(unitKnob),
  vocabulary_words: int(
    'task',
    8192,
    16,
    65_000,
    'Vocabulary',
    'The most frequent words of a text or of documents of yours that are kept; the rest are [UNK].',
  ),
  noise_words: int('task', 100, 10, 100, 'Noise words', 'How many words of the built-in noise vocabulary are used.'),

  model: basic(
    choice(
      'model',
      Object.keys(catalogue) as [ModelId, ...ModelId[]],
      'Model',
      'A backbone with the memory that wraps it. Encoders answer with a class, decoders with words.',
    ),
  ),
  num_hidden_layers: basic(int('model', 2, 1, 48, 'Layers', 'Layers of the backbone.')),
  hidden_size: basic(int('model', 32, 4, 4096, 'Hidden size', 'Width d of every hidden state; a multiple of 4.')),
  num_attention_heads: int(
    'model',
    4,
    1,
    64,
    'Attention heads',
    'They share the hidden size; d / heads must be a multiple of 4.',
  ),
  intermediate_size: int(
    'model',
    64,
    4,
    16384,
    'Feed-forward size',
    'Width of the hidden layer of the feed-forward block.',
  ),
  num_mem_tokens: basic(
    int(
      'model',
      4,
      0,
      512,
      'Memory tokens',
      'Vectors handed from segment to segment; 0 is the baseline without memory.',
    ),
  ),
  memory_mask: choice(
    'model',
    ['causal', 'block'],
    'Memory mask',
    'Causal over the whole segment, as the official wrapper has it; or blocks, as in LM-RMT: memory tokens see all of their own block, and those that write see everything.',
  ),
  write_tokens: choice(
    'model',
    ['yes', 'no'],
    'Write tokens',
    'Memory tokens behind the text, where the memory is written. Without them it is read out where it was read in, before the text could be seen.',
  ),
  mem_len: int(
    'model',
    12,
    0,
    4096,
    'Cache length',
    'Earlier inputs that each layer of Transformer-XL keeps; 0 for none.',
  ),
  d_mem: int(
    'model',
    8,
    4,
    512,
    'Association width',
    'Width of ARMT’s queries and keys before DPFP makes them 6 times wider; a multiple of 4.',
  ),
  head_size: int(
    'model',
    0,
    0,
    512,
    'Head size',
    'Channels of a head of Transformer-XL, a multiple of 4; 0 shares the hidden size out.',
  ),
  segment_size: basic(int('model', 12, 4, 4096, 'Segment size', 'Text tokens read at a time.')),
  segment_alignment: choice(
    'model',
    ['right', 'left', 'center'],
    'Segment alignment',
    'Which end of a sequence is cut into whole segments; right makes the first segment the short one.',
  ),
  layer_norm_eps: float('model', 1e-12, 0, 1e-2, 'LayerNorm epsilon', 'Variance floor; 1e-12 in BERT.'),
  hidden_dropout_prob: float('model', 0, 0, 0.9, 'Dropout', 'Share of hidden activations dropped in training.'),
  attention_probs_dropout_prob: float(
    'model',
    0,
    0,
    0.9,
    'Attention dropout',
    'Share of attention weights dropped in training.',
  ),
  initializer_range: float('model', 0.1, 1e-4, 1, 'Initial std', 'Standard deviation of the initial weights.'),

  stages: basic(
    list(
      'curriculum',
      [1, 2, 3, 4],
      1,
      64,
      'Curriculum',
      'Segments in each stage of training; every stage starts from the last one.',
    ),
  ),
  stage_steps: basic(
    list(
      'curriculum',
      [100],
      1,
      1_000_000,
      'Steps a stage',
      'Optimiser steps in each stage, at most: one number for all, or one for each stage.',
    ),
  ),
  stage_until: float(
    'curriculum',
    0,
    0,
    1,
    'Until accuracy',
    'End a stage as soon as validation accuracy reaches this; 0 always takes all its steps, as the official rule does.',
  ),
  segments_drawn: choice(
    'curriculum',
    ['uniform', 'mostly', 'fixed'],
    'Segments of a batch',
    'Draw the number of segments of each batch from 1 to the stage’s, mostly take the stage’s (7 in 10, else draw), or always.',
  ),

  batch_size: basic(int('optimiser', 32, 1, 1024, 'Batch size', 'Sequences in a training step.')),
  learning_rate: basic(float('optimiser', 2e-3, 1e-8, 1, 'Learning rate', 'Highest learning rate of the schedule.')),
  schedule: choice(
    'optimiser',
    ['linear', 'constant', 'cosine', 'plateau'],
    'Schedule',
    'After warmup the learning rate falls to 0 in a line or a cosine, stays, or is halved whenever validation loss has stopped falling.',
  ),
  plateau_factor: float(
    'optimiser',
    0.5,
    0.01,
    0.99,
    'Plateau factor',
    'What the plateau schedule multiplies the learning rate by.',
  ),
  plateau_patience: int(
    'optimiser',
    5,
    0,
    1000,
    'Plateau patience',
    'Validations without a lower loss that the plateau schedule puts up with.',
  ),
  learning_rate_min: float('optimiser', 0, 0, 1, 'Lowest learning rate', 'The plateau schedule goes no lower.'),
  warmup_ratio: float('optimiser', 0.1, 0, 1, 'Warmup', 'Share of a stage in which the learning rate rises from 0.'),
  weight_decay: float('optimiser', 1e-3, 0, 1, 'Weight decay', 'Decoupled weight decay of AdamW; 0 makes it Adam.'),
  adam_beta1: float('optimiser', 0.9, 0, 0.9999, 'Adam β₁', 'Decay of the first moment.'),
  adam_beta2: float('optimiser', 0.99, 0, 0.999999, 'Adam β₂', 'Decay of the second moment.'),
  adam_epsilon: float('optimiser', 1e-8, 1e-16, 1e-1, 'Adam ε', 'Added to the root of the second moment.'),
  clip_norm: float('optimiser', 1, 0, 1e6, 'Clip by norm', 'Largest global norm of the gradient; 0 does not clip.'),
  clip_value: float(
    'optimiser',
    0,
    0,
    1e6,
    'Clip by value',
    'Largest absolute value of a gradient element; 0 does not clip. The report uses 5.',
  ),
  memory_noise: float(
    'optimiser',
    0,
    0,
    100,
    'Memory noise',
    'Standard deviation of Gaussian noise added in training to the memory between segments. Ours, not the papers’: it steadies the memory far beyond the trained length.',
  ),
  loss: choice(
    'optimiser',
    ['last', 'mean'],
    'Loss',
    'Of a classifier: of the last segment only, or the mean over all segments.',
  ),
  loss_words: choice(
    'optimiser',
    ['answer', 'all'],
    'Loss of words',
    'Of a decoder: of the words of the answer only, or of every word.',
  ),
  bptt_depth: int(
    'optimiser',
    -1,
    -1,
    4096,
    'BPTT depth',
    'How many segments back the loss of a segment sends its gradient; -1 for all, 0 for none.',
  ),
  bptt: choice(
    'optimiser',
    ['recompute', 'keep'],
    'Backpropagation',
    'Recompute each segment on the way back (memory does not grow with segments), or keep all activations (faster).',
  ),

  validate_every: int('run', 50, 1, 1_000_000, 'Validate every', 'Steps between validations.'),
  validate_samples: int('run', 128, 1, 100_000, 'Validation samples', 'Sequences in a validation.'),
  seed: basic(
    int('run', 1, 0, 2 ** 31 - 1, 'Seed', 'The same seed on the same adapter gives the same run, to the bit.'),
  ),
} as const satisfies Record<string, Knob>;

function list(
  group: KnobText['group'],
  initial: readonly number[],
  min: number,
  max: number,
  label: string,
  help: string,
) {
  return { kind: 'list', group, initial, min, max, label, help } as const;
}

export type KnobName = keyof typeof knobs;
type KnobValue<K> = K extends { kind: 'int' | 'float' }
  ? number
  : K extends { kind: 'choice'; choices: readonly (infer C)[] }
    ? C
    : readonly number[];
/** A run's whole configuration: one value for every knob. */
export type RunConfig = { readonly [K in KnobName]: KnobValue<(typeof knobs)[K]> };

export const knobNames = Object.keys(knobs) as KnobName[];

/** The value every knob has when nothing is said. */
export const defaults = Object.fromEntries(knobNames.map((name) => [name, knobs[name].initial])) as RunConfig;

export { presets };
export type PresetName = keyof typeof presets;

/** The configuration of a preset: the defaults with what the preset says. */
export function presetConfig(name: string, where = 'preset'): RunConfig {
  const preset = presets[name as PresetName];
  if (!Object.hasOwn(presets, name) || !preset)
    throw new InputError(where, `no preset '${name}'`, `one of ${Object.keys(presets).join(', ')}`);
  return parseConfig(preset.config, where);
}

function parseNumber(knob: { kind: string; min: number; max: number }, value: unknown, where: string): number {
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  const wanted = `${knob.kind === 'float' ? 'a number' : 'a whole number'} from ${knob.min} to ${knob.max}`;
  const right =
    typeof number === 'number' &&
    number >= knob.min &&
    number <= knob.max &&
    (knob.kind === 'float' || Number.isInteger(number));
  if (!right) throw new InputError(where, shown(value), wanted);
  return number;
}

/** One knob's value from text or JSON. */
export function parseKnob(name: string, value: unknown, where = name): RunConfig[KnobName] {
  if (!Object.hasOwn(knobs, name))
    throw new InputError(where, `unknown key '${name}'`, `one of ${knobNames.join(', ')}`);
  const knob: Knob = knobs[name as KnobName];
  if (knob.kind === 'choice') {
    if (typeof value !== 'string' || !knob.choices.includes(value))
      throw new InputError(where, shown(value), `one of ${knob.choices.join(', ')}`);
    return value as RunConfig[KnobName];
  }
  if (knob.kind === 'list') {
    const items = typeof value === 'string' ? value.split(',') : typeof value === 'number' ? [value] : value;
    if (!Array.isArray(items) || items.length === 0 || items.length > 64)
      throw new InputError(where, shown(value), `1 to 64 whole numbers separated by commas`);
    return items.map((item) => parseNumber({ ...knob, kind: 'int' }, item, where));
  }
  return parseNumber(knob, value, where);
}

/**
 * A whole configuration from outside (JSON object or URL parameters); what is left out keeps its default.
 * @throws InputError naming the key, what was found and what was expected
 */
export function parseConfig(input: unknown, where = 'config'): RunConfig {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new InputError(where, Array.isArray(input) ? 'a list' : String(input), 'an object of knob names and values');
  const values: Record<string, unknown> = { ...defaults };
  for (const [name, value] of Object.entries(input)) values[name] = parseKnob(name, value, `${where}: ${name}`);
  const config = values as unknown as RunConfig;
  checkTogether(config, where);
  return config;
}

const decoders = Object.entries(catalogue).flatMap(([id, { answers }]) => (answers === 'tokens' ? [id] : []));

/** Whether a knob has any say in a run of this model and task. */
export function hasSay(name: KnobName, config: RunConfig): boolean {
  const model: ModelEntry = catalogue[config.model];
  const task: Task = tasks[config.task];
  if (modelKnobs.has(name)) return model.knobs.includes(name);
  if (taskKnobs.has(name)) return Object.hasOwn(task.knobs, name);
  if (name === 'noise_words') return task.material === 'noise';
  if (name === 'vocabulary_words') return task.material === 'text' || task.material === 'documents';
  if (name === 'loss') return model.answers === 'class';
  if (name === 'loss_words') return task.kind === 'generation' && task.measure === 'accuracy';
  if (name.startsWith('plateau') || name === 'learning_rate_min') return config.schedule === 'plateau';
  return true;
}
const modelKnobs = new Set<string>(Object.values(catalogue).flatMap(({ knobs: names }): readonly string[] => names));
const taskKnobs = new Set<string>(Object.values(tasks).flatMap(({ knobs: own }) => Object.keys(own)));

/** What one knob alone cannot tell. */
function checkTogether(config: RunConfig, where: string): void {
  const { hidden_size: d, num_attention_heads: h } = config;
  const model: ModelEntry = catalogue[config.model];
  const uses = (knob: string) => model.knobs.includes(knob);
  if (d % 4 !== 0) throw new InputError(`${where}: hidden_size`, String(d), 'a multiple of 4');
  if (uses('head_size') && config.head_size > 0) {
    if (config.head_size % 4 !== 0)
      throw new InputError(`${where}: head_size`, String(config.head_size), 'a multiple of 4, or 0');
  } else if (d % h !== 0 || (d / h) % 4 !== 0)
    throw new InputError(
      `${where}: num_attention_heads`,
      `${h} for hidden_size ${d}`,
      'hidden_size / num_attention_heads to be a multiple of 4',
    );
  const task: Task = tasks[config.task];
  if (task.kind === 'generation' && model.answers === 'class')
    throw new InputError(
      `${where}: model`,
      `${config.model}, which answers with a class, for ${config.task}, which asks for a text`,
      `a decoder: ${decoders.join(', ')}`,
    );
  if (uses('d_mem') && config.num_mem_tokens === 0)
    throw new InputError(`${where}: num_mem_tokens`, '0', `at least 1, which ${config.model} writes its memory with`);
  if (uses('d_mem') && config.d_mem % 4 !== 0)
    throw new InputError(`${where}: d_mem`, String(config.d_mem), 'a multiple of 4');
  if (uses('mem_len') && config.attention_probs_dropout_prob > 0)
    throw new InputError(
      `${where}: attention_probs_dropout_prob`,
      String(config.attention_probs_dropout_prob),
      `0 for ${config.model}, whose relative attention has none`,
    );
  if (config.segment_size < task.minimumSegmentSize)
    throw new InputError(
      `${where}: segment_size`,
      String(config.segment_size),
      `at least ${task.minimumSegmentSize}, what ${task.id} needs for its facts and question`,
    );
  if (config.stage_steps.length > 1 && config.stage_steps.length !== config.stages.length)
    throw new InputError(
      `${where}: stage_steps`,
      `${config.stage_steps.length} numbers`,
      `1, or ${config.stages.length} as there are stages`,
    );
  if (config.intermediate_size % 4 !== 0)
    throw new InputError(`${where}: intermediate_size`, String(config.intermediate_size), 'a multiple of 4');
}

/** Only what differs from the defaults, as text: what a link or a `--set` list holds. */
export function configDifference(config: RunConfig, from: RunConfig = defaults): Record<string, string> {
  const difference: Record<string, string> = {};
  for (const name of knobNames) {
    const value = String(config[name]);
    if (value !== String(from[name])) difference[name] = value;
  }
  return difference;
}
