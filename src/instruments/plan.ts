// The resources of a run, found by recording it on a device that allocates nothing: bytes, work, and what the adapter
// would refuse.

import { AdamW } from '../engine/adamw.ts';
import type { Gpu, Refusal } from '../engine/gpu/adapter.ts';
import { PlanningGpu } from '../engine/gpu/planning.ts';
import { type Work as GpuWork, type Speed, sum, times } from '../engine/gpu/work.ts';
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import type { Materials } from '../experiment/materials.ts';
import { batchOf, type Drawn, drawSamples } from '../experiment/samples.ts';
import { startingWork } from '../experiment/starting-model.ts';
import { piecesOfRun } from '../experiment/tokenizer-of-run.ts';
import { blueprintFor, type Work, workOf } from '../experiment/workspace.ts';
import type { Blueprint } from '../models/blueprint.ts';
import type { Description } from '../models/formats/format.ts';
import { Model } from '../models/model.ts';
import { SegmentReader } from '../models/reader.ts';
import { scoredFlags, scoredSegments } from '../models/targets.ts';
import { BpttTrainer } from '../models/training.ts';
import { Random } from '../random.ts';
import type { Corpus, Unit } from '../text/corpus.ts';
import { verdicts } from '../text/document-source.ts';
import { PieceVocabulary } from '../text/pieces/piece-vocabulary.ts';
import { mostCharacters } from '../text/read-corpus.ts';
import { Vocabulary } from '../text/vocabulary.ts';
import { specials } from '../text/words.ts';
import { averageSegments, stepsOf } from '../train/schedule.ts';

/** GPU bytes of a run by purpose. */
export interface RunBytes {
  readonly weights: number;
  readonly gradients: number;
  /** The optimiser's moments. */
  readonly optimiser: number;
  /** For the longest batch: planned activations, states, inputs and results. */
  readonly activations: number;
  /** The same for validation. */
  readonly validation: number;
  /** Checkpoint read-back buffer. */
  readonly checkpoint: number;
  readonly total: number;
}

/** The resources of a run, as far as they are known before the start. */
export interface RunEstimate {
  readonly parameters: number;
  readonly bytes: RunBytes;
  /** Text tokens read in training. */
  readonly tokens: number;
  /** Training steps, if no stage ends early. */
  readonly steps: number;
  /** For the whole run at `speed`. */
  readonly milliseconds: number | undefined;
  /** The given speed, or the adapter's probed one; undefined while the GPU is busy with something else. */
  readonly speed: Speed | undefined;
  /** Why the adapter cannot run it, if so. */
  readonly obstacle: string | undefined;
}

export interface RunPlan {
  /** Number of trainable parameters. */
  readonly parameters: number;
  readonly bytes: RunBytes;
  /** Of all steps and validations, if no stage ends early. */
  readonly gpuWork: GpuWork;
  /** Text tokens read in training, on average. */
  readonly tokens: number;
  /** Requests that exceed the adapter's limits, largest first. */
  readonly refusals: readonly Refusal[];
}

/** How a run trains in a stage, counted from 0, and validates. */
export const trainingOptions = (config: RunConfig, stage: number) => ({
  batch: config.batch_size,
  bptt: config.bptt,
  depth: config.bptt_depth < 0 ? undefined : config.bptt_depth,
  memoryNoise: stage + 1 >= config.memory_noise_stage ? config.memory_noise : 0,
});
export const validationOptions = (config: RunConfig) => ({
  batch: Math.min(64, config.validate_samples),
});

/** Bytes of the gradient's norm, which is read back with every step's results. */
const NORM_BYTES = 16;

