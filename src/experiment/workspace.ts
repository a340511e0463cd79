// Common to a run, a stream and an evaluation: a task with its vocabulary and data, and a model built for it.
import * as v from 'valibot';
import type { Gpu } from '../engine/gpu/adapter.ts';
import { InputError } from '../errors.ts';
import { shown } from '../io/message.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { catalogue, type ModelEntry } from '../models/catalogue.ts';
import { type Checkpoint, readCheckpoint } from '../models/checkpoint.ts';
import type { Description } from '../models/formats/format.ts';
import { findArchitecture } from '../models/index.ts';
import { checkLimits } from '../models/limits.ts';
import { Model } from '../models/model.ts';
import { places, taskWords } from '../tasks/facts.ts';
import { answerTokens, findTask, tasks } from '../tasks/index.ts';
import { reading, readingId } from '../tasks/reading.ts';
import type { Material, Task } from '../tasks/task.ts';
import { generatedDocuments } from '../text/generated-documents.ts';
import { generatedNoise } from '../text/noise.ts';
import { openText, openXml, readWholeText } from '../text/open-text.ts';
import { pieceNoise } from '../text/pieces/piece-noise.ts';
import { openPieceVocabulary, PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { respelledCorpus, respelledDocuments, respelledNoise } from '../text/pieces/respelled.ts';
import { readCorpus } from '../text/read-corpus.ts';
import { readDocuments } from '../text/read-documents.ts';
import { generatedCorpus } from '../text/stories.ts';
import { longestNoise, textNoise } from '../text/text-noise.ts';
import type { TextReport } from '../text/text-report.ts';
import { Vocabulary } from '../text/vocabulary.ts';
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
import type { Materials } from './materials.ts';
import type { ModelFacts } from './model-facts.ts';

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

function workWith(
  task: Task,
  material: Material,
  answers: Blueprint['answers'],
  vocabulary = task.vocabulary(material),
): Work {
  // In pieces, only a model that answers with tokens needs classes that differ in one.
  const needsTokens = answers === 'tokens' || !(vocabulary instanceof PieceVocabulary);
  const classTokens = task.kind === 'classification' && needsTokens ? [...answerTokens(task, vocabulary)] : [];
  const { corpus, documents, noise } = material;
  const report = corpus ? corpus.report : documents ? documents.report?.(vocabulary) : noise.report?.(vocabulary);
  return { task, vocabulary, material, classTokens, ...(report ? { report } : {}) };
}

/** Called with the fraction of a file that has been read, from 0 to 1. */
export type OnFileProgress = (name: string, share: number) => void;

/**
 * Load what the user supplied for a task: noise is read as a whole, files that may be large are streamed.
 * @throws InputError if a file cannot be used, or is not what the task takes
 */
async function materialOf(
  task: Task,
  values: {
    readonly noiseWords: number;
    /** How many words to keep, or an existing vocabulary. */
    readonly words: number | Vocabulary;
    readonly knobs: Readonly<Record<string, string>>;
  },
  given: Materials,
  reading: OnFileProgress,
): Promise<Material> {
  const { noiseWords, words, knobs: own } = values;
  // An existing model reads a text in its own vocabulary; documents are converted to it as they are drawn.
  const kept = typeof words === 'number' ? { vocabularySize: words } : { vocabulary: words };
  const pieces = words instanceof PieceVocabulary ? words : undefined;
  const vocabularySize = typeof words === 'number' ? words : words.size;
  const refuse = (name: string, takes: string) => {
    throw new InputError(name, `a file for ${task.id}, which takes ${takes}`, 'another task, or no file');
  };
  const takes = { noise: 'a noise text', text: 'a text', documents: 'articles and labels', none: 'no file' }[
    task.material
  ];
  if (given.noise && task.material !== 'noise') refuse(given.noise.name, takes);
  if (given.text && task.material !== 'text') refuse(given.text.name, takes);
  if ((given.articles || given.labels) && task.material !== 'documents')
    refuse((given.articles ?? given.labels)?.name ?? '', takes);
  const noise = pieces
    ? given.noise
      ? pieceNoise(given.noise.name, given.noise.text, pieces)
      : respelledNoise(generatedNoise(noiseWords), pieces)
    : given.noise
      ? textNoise(given.noise.name, given.noise.text, places)
      : generatedNoise(noiseWords);
  const progress = (name: string) => ({ onProgress: (share: number) => reading(name, share) });
  if (given.text) {
    const text = await openText(given.text);
    const unit = task.knobs['unit']?.choices.find((choice) => choice === own['unit']) ?? task.knobs['unit']?.initial;
    const corpus = await readCorpus(text, {
      unit: pieces ? 'pieces' : (unit as 'words' | 'characters' | 'bytes'),
      ...kept,
      ...progress(given.text.name),
    });
    return { noise, corpus, knobs: own };
  }
  if (given.articles || given.labels) {
    if (!given.articles || !given.labels)
      throw new InputError(
        'documents',
        `only ${(given.articles ?? given.labels)?.name}`,
        'the articles and their labels',
      );
    const articles = await openXml(given.articles);
    const labels = await openXml(given.labels);
    const documents = await readDocuments(articles, labels, { vocabularySize, pieces, ...progress(articles.name) });
    return { noise, documents, knobs: own };
  }
  if (pieces && task.material === 'text')
    return { noise, corpus: respelledCorpus(generatedCorpus('words'), pieces), knobs: own };
  if (pieces && task.material === 'documents')
    return { noise, documents: respelledDocuments(generatedDocuments(), pieces), knobs: own };
  return { noise, knobs: own };
}

/** The work of a new run. */
export async function workOf(
  config: RunConfig,
  given: Materials = {},
  reading: OnFileProgress = () => {},
): Promise<Work> {
  const task = findTask(config.task);
  const values = { noiseWords: config.noise_words, words: config.vocabulary_words, knobs: knobsOf(task, config) };
  return workWith(task, await materialOf(task, values, given, reading), catalogue[config.model].answers);
}

/** The description of the task in our checkpoints. */
export interface TaskRecord {
  readonly id: string;
  readonly knobs: Readonly<Record<string, string>>;
  /** Words of the built-in noise; 0 for a user's text. */
  readonly noise_words: number;
  /** Name of the user's text or articles, if there were any. */
  readonly file?: string;
}

const taskRecord = v.object({
  id: v.optional(v.string('a string')),
  knobs: v.optional(v.record(v.string(), v.string('a string'), 'an object of strings')),
  noise_words: v.optional(v.number('a number')),
  file: v.optional(v.string('a string')),
});

/** @throws InputError naming the entry, if there is a record of another form */
function recordOf({ task }: Checkpoint, where: string): Partial<TaskRecord> {
  if (typeof task !== 'object' || task === null) return {};
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

/**
 * The work a checkpoint can do: its own task, or another with the same words and classes.
 * @param samples whether samples will be drawn; otherwise no file is needed, and none is read
 * @throws InputError if it has no vocabulary, names no task, has too few classes, or the task needs words it lacks
 */
export async function workOfCheckpoint(
  checkpoint: Checkpoint,
  where: string,
  taskId?: string,
  given: Materials = {},
  reading: OnFileProgress = () => {},
  samples = true,
): Promise<Work> {
  const record = recordOf(checkpoint, where);
  const { blueprint } = checkpoint;
  const { config, shape } = blueprint;
  const task = taskOf(taskId ?? record.id, checkpoint, where);
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
  const own = recordedKnobs(task, record, where);
  // A prompt takes only the words.
  if (!samples)
    return workWith(task, { noise: vocabularyNoise(vocabulary, taskWords), knobs: own }, blueprint.answers, vocabulary);
  if (given.text && task.id === readingId) {
    const reads = await readWholeText(given.text, longestNoise);
    return {
      ...workWith(task, { noise: vocabularyNoise(vocabulary, []), knobs: own }, blueprint.answers, vocabulary),
      reads,
    };
  }
  if (record.file && task.id === record.id && !given.text && !given.articles)
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
  const ready = workWith(task, { ...material, noise }, blueprint.answers, vocabulary);
  const hasPieces = vocabulary instanceof PieceVocabulary;
  // Facts and noise report their missing words themselves; other tasks must know all their words.
  if (task.material === 'none' || (task.material !== 'noise' && !hasPieces && !given.articles && !given.text)) {
    const missing = task
      .vocabulary(ready.material)
      .words.slice(4)
      .find((word) => vocabulary.id(word) === vocabulary.unknown);
    if (missing !== undefined)
      throw new InputError(`${where}: vocabulary`, `no word ${JSON.stringify(missing)}`, `every word of ${task.id}`);
  }
  return ready;
}

/**
 * The task of a checkpoint; one with a tokenizer reads any text.
 * @throws InputError if there is no such task
 */
function taskOf(id: string | undefined, { blueprint, tokenizer }: Description, where: string): Task {
  if (id !== undefined) return findTask(id, `${where}: task`);
  if (tokenizer === undefined)
    throw new InputError(where, 'no task in its metadata', 'it in the metadata or in the request');
  return blueprint.answers === 'class' ? reading(blueprint.shape.classes) : tasks.language;
}

/**
 * What a checkpoint's token ids stand for.
 * @throws InputError if it holds neither a tokenizer nor a vocabulary, or it cannot be used
 */
export async function vocabularyOf({ tokenizer, vocabulary }: Description, where: string): Promise<Vocabulary> {
  if (tokenizer !== undefined) return openPieceVocabulary(tokenizer, `${where}: tokenizer`);
  if (vocabulary) return new Vocabulary(vocabulary, `${where}: vocabulary`);
  throw new InputError(
    where,
    "neither a 'tokenizer' nor a 'vocabulary' in its metadata",
    'one of them, to read a text',
  );
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
export async function loadModel(gpu: Gpu, checkpoint: Checkpoint, batch = 1): Promise<Model> {
  await checkLimits(gpu, checkpoint.blueprint, { batch });
  const model = await Model.create(gpu, checkpoint.blueprint);
  model.parameters.load(new Map([...checkpoint.tensors].map(([name, { data }]) => [name, data])));
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

/** The facts shown about a model. */
export function factsOf(model: Model, work: Work, name: string): ModelFacts {
  const { config, shape, layout, answers, attentionRegions } = model.blueprint;
  const entry: ModelEntry | undefined = Object.entries(catalogue).find(([id]) => id === config.model_type)?.[1];
  return {
    name,
    kind: entry?.title ?? config.model_type,
    answers,
    task: work.task.id === readingId ? undefined : work.task.id,
    parameters: model.parameters.count,
    gpuBytes: model.gpu.bytes,
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
