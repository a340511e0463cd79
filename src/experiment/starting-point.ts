// What a run takes over from the model it starts from, in a form that can be sent and kept without the weights.
import { elements } from '../engine/tensor.ts';
import { InputError } from '../errors.ts';
import type { Checkpoint } from '../models/checkpoint.ts';
import type { Description } from '../models/formats/format.ts';
import { ours } from '../models/formats/ours.ts';
import { specsOf } from '../models/parameters.ts';
import { defaults, type Knob, type KnobName, knobNames, knobs, type RunConfig, withEarlierKnobs } from './config.ts';
import { startingSettings } from './starting-model.ts';
import { openCheckpoint, runConfigOf } from './workspace.ts';

export interface StartingPoint {
  readonly name: string;
  /** For display, such as "2-layer BERT". */
  readonly description: string;
  /** The size of its checkpoint. */
  readonly bytes: number;
  readonly parameters: number;
  /** What its token ids stand for. */
  readonly tokens: { readonly kind: 'words' | 'pieces'; readonly count: number };
  /** The knobs that it determines. */
  readonly settings: Partial<RunConfig>;
  /** Knobs that have no effect in a run that starts from it. */
  readonly unused: readonly KnobName[];
  /** The configuration of the run that trained it, if it is one of ours. */
  readonly trainedWith?: RunConfig;
  /** The metadata of its checkpoint, from which a run is planned. */
  readonly metadata: Readonly<Record<string, string>>;
}

/**
 * The configuration of the run that trained a model; undefined if nothing of ours did. What it does not say, as in early
 * checkpoints, are the settings of the model, and otherwise initial values.
 * @throws InputError if it is not valid
 */
export function trainedWith(model: Description, where: string): RunConfig | undefined {
  const { training } = model;
  if (typeof training !== 'object' || training === null || !('config' in training)) return undefined;
  const { config } = training;
  const isObject = typeof config === 'object' && config !== null;
  const complete = isObject ? { ...defaults, ...startingSettings(model, where), ...withEarlierKnobs(config) } : config;
  return runConfigOf(complete, `${where}: training.config`);
}

function tokensOf({ tokenizer, vocabulary, blueprint }: Checkpoint, where: string): StartingPoint['tokens'] {
  if (tokenizer !== undefined) return { kind: 'pieces', count: blueprint.config.vocab_size };
  if (vocabulary) return { kind: 'words', count: vocabulary.length };
  throw new InputError(
    where,
    'neither a tokenizer nor a vocabulary',
    'one of them, to spell a task; open the model together with its tokenizer.json, vocab.txt, or vocab.json and merges.txt',
  );
}

/** A text is split by a tokenizer, if there is one, whatever the unit. */
const isUnused = (name: KnobName, tokens: StartingPoint['tokens']['kind']): boolean =>
  (knobs[name] as Knob).freshOnly === true || (tokens === 'pieces' && name === 'unit');

/**
 * What a run that starts from a checkpoint takes over.
 * @throws InputError if it is no checkpoint, cannot spell a task, or has a setting outside a knob's range
 */
export function startingPoint(bytes: Uint8Array, name: string): StartingPoint {
  const { checkpoint, where } = openCheckpoint(bytes, name);
  const { blueprint, tensors: _, training: __, ...words } = checkpoint;
  const tokens = tokensOf(checkpoint, where);
  const config = trainedWith(checkpoint, where);
  return {
    name,
    description: blueprint.description,
    bytes: bytes.length,
    parameters: specsOf(blueprint.parameters()).reduce((sum, { shape }) => sum + elements(shape), 0),
    tokens,
    settings: startingSettings(checkpoint, where),
    unused: knobNames.filter((knob) => isUnused(knob, tokens.kind)),
    ...(config ? { trainedWith: config } : {}),
    metadata: ours.metadata({ blueprint, ...words }, where),
  };
}

/** The model of a starting point, without its weights. @throws InputError if the metadata is not that of a checkpoint */
export function describedBy({ name, metadata }: Pick<StartingPoint, 'name' | 'metadata'>): {
  readonly description: Description;
  readonly where: string;
} {
  const where = `checkpoint ${name}`;
  return { description: ours.describe({ metadata }, where), where };
}
