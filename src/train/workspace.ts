// What a run, a stream and an evaluation have in common: a task with its words and noise, and a model made for it.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { InputError } from '../errors.ts';
import { type Checkpoint, type RmtConfig, readCheckpoint } from '../io/checkpoint.ts';
import { type Batch, Model } from '../models/recurrence.ts';
import { positions, segmentBatch } from '../models/segments.ts';
import type { Random } from '../random.ts';
import { findTask, taskVocabulary } from '../tasks/index.ts';
import { generatedNoise, type NoiseSource, textNoise } from '../tasks/noise.ts';
import type { Sample, Split, Task } from '../tasks/task.ts';
import { Vocabulary } from '../tasks/vocabulary.ts';
import { vocabularyNoise } from '../tasks/vocabulary-noise.ts';
import { knobNames, knobs, parseKnob, type RunConfig } from './config.ts';
import type { ModelFacts, NoiseText } from './protocol.ts';

/** A task ready to be sampled. */
export interface Work {
  readonly task: Task;
  readonly vocabulary: Vocabulary;
  readonly noise: NoiseSource;
  readonly knobs: Readonly<Record<string, string>>;
}

/** The values among a configuration's knobs that a task knows. */
function knobsOf(task: Task, values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(task.knobs)
      .filter((name) => name in values)
      .map((name) => [name, String(values[name])]),
  );
}

/** The work of a new run. */
export function workOf(config: RunConfig, noiseText?: NoiseText): Work {
  const task = findTask(config.task);
  const noise = noiseText ? textNoise(noiseText.name, noiseText.text) : generatedNoise(config.noise_words);
  return { task, vocabulary: taskVocabulary(noise), noise, knobs: knobsOf(task, config) };
}

/** What a checkpoint of ours says of its task. */
export interface TaskRecord {
  readonly id: string;
  readonly knobs: Readonly<Record<string, string>>;
  /** Words of the built-in noise; 0 for a text of the user's. */
  readonly noise_words: number;
}

function recordOf(checkpoint: Checkpoint): Partial<TaskRecord> {
  const { task } = checkpoint;
  return typeof task === 'object' && task !== null ? (task as Partial<TaskRecord>) : {};
}

/**
 * The work a checkpoint can do: its own task, or another of the same words and classes.
 * @throws InputError if it has no vocabulary, names no task, or has too few classes
 */
export function workOfCheckpoint(checkpoint: Checkpoint, where: string, taskId?: string, noiseText?: NoiseText): Work {
  const record = recordOf(checkpoint);
  const id = taskId ?? record.id;
  if (typeof id !== 'string') throw new InputError(where, 'no task in its metadata', 'a task to be named');
  const task = findTask(id, `${where}: task`);
  if (!checkpoint.vocabulary)
    throw new InputError(where, "no 'vocabulary' in its metadata", 'the words by id, to write the facts and questions');
  const vocabulary = new Vocabulary(checkpoint.vocabulary, `${where}: vocabulary`);
  if (checkpoint.config.num_labels < task.classes.length)
    throw new InputError(
      where,
      `${checkpoint.config.num_labels} classes`,
      `at least ${task.classes.length}, as ${task.id} has`,
    );
  if (checkpoint.config.segment_size < task.minimumSegmentSize)
    throw new InputError(
      where,
      `segment_size ${checkpoint.config.segment_size}`,
      `at least ${task.minimumSegmentSize}, what ${task.id} needs for its facts and question`,
    );
  const words = typeof record.noise_words === 'number' && record.noise_words > 0 ? record.noise_words : undefined;
  const noise = noiseText
    ? textNoise(noiseText.name, noiseText.text)
    : words
      ? generatedNoise(words)
      : vocabularyNoise(vocabulary);
  return { task, vocabulary, noise, knobs: knobsOf(task, record.knobs ?? {}) };
}

/** Draw samples, all of one length. */
export function drawSamples(
  work: Work,
  random: Random,
  count: number,
  segments: number,
  segmentSize: number,
  split: Split,
  stageSegments = segments,
): Sample[] {
  const { vocabulary, noise, knobs: values } = work;
  return Array.from({ length: count }, () =>
    work.task.sample(random, { segments, segmentSize, split, stageSegments, vocabulary, noise, knobs: values }),
  );
}

/** Samples as a batch for the recurrence. */
export function batchOf(samples: readonly Sample[], model: Model): Batch {
  return {
    ...segmentBatch(
      samples.map(({ tokens }) => tokens),
      model.config,
    ),
    labels: samples.map(({ answer }) => answer),
  };
}

/** The model's configuration for a run. */
export function modelConfig(config: RunConfig, work: Work): RmtConfig {
  return {
    model_type: 'rmt-bert',
    hidden_act: 'gelu',
    hidden_size: config.hidden_size,
    num_hidden_layers: config.num_hidden_layers,
    num_attention_heads: config.num_attention_heads,
    intermediate_size: config.intermediate_size,
    vocab_size: work.vocabulary.size,
    max_position_embeddings: positions(config),
    type_vocab_size: 2,
    layer_norm_eps: config.layer_norm_eps,
    hidden_dropout_prob: config.hidden_dropout_prob,
    attention_probs_dropout_prob: config.attention_probs_dropout_prob,
    num_labels: work.task.classes.length,
    num_mem_tokens: config.num_mem_tokens,
    segment_size: config.segment_size,
    segment_alignment: config.segment_alignment,
    pad_token_id: work.vocabulary.pad,
    cls_token_id: work.vocabulary.cls,
    sep_token_id: work.vocabulary.sep,
  };
}

/** Put a checkpoint's parameters on the GPU. */
export async function loadModel(gpu: Gpu, checkpoint: Checkpoint): Promise<Model> {
  const model = await Model.create(gpu, checkpoint.config);
  model.parameters.load(new Map([...checkpoint.tensors].map(([name, { data }]) => [name, data])));
  return model;
}

/** Read a checkpoint's bytes; messages call it by `name`. */
export function openCheckpoint(
  bytes: Uint8Array,
  name: string,
): { readonly checkpoint: Checkpoint; readonly where: string } {
  const where = `checkpoint ${name}`;
  return { checkpoint: readCheckpoint(bytes, where), where };
}

/** What people are told of a model. */
export function factsOf(model: Model, work: Work, name: string): ModelFacts {
  const { config } = model;
  return {
    name,
    task: work.task.id,
    parameters: model.parameters.count,
    gpuBytes: model.gpu.bytes,
    layers: config.num_hidden_layers,
    heads: config.num_attention_heads,
    hiddenSize: config.hidden_size,
    memTokens: config.num_mem_tokens,
    segmentSize: config.segment_size,
    positions: positions(config),
    classes: work.task.classes,
  };
}

/** The run configuration inside a training checkpoint, if it is complete and valid. */
export function runConfigOf(values: unknown, where: string): RunConfig {
  if (typeof values !== 'object' || values === null)
    throw new InputError(where, 'no run configuration', 'one value for every knob');
  const given = values as Record<string, unknown>;
  const missing = knobNames.find((name) => !(name in given));
  if (missing)
    throw new InputError(where, `no '${missing}'`, `one value for each of the ${Object.keys(knobs).length} knobs`);
  return Object.fromEntries(
    knobNames.map((name) => [name, parseKnob(name, given[name], `${where}: ${name}`)]),
  ) as RunConfig;
}
