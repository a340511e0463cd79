// Common to a run, a stream and an evaluation: a task with its vocabulary and data, and a model built for it.
import * as v from 'valibot';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { catalogue, type ModelEntry } from '../models/catalogue.ts';
import { arraysOf, type Checkpoint, readCheckpoint } from '../models/checkpoint.ts';
import type { Description } from '../models/formats/format.ts';
import { findArchitecture } from '../models/index.ts';
import { checkLimits } from '../models/limits.ts';
import { Model } from '../models/model.ts';
import { countOf } from '../models/parameters.ts';
import { taskWords } from '../tasks/facts.ts';
import { answerTokens, findTask, tasks } from '../tasks/index.ts';
import { reading, readingId } from '../tasks/reading.ts';
import type { Material, Task } from '../tasks/task.ts';
import { readWholeText } from '../text/open-text.ts';
import { openPieceVocabulary, PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { longestNoise } from '../text/text-noise.ts';
import type { TextReport } from '../text/text-report.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import { vocabularyNoise } from '../text/vocabulary-noise.ts';
import {
  appliesTo,
  canAnswer,
  defaults,
  knobNames,
  knobs,
  parseKnob,
  type RunConfig,
  withEarlierKnobs,
} from './config.ts';
import { materialOf, type OnFileProgress } from './material.ts';
import type { Materials } from './materials.ts';
import type { ModelFacts } from './model-facts.ts';
import { tokenizerOfRun } from './tokenizer-of-run.ts';
import { vocabularyOf } from './vocabularies.ts';

export type { OnFileProgress };

/** A task ready to be sampled. */
export interface Work {
  readonly task: Task;
  readonly vocabulary: Vocabulary;
  readonly material: Material;
  /** The token of each class, for a model that answers with tokens. */
  readonly classTokens: readonly number[];
  /** A text of the user that is read as it is, from its beginning, instead of samples. */
  readonly reads?: string;
  /** How much of the user's text or noise the vocabulary covers. */
  readonly report?: TextReport;
}

/** The configuration's values for a task's knobs. */
function knobsOf(task: Task, values: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.keys(task.knobs)
      .filter((name) => name in values)
      .map((name) => [name, String(values[name])]),
  );
}

const classesOf = (task: Task): readonly string[] => (task.kind === 'classification' ? task.classes : []);

/** The task with the classes of its material. */
const withClasses = (task: Task, material: Material): Task =>
  task.kind === 'classification' && task.classesOf ? { ...task, classes: task.classesOf(material) } : task;

function workWith(
  given: Task,
  material: Material,
  answers: Blueprint['answers'],
  vocabulary = given.vocabulary(material),
): Work {
  const task = withClasses(given, material);
  // In pieces, only a model that answers with tokens needs classes that differ in one.
  const needsTokens = answers === 'tokens' || !(vocabulary instanceof PieceVocabulary);
  const classTokens = task.kind === 'classification' && needsTokens ? [...answerTokens(task, vocabulary)] : [];
  const { corpus, documents, noise } = material;
  const report = corpus ? corpus.report : documents ? documents.report?.(vocabulary) : noise.report?.(vocabulary);
  return { task, vocabulary, material, classTokens, ...(report ? { report } : {}) };
}

/**
 * The work of a new run.
 * @param saved the tokenizer.json in its checkpoint, if it is resumed and has one
 * @throws InputError if a file or the tokenizer cannot be used, or lacks what the model needs
 */
export async function workOf(
  config: RunConfig,
  given: Materials = {},
  reading: OnFileProgress = () => {},
  saved?: string,
): Promise<Work> {
  const task = findTask(config.task);
  const tokenizer = saved ?? (await tokenizerOfRun(config, task, given, reading));
  const values = { noiseWords: config.noise_words, words: config.vocabulary_words, knobs: knobsOf(task, config) };
  const { answers } = catalogue[config.model];
  if (tokenizer === undefined) return workWith(task, await materialOf(task, values, given, reading), answers);
  const vocabulary = await openPieceVocabulary(tokenizer, 'tokenizer');
  if (answers === 'class') vocabulary.checkEncoder();
  const material = await materialOf(task, { ...values, words: vocabulary }, given, reading);
  return workWith(task, material, answers, vocabulary);
}

