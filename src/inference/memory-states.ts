// The memory after some segments of many documents, with the answer of each: what a probe and a projection are made from.
import { InputError } from '../errors.ts';
import { type Drawn, drawSamples } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { Model } from '../models/model.ts';
import type { SegmentReader, SegmentView } from '../models/reader.ts';
import { cut, segmentBatch } from '../models/segments.ts';
import type { Random } from '../random.ts';
import { stateLayoutOf } from './interventions.ts';

/** Limit for the states of all documents. */
const MOST_STATE_BYTES = 512 * 2 ** 20;

export interface StatesRequest {
  readonly segments: number;
  readonly samples: number;
  /** Segments measured at most, evenly spaced. */
  readonly points: number;
  /** For a task whose answer is several words: which of them, from 0. */
  readonly word: number;
}

/** The states of sampled documents. */
export interface SampledStates {
  /** The segments measured, from 0. */
  readonly at: readonly number[];
  /** For each measured segment and document: the memory vectors (M, D) after it, or the model's other states, flat. */
  readonly states: readonly (readonly Float32Array[])[];
  /** For each document: its answer as a name, and whether everything marked as a fact has been read, by measured segment. */
  readonly answers: readonly string[];
  readonly informed: readonly (readonly boolean[])[];
  /** For each measured segment and document: the model's own answer if it had to answer then; empty if it has none yet. */
  readonly predicted: readonly (readonly (string | undefined)[])[];
}

/** Evenly spaced segments with the first and the last, at most `most`. */
export function spaced(segments: number, most: number): number[] {
  const count = Math.min(segments, Math.max(1, most));
  if (count === 1) return [segments - 1];
  return Array.from({ length: count }, (_, i) => Math.round((i * (segments - 1)) / (count - 1)));
}

/**
 * The answer that a probe predicts: the class, or one word of a text answer.
 * @throws InputError if the task has no answer
 */
export function answerOf({ task, vocabulary }: Work, { words, from, to, answer }: Drawn, word: number): string {
  if (task.kind === 'classification' && answer >= 0) return task.classes[answer] ?? '';
  if (task.kind === 'classification' || task.measure === 'loss')
    throw new InputError(task.id, 'a text without an answer', 'a task with an answer, which a probe predicts');
  if (from + word >= to)
    throw new InputError('word of the answer', String(word + 1), `one from 1 to ${to - from}, as the answer has`);
  return vocabulary.word(words[from + word] as number);
}

/** The model's own answer after a segment: of a classifier, or of a decoder whose task has classes. */
function predictedBy(
  { logits }: SegmentView,
  b: number,
  text: Int32Array | undefined,
  { blueprint }: Model,
  { task, classTokens }: Work,
): string | undefined {
  if (task.kind !== 'classification') return undefined;
  const largest = (values: readonly number[]) => values.indexOf(Math.max(...values));
  if (blueprint.answers === 'class')
    return task.classes[largest(Array.from((logits[b] ?? new Float32Array(0)).slice(0, task.classes.length)))];
  const row = text && text.length > 0 ? logits[b * blueprint.layout.head.rows + text.length - 1] : undefined;
  return row && task.classes[largest(classTokens.map((id) => row[id] as number))];
}

/** After how many tokens everything marked as a fact has been read. */
const lastFact = ({ sample }: Drawn): number =>
  sample.marks.reduce((end, mark) => (mark.kind === 'fact' ? Math.max(end, mark.end) : end), 0);

/**
 * Read sampled documents and keep their memory; yields the number of documents read after each batch, and returns the
 * states, undefined if it was stopped.
 * @throws InputError if the model passes nothing on, the task has no answer, or the states are too large to keep
 */
export async function* sampleStates(
  reader: SegmentReader,
  model: Model,
  work: Work,
  random: Random,
  { segments, samples, points, word }: StatesRequest,
  stopped: () => boolean,
): AsyncGenerator<number, SampledStates | undefined> {
  const { config } = model.blueprint;
  const { size, tokens, width } = stateLayoutOf(model.blueprint);
  // Memory vectors come first; a cache beside them is left out.
  const kept = tokens > 0 ? tokens * width : size;
  if (kept === 0) throw new InputError('memory', 'a model without memory', 'one that passes something on');
  const at = spaced(segments, points);
  const bytes = 4 * kept * at.length * samples;
  if (bytes > MOST_STATE_BYTES)
    throw new InputError(
      'memory of all documents',
      `${Math.round(bytes / 2 ** 20)} MiB`,
      `at most ${MOST_STATE_BYTES / 2 ** 20} MiB: fewer documents or measured segments`,
    );
  const states: Float32Array[][] = at.map(() => []);
  const predicted: (string | undefined)[][] = at.map(() => []);
  const answers: string[] = [];
  const informed: boolean[][] = [];
  while (answers.length < samples) {
    const count = Math.min(reader.batch, samples - answers.length);
    const drawn = drawSamples(work, random, count, segments, config.segment_size, 'validation');
    const batch = segmentBatch(
      drawn.map(({ inputs }) => inputs),
      config,
    );
    // All documents end together; one that is shorter begins later.
    const before = segments - batch.segments.length;
    for (const each of drawn) {
      answers.push(answerOf(work, each, word));
      const borders = cut(each.inputs.length, config.segment_size, config.segment_alignment);
      const last = lastFact(each);
      informed.push(at.map((n) => (borders[n - segments + borders.length]?.[1] ?? 0) >= last));
    }
    reader.reset();
    for (const [n, texts] of batch.segments.entries()) {
      if (stopped()) return undefined;
      const view = await reader.step(texts);
      const measured = at.indexOf(n + before);
      if (measured < 0) continue;
      const parts = [...view.states.values()];
      for (let b = 0; b < count; b++) {
        const own = new Float32Array(kept);
        let filled = 0;
        for (const part of parts) {
          const each = part.length / reader.batch;
          if (filled + each > kept) break;
          own.set(part.subarray(b * each, (b + 1) * each), filled);
          filled += each;
        }
        states[measured]?.push(own);
        predicted[measured]?.push(predictedBy(view, b, texts[b], model, work));
      }
    }
    yield answers.length;
  }
  // Before the longest document of a batch begins there is nothing to measure.
  const complete = at.flatMap((_, i) => (states[i]?.length === samples ? [i] : []));
  const of = <T>(all: readonly T[]) => complete.map((i) => all[i] as T);
  return {
    at: of(at),
    states: of(states),
    predicted: of(predicted),
    answers,
    informed: informed.map((each) => of(each)),
  };
}