/** The work of a whole run: stage by stage, batches of average length, and the validations between. */
function gpuWorkOf(
  config: RunConfig,
  { blueprint }: Model,
  training: BpttTrainer,
  validation: SegmentReader,
  optimiser: GpuWork,
  work: Work,
) {
  const samplesOf = new Map<number, Drawn[]>();
  const samplesFor = (segments: number): Drawn[] => {
    const samples =
      samplesOf.get(segments) ?? drawSamples(work, new Random(1), 1, segments, config.segment_size, 'train');
    samplesOf.set(segments, samples);
    return samples;
  };
  const trained = (segments: number) =>
    scoredFlags(batchOf(samplesFor(segments), blueprint, config.loss, config.loss_words === 'all'));
  // Validation scores only the answer.
  const validated = (segments: number) => scoredFlags(batchOf(samplesFor(segments), blueprint));
  const parts = config.stages.flatMap((segments, stage) => {
    const steps = stepsOf(config, stage);
    // Linear, or nearly so, in the number of segments: interpolate between the shortest and the longest.
    const share = segments > 1 ? (averageSegments(config.segments_drawn, segments) - 1) / (segments - 1) : 1;
    const lengths = [
      [segments, share],
      [1, 1 - share],
    ] as const;
    // Skip lengths that are never drawn, because the task may not support them.
    const drawn = lengths.filter(([, often]) => often > 0);
    const step = sum(optimiser, ...drawn.map(([n, often]) => times(training.workFor(trained(n)), often)));
    const passes = Math.ceil(config.validate_samples / validation.batch);
    const validate = times(validation.workFor(validated(segments)), passes);
    return [times(step, steps), times(validate, Math.ceil(steps / config.validate_every))];
  });
  return sum(...parts);
}

/**
 * Record everything that a run creates, up to its longest batch, on a device that allocates nothing.
 * @param blueprint of the model that the run starts from, if it starts from one
 */
export async function planRun(
  like: Gpu,
  config: RunConfig,
  work: Work,
  blueprint: Blueprint = blueprintFor(config, work),
): Promise<RunPlan> {
  const gpu = new PlanningGpu(like);
  const since = (before: number) => gpu.bytes - before;
  const model = await Model.create(gpu, blueprint, config.trained);
  const weights = gpu.bytes;
  const { theta, d_theta } = model.parameters.trained;
  const gradients = since(weights);
  let before = gpu.bytes;
  const optimiser = await AdamW.create(gpu, theta, d_theta);
  const moments = since(before);

  const longest = Math.max(...config.stages);
  const samples = drawSamples(work, new Random(1), 1, longest, config.segment_size, 'train');
  before = gpu.bytes;
  const training = await BpttTrainer.create(model, trainingOptions(config, 0));
  const batch = batchOf(samples, blueprint, config.loss, config.loss_words === 'all');
  await training.reserve(batch.segments.length, scoredSegments(batch).length, NORM_BYTES);
  const activations = since(before);
  before = gpu.bytes;
  const validation = await SegmentReader.create(model, validationOptions(config));
  const judged = batchOf(samples, blueprint);
  await validation.reserve(scoredSegments(judged).length);
  const validating = since(before);
  before = gpu.bytes;
  model.parameters.reserve([model.parameters.flat, optimiser.m, optimiser.v]);
  const checkpoint = since(before);
  const tokens = config.stages.reduce(
    (all, segments, stage) =>
      all +
      stepsOf(config, stage) *
        averageSegments(config.segments_drawn, segments) *
        config.batch_size *
        config.segment_size,
    0,
  );
  return {
    parameters: model.parameters.count,
    bytes: {
      weights,
      gradients,
      optimiser: moments,
      activations,
      validation: validating,
      checkpoint,
      total: gpu.bytes,
    },
    gpuWork: gpuWorkOf(config, model, training, validation, optimiser.work, work),
    tokens,
    refusals: gpu.refusals,
  };
}

/** The name of a buffer for display, and how to make it smaller. */
function describe(label: string): { readonly name: string; readonly remedy: string } {
  const own = Object.entries({
    parameters: 'the weights',
    gradients: 'the gradients',
    adamw: 'a moment of the optimiser',
  }).find(([start]) => label.startsWith(start));
  return own
    ? { name: own[1], remedy: 'fewer layers, a smaller hidden or feed-forward size, or a smaller vocabulary' }
    : { name: label.replaceAll(': ', ', '), remedy: 'a smaller batch, shorter segments, or a smaller hidden size' };
}