/** The description of the task in our checkpoints. */
export interface TaskRecord {
  readonly id: string;
  readonly knobs: Readonly<Record<string, string>>;
  /** Words of the built-in noise; 0 for a user's text. */
  readonly noise_words: number;
  /** Name of the user's text, stories or articles, if there were any. */
  readonly file?: string;
  /** The classes, where they come from the stories. */
  readonly classes?: readonly string[];
}

const taskRecord = v.object({
  id: v.optional(v.string('a string')),
  knobs: v.optional(v.record(v.string(), v.string('a string'), 'an object of strings')),
  noise_words: v.optional(v.number('a number')),
  file: v.optional(v.string('a string')),
  classes: v.optional(v.array(v.string('a string'), 'a list of classes')),
});

/** @throws InputError naming the entry, if there is a record of another form */
function recordOf({ task }: Description, where: string): Partial<TaskRecord> {
  if (task === undefined || task === null) return {};
  if (typeof task !== 'object') throw new InputError(`${where}: task`, shown(task), 'an object with the task’s id');
  const { success, output, issues } = v.safeParse(taskRecord, task);
  if (!success) {
    const [issue] = issues;
    throw new InputError(`${where}: task.${v.getDotPath(issue)}`, shown(issue.input), issue.message);
  }
  // Absent and undefined are the same here.
  return Object.fromEntries(Object.entries(output).filter(([, value]) => value !== undefined));
}

/** The record's values for the task's own knobs. @throws InputError if one is no choice of the task */
function recordedKnobs(task: Task, record: Partial<TaskRecord>, where: string): Record<string, string> {
  const own = knobsOf(task, record.knobs ?? {});
  for (const [name, value] of Object.entries(own)) {
    const choices = task.knobs[name]?.choices ?? [];
    if (!choices.includes(value))
      throw new InputError(`${where}: task.knobs.${name}`, shown(value), choices.join(' or '));
  }
  return own;
}

