// Accuracy and loss on held-out samples, by number of segments.
import { type ClassCount, countClasses } from '../analysis/f1.ts';
import { type Suspicion, suspicionsOf } from '../analysis/suspicion.ts';
import { batchOf, type Drawn, drawSamples } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Blueprint } from '../models/blueprint.ts';
import type { Model } from '../models/model.ts';
import type { SegmentReader } from '../models/reader.ts';
import type { BatchResult } from '../models/score.ts';
import type { Batch } from '../models/targets.ts';
import type { Random } from '../random.ts';
import type { TextReport } from '../text/text-report.ts';
import { generate } from './generate.ts';
import { whileRunning } from './reporting.ts';

/** Running sums over the samples evaluated so far. */
export interface Sums {
  /** Correct predictions among those scored. */
  readonly right: number;
  readonly asked: number;
  /** Samples with every prediction correct. */
  readonly whole: number;
  /** Samples whose answer the model generated correctly, if generation was requested. */
  readonly generated?: number;
  /** Where the answer is a class: how often each was expected and predicted. */
  readonly classes?: readonly ClassCount[];
  readonly samples: number;
  /** Facts in these samples, as marked by the task. */
  readonly facts: number;
  /** Sum of the cross-entropy of the scored predictions, in nats. */
  readonly loss: number;
  /** How often each class or word was the correct one. */
  readonly expected: ReadonlyMap<number, number>;
  /** Sums and counts of the cross-entropy at each position, for tasks that score every word. */
  readonly positions?: { readonly sums: Float64Array; readonly counts: Float64Array };
}

/** Running result of one number of segments; the last one of each has samples = wanted. */
export interface EvaluatePoint {
  readonly segments: number;
  /** The task's settings of these samples, if the request has some. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Facts in a document on average: fewer than a setting asks for where they do not fit. Absent without facts. */
  readonly facts?: number;
  /** Correct predictions, and how many were scored: one per sample of a class task, the words of the answer of others. */
  readonly right: number;
  readonly asked: number;
  /** Samples with every prediction correct, given the correct words before it. */
  readonly whole: number;
  /** Where the answer is a class: macro F1, the mean over classes. */
  readonly f1?: number;
  /** Samples whose generated answer is correct, or passes the task's own check. */
  readonly generated?: number;
  readonly samples: number;
  readonly wanted: number;
  /** Mean cross-entropy of a scored prediction, in nats: over classes or tokens, however they are spread over samples. */
  readonly loss: number;
  /** How many of the scored predictions had the commonest answer: what always giving it would score. */
  readonly commonest: number;
  readonly suspicions: readonly Suspicion[];
  /** Language modelling: mean cross-entropy at every position of the sequence, in nats; NaN where none was scored. */
  readonly positions?: Float32Array;
}

/** Maximum positions whose losses are tracked separately. */
const MOST_POSITIONS = 65_536;

/** Add a batch's losses to the sums at their positions in the sequence. */
function addPositions(into: NonNullable<Sums['positions']>, batch: Batch, { rows }: BatchResult, size: number): void {
  const done = new Array<number>(batch.sequences).fill(0);
  batch.targets.forEach((asked, n) => {
    for (let b = 0; b < batch.sequences; b++) {
      const length = batch.segments[n]?.[b]?.length ?? 0;
      for (let t = 0; t < length; t++) {
        const row = b * size + t;
        const at = (done[b] as number) + t;
        if (!asked?.weights[row] || at >= into.sums.length) continue;
        into.sums[at] = (into.sums[at] as number) + (rows[n]?.[row * 2] ?? 0);
        into.counts[at] = (into.counts[at] as number) + 1;
      }
      done[b] = (done[b] as number) + length;
    }
  });
}

/** How many generated answers are correct, or pass the task's own check. */
async function correctlyGenerated(
  reader: SegmentReader,
  model: Model,
  { task, vocabulary, material }: Work,
  samples: readonly Drawn[],
): Promise<number> {
  const prompts = samples.map(({ words, from }) => words.subarray(0, from));
  const answers = samples.map((): number[] => []);
  const length = samples[0]?.words.length ?? 0;
  for await (const added of generate(reader, model, prompts, { length }))
    for (const { sequence, id } of added) answers[sequence]?.push(id);
  return samples.filter(({ words, from, to, sample }, b) => {
    const answer = (answers[b] ?? []).slice(0, to - from);
    if (task.kind === 'generation' && task.check && !('answer' in sample))
      return task.check(
        (answers[b] ?? []).map((id) => vocabulary.word(id)),
        sample,
        vocabulary,
        material,
      ).right;
    return answer.every((id, i) => id === words[from + i]);
  }).length;
}

/** The class counts after one more batch, where the answer is a class. */
function withClasses(
  { classes = [] }: Sums,
  samples: readonly Drawn[],
  { predicted }: BatchResult,
  { answers }: Pick<Blueprint, 'answers'>,
  { classTokens }: Work,
): Pick<Sums, 'classes'> {
  if (samples.some(({ answer }) => answer < 0)) return {};
  // A generative model answers with the word for the class.
  const named = answers === 'class' ? predicted : predicted.map((id) => classTokens.indexOf(id));
  return {
    classes: countClasses(
      classes,
      samples.map(({ answer }) => answer),
      named,
    ),
  };
}