const grouped = (n: number) => n.toLocaleString('en');

/** Why the adapter cannot run it, if so. */
export function obstacleOf({ refusals, bytes }: RunPlan): InputError | undefined {
  const [first] = refusals;
  if (!first) return undefined;
  const { limit, limitName } = first;
  const { name, remedy } = describe(first.label);
  return new InputError(
    'this run',
    `${grouped(bytes.total)} bytes of GPU memory, ${grouped(first.bytes)} of them in one buffer (${name})`,
    `buffers of at most ${grouped(limit)} bytes, this adapter's ${limitName}; choose ${remedy}`,
  );
}

/** A text of which only the number of different tokens is known: all are the first. */
function unreadText(name: string, unit: Unit, vocabulary: Vocabulary): Corpus {
  return {
    name,
    unit,
    vocabulary,
    length: () => Number.POSITIVE_INFINITY,
    sample: (_, __, length) => new Int32Array(length),
  };
}

/** As many words as are kept at most, the given ones first. */
function fullVocabulary(size: number, words: readonly string[] = []): Vocabulary {
  const others = Array.from({ length: Math.max(0, size - words.length) }, (_, i) => `word ${i}`);
  return Vocabulary.of([...words, ...others]);
}

/** The model that a run starts from, without its weights. */
interface Start {
  readonly description: Description;
  readonly where: string;
}

/** The built-in documents stand for the user's, and an unread text for a text. */
async function plannedStart(config: RunConfig, given: Materials, { description, where }: Start): Promise<Work> {
  const { noise, text, articles } = given;
  const isRead = !text && !articles;
  const work = await startingWork(description, where, config, noise ? { noise } : {}, undefined, isRead);
  if (!text) return work;
  const unit = work.vocabulary instanceof PieceVocabulary ? 'pieces' : config.unit;
  const corpus = unreadText(text.name ?? 'text', unit, work.vocabulary);
  return { ...work, material: { ...work.material, corpus } };
}

/**
 * The work of a run for its plan: the real one, except that no file is read and no tokenizer trained. A user's text or
 * articles are assumed to have as many words or characters as are kept at most, a trained tokenizer as many pieces as asked
 * for; a model that the run starts from has its words or pieces.
 * @throws InputError if the run cannot start from that model
 */
export async function plannedWork(config: RunConfig, given: Materials = {}, start?: Start): Promise<Work> {
  const { noise, text, articles, stories } = given;
  if (start) return plannedStart(config, given, start);
  const inPieces = piecesOfRun(config, given);
  const work = await workOf(
    { ...config, tokenizer: 'words' },
    {
      ...(noise && inPieces === undefined ? { noise } : {}),
      // A small file, whose answers are the classes.
      ...(stories ? { stories } : {}),
    },
  );
  if (inPieces !== undefined) {
    const vocabulary = fullVocabulary(
      inPieces - specials.length,
      work.vocabulary.words.slice(specials.length, inPieces),
    );
    const corpus = unreadText('text', 'pieces', vocabulary);
    return {
      ...work,
      vocabulary,
      material: { ...work.material, ...(work.task.material === 'text' ? { corpus } : {}) },
    };
  }
  const size = config.vocabulary_words;
  if (text) {
    const { unit } = config;
    const vocabulary =
      unit === 'bytes' ? work.vocabulary : fullVocabulary(unit === 'characters' ? mostCharacters : size);
    const corpus = unreadText(text.name ?? 'text', unit, vocabulary);
    return { ...work, vocabulary, material: { ...work.material, corpus } };
  }
  if (!articles) return work;
  // The built-in documents stand for the user's, so their words are among those kept.
  const most = specials.length + verdicts.length + size;
  return { ...work, vocabulary: fullVocabulary(most, work.vocabulary.words) };
}