interface CheckpointWork {
  /** Whether samples will be drawn; otherwise no file is needed, and none is read. */
  readonly samples?: boolean;
  /** Values for knobs of the task instead of those it was trained with. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * The work a checkpoint can do: its own task, or another with the same words and classes.
 * @throws InputError if it has no vocabulary, names no task, has too few classes, the task needs words it lacks, or has no
 *         such setting
 */
export async function workOfCheckpoint(
  checkpoint: Description,
  where: string,
  taskId?: string,
  given: Materials = {},
  reading: OnFileProgress = () => {},
  { samples = true, settings = {} }: CheckpointWork = {},
): Promise<Work> {
  const record = recordOf(checkpoint, where);
  const { blueprint } = checkpoint;
  const { config, shape } = blueprint;
  const task = trainedTask(taskOf(taskId ?? record.id, checkpoint, where), record);
  checkAnswerKind(task, blueprint, where);
  const vocabulary = await vocabularyOf(checkpoint, where);
  const classes = classesOf(task);
  if (blueprint.answers === 'class' && shape.classes < classes.length)
    throw new InputError(where, `${shape.classes} classes`, `at least ${classes.length}, as ${task.id} has`);
  if (config.segment_size < task.minimumSegmentSize)
    throw new InputError(
      where,
      `segment_size ${config.segment_size}`,
      `at least ${task.minimumSegmentSize}, which ${task.id} needs for its facts and question`,
    );
  const words = typeof record.noise_words === 'number' && record.noise_words > 0 ? record.noise_words : undefined;
  const own = { ...recordedKnobs(task, record, where), ...checkedSettings(task, settings) };
  // A prompt takes only the words.
  if (!samples)
    return workWith(task, { noise: vocabularyNoise(vocabulary, taskWords), knobs: own }, blueprint.answers, vocabulary);
  if (given.text && task.id === readingId) {
    const { text: reads } = await readWholeText(given.text, longestNoise);
    return {
      ...workWith(task, { noise: vocabularyNoise(vocabulary, []), knobs: own }, blueprint.answers, vocabulary),
      reads,
    };
  }
  if (record.file && task.id === record.id && !given.text && !given.articles && !given.stories)
    throw new InputError(where, `no file, but it was trained on '${record.file}'`, 'that file');
  const material = await materialOf(
    task,
    { noiseWords: words ?? knobs.noise_words.initial, words: vocabulary, knobs: own },
    given,
    reading,
  );
  const noise =
    given.noise || words || vocabulary instanceof PieceVocabulary
      ? material.noise
      : vocabularyNoise(vocabulary, taskWords);
  const { stories } = material;
  const strange = stories?.answers.find((answer) => record.classes && !record.classes.includes(answer));
  if (stories && strange !== undefined)
    throw new InputError(
      `${where}: ${stories.name}`,
      `the answer '${strange}'`,
      `answers among the classes of the model: ${record.classes?.join(', ')}`,
    );
  const ready = workWith(task, { ...material, noise }, blueprint.answers, vocabulary);
  const hasPieces = vocabulary instanceof PieceVocabulary;
  const hasFile = Boolean(given.articles ?? given.text ?? given.stories ?? given.noise);
  // Facts and noise report their missing words themselves; other tasks must know all their words.
  if (task.material === 'none' || (task.material !== 'noise' && !hasPieces && !hasFile)) {
    const missing = task
      .vocabulary(ready.material)
      .words.slice(4)
      .find((word) => vocabulary.id(word) === vocabulary.unknown);
    if (missing !== undefined)
      throw new InputError(`${where}: vocabulary`, `no word ${JSON.stringify(missing)}`, `every word of ${task.id}`);
  }
  return ready;
}

/** The task with the classes that the model was trained with. */
function trainedTask(task: Task, { id, classes }: Partial<TaskRecord>): Task {
  if (task.kind !== 'classification' || !task.classesOf || !classes || id !== task.id) return task;
  const sample: typeof task.sample = (random, request) => {
    const stories = request.stories && { ...request.stories, answers: classes };
    return task.sample(random, { ...request, stories });
  };
  return { ...task, classes, classesOf: () => classes, sample };
}

/** @throws InputError if the task has no such knob, or the knob no such choice */
function checkedSettings(task: Task, settings: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  for (const [name, value] of Object.entries(settings)) {
    const names = Object.keys(task.knobs);
    const knob = Object.hasOwn(task.knobs, name) ? task.knobs[name] : undefined;
    if (!knob)
      throw new InputError(
        `settings of ${task.id}`,
        `no setting '${name}'`,
        names.length > 0 ? `one of ${names.join(', ')}` : 'none, as the task has no settings',
      );
    if (!knob.choices.includes(value))
      throw new InputError(`settings of ${task.id}: ${name}`, shown(value), `one of ${knob.choices.join(', ')}`);
  }
  return settings;
}

/**
 * The task of a checkpoint; one with a tokenizer reads any text.
 * @throws InputError if there is no such task
 */
function taskOf(id: string | undefined, { blueprint, tokenizer }: Description, where: string): Task {
  if (id !== undefined) return findTask(id, `${where}: task`);
  if (tokenizer === undefined)
    throw new InputError(
      where,
      'no task in its metadata',
      'one there or in the request, or a tokenizer to read any text',
    );
  return blueprint.answers === 'class' ? reading(blueprint.shape.classes) : tasks.language;
}

/** @throws InputError if the model's kind of answer does not suit the task */
function checkAnswerKind(task: Task, { answers, config }: Blueprint, where: string): void {
  if (!canAnswer({ answers }, task))
    throw new InputError(
      where,
      `${config.model_type} answers with a class, but ${task.id} asks for a text`,
      'a decoder',
    );
}

/** The model for a run. */
export function blueprintFor(config: RunConfig, work: Work): Blueprint {
  const { vocabulary, task } = work;
  const entry: ModelEntry = catalogue[config.model];
  const architecture = findArchitecture(config.model);
  const described = architecture.configOf(
    {
      layers: config.num_hidden_layers,
      hidden: config.hidden_size,
      heads: config.num_attention_heads,
      headSize: config.head_size,
      inner: config.intermediate_size,
      vocabulary: vocabulary.size,
      classes: classesOf(task).length,
      epsilon: config.layer_norm_eps,
      dropout: config.hidden_dropout_prob,
      attentionDropout: config.attention_probs_dropout_prob,
    },
    config,
    {
      segment_size: config.segment_size,
      segment_alignment: config.segment_alignment,
      ...(entry.answers === 'class'
        ? { pad_token_id: vocabulary.pad, cls_token_id: vocabulary.cls, sep_token_id: vocabulary.sep }
        : {}),
    },
  );
  const blueprint = architecture.blueprint(described, 'model');
  checkAnswerKind(task, blueprint, 'model');
  return blueprint;
}

/**
 * Upload a checkpoint's parameters to the GPU.
 * @param batch sequences that will be read at once
 * @throws InputError if the adapter cannot run the model, before anything is allocated
 */
export async function loadModel(gpu: Gpu, checkpoint: Checkpoint, batch = 1, trained?: 'nothing'): Promise<Model> {
  await checkLimits(gpu, checkpoint.blueprint, { batch });
  const model = await Model.create(gpu, checkpoint.blueprint, trained);
  model.parameters.load(arraysOf(checkpoint));
  return model;
}

/** Parse a checkpoint's bytes; messages call it by `name`. */
export function openCheckpoint(
  bytes: Uint8Array,
  name: string,
): { readonly checkpoint: Checkpoint; readonly where: string } {
  const where = `checkpoint ${name}`;
  return { checkpoint: readCheckpoint(bytes, where), where };
}

/** The facts shown about a model. @param gpuBytes 0 before it is on a GPU */
export function factsOf(blueprint: Blueprint, work: Work, name: string, gpuBytes = 0): ModelFacts {
  const { config, shape, layout, answers, attentionRegions } = blueprint;
  const entry: ModelEntry | undefined = Object.entries(catalogue).find(([id]) => id === config.model_type)?.[1];
  const associations = blueprint.states(1).find(({ label }) => label.startsWith('associations.'));
  return {
    name,
    kind: entry?.title ?? config.model_type,
    answers,
    task: work.task.id === readingId ? undefined : work.task.id,
    ...(work.material.knobs ? { knobs: work.material.knobs } : {}),
    parameters: countOf(blueprint.parameters()),
    gpuBytes,
    layers: shape.layers,
    heads: shape.heads,
    hiddenSize: shape.hiddenSize,
    memTokens: shape.memTokens,
    cacheSize: shape.cacheSize,
    segmentSize: config.segment_size,
    positions: layout.S,
    front: layout.front,
    looks: {
      ...(attentionRegions.write
        ? { write: { rows: attentionRegions.write.rows, columns: attentionRegions.write.columns } }
        : {}),
      ...(attentionRegions.read
        ? { read: { rows: attentionRegions.read.rows, columns: attentionRegions.read.columns } }
        : {}),
    },
    ...(associations ? { associationRows: associations.shape[1] ?? 0 } : {}),
    classes: classesOf(work.task),
    ...(work.vocabulary instanceof PieceVocabulary ? { pieces: work.vocabulary.tokenizer.style } : {}),
  };
}

/**
 * The run configuration inside a training checkpoint, if it is valid, and complete as far as its run is concerned: knobs
 * that came later and do not apply to the run have their defaults.
 */
export function runConfigOf(values: unknown, where: string): RunConfig {
  if (typeof values !== 'object' || values === null)
    throw new InputError(where, 'no run configuration', 'one value for every knob');
  const given = withEarlierKnobs(values);
  const config = Object.fromEntries(
    knobNames.map((name) => [name, parseKnob(name, name in given ? given[name] : defaults[name], `${where}: ${name}`)]),
  ) as RunConfig;
  const missing = knobNames.find((name) => !(name in given) && appliesTo(name, config));
  if (missing) throw new InputError(where, `no '${missing}'`, 'one value for each setting of its run');
  return config;
}