/** Called with each batch after it was scored. */
export type Look = (samples: readonly Drawn[], batch: Batch, result: BatchResult) => void;

export interface EvaluateOptions {
  readonly count: number;
  /** Also let a generative model generate each answer. */
  readonly generate?: boolean | undefined;
  readonly look?: Look;
  /** Whether to stop, in the middle of a batch too. */
  readonly stopped?: (() => boolean) | undefined;
}

/** A batch that is being read: a document of thousands of segments takes a while. */
export interface Reading {
  readonly documents: number;
  /** Segments of each that have been read. */
  readonly segments: number;
}

/** Milliseconds between two reports about a batch that is being read, and the shortest documents to report about. */
const REPORT = { every: 400, fromSegments: 64 } as const;

/** Evaluate a batch; yields how far it has come from time to time. @returns undefined if it was stopped */
async function* readBatch(
  reader: SegmentReader,
  batch: Batch,
  stopped: () => boolean,
): AsyncGenerator<Reading, BatchResult | undefined> {
  let segments = 0;
  const result = reader.evaluate(batch, (read) => {
    segments = read;
    return !stopped();
  });
  if (batch.segments.length < REPORT.fromSegments) return result;
  return yield* whileRunning(result, REPORT.every, () => ({ documents: batch.sequences, segments }));
}

export const noSums: Sums = { right: 0, asked: 0, whole: 0, samples: 0, facts: 0, loss: 0, expected: new Map() };

const factsOf = ({ sample }: Drawn): number => sample.marks.filter(({ kind }) => kind === 'fact').length;

/**
 * The figures of the sums that follow from them alone.
 * @param words how the user's text is read, if there is one
 */
export function figuresOf(
  { right, asked, loss: sum, expected }: Sums,
  words?: TextReport,
): Pick<EvaluatePoint, 'right' | 'asked' | 'loss' | 'commonest' | 'suspicions'> {
  const answers = { right, asked, loss: sum / asked, commonest: Math.max(0, ...expected.values()) };
  return { ...answers, suspicions: suspicionsOf({ answers, words }) };
}

/** The counts with these added. */
function counted(counts: ReadonlyMap<number, number>, values: readonly number[]): ReadonlyMap<number, number> {
  const next = new Map(counts);
  for (const value of values) next.set(value, (next.get(value) ?? 0) + 1);
  return next;
}

/**
 * Evaluate `count` validation samples of one length, a batch at a time; yields the sums after each batch, and with them how
 * far a batch has come that takes long.
 */
export async function* evaluateSamples(
  reader: SegmentReader,
  model: Model,
  work: Work,
  random: Random,
  segments: number,
  { count, generate: alsoGenerate = false, look, stopped = () => false }: EvaluateOptions,
): AsyncGenerator<Sums & { readonly reading?: Reading }> {
  const { config } = model.blueprint;
  const everyWord = work.task.kind === 'generation' && work.task.measure === 'loss';
  const length = Math.min(MOST_POSITIONS, segments * config.segment_size);
  const positions = everyWord ? { sums: new Float64Array(length), counts: new Float64Array(length) } : undefined;
  let sums: Sums = { ...noSums, ...(positions ? { positions } : {}) };
  while (sums.samples < count) {
    const size = Math.min(reader.batch, count - sums.samples);
    const samples = drawSamples(work, random, size, segments, config.segment_size, 'validation');
    const batch = batchOf(samples, model.blueprint);
    const reading = readBatch(reader, batch, stopped);
    let step = await reading.next();
    for (; !step.done; step = await reading.next()) yield { ...sums, reading: step.value };
    const result = step.value;
    if (!result) return;
    look?.(samples, batch, result);
    if (positions) addPositions(positions, batch, result, config.segment_size);
    const generated =
      alsoGenerate && model.blueprint.answers === 'tokens'
        ? { generated: (sums.generated ?? 0) + (await correctlyGenerated(reader, model, work, samples)) }
        : {};
    sums = {
      ...sums,
      ...generated,
      ...withClasses(sums, samples, result, model.blueprint, work),
      right: sums.right + result.correct,
      asked: sums.asked + result.scored,
      whole: sums.whole + result.exact,
      samples: sums.samples + size,
      facts: samples.reduce((sum, each) => sum + factsOf(each), sums.facts),
      // The batch's loss is the mean over its scored predictions, whose number differs between batches.
      loss: sums.loss + result.loss * result.scored,
      expected: counted(sums.expected, result.expected),
    };
    yield sums;
  }
}

/** The mean cross-entropy at each position; NaN where none was scored. */
export function positionLosses({ positions }: Sums): Float32Array | undefined {
  return positions && Float32Array.from(positions.sums, (sum, i) => sum / (positions.counts[i] as number));
}
