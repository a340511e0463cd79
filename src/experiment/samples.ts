// Samples of a task, drawn for training, evaluation and streams, and put together as batches.
import { InputError } from '../errors.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { segmentBatch } from '../models/segments.ts';
import { type Batch, classTargets, questionTargets, tokenTargets } from '../models/targets.ts';
import { Random } from '../random.ts';
import type { Sample, TokenSample } from '../tasks/task.ts';
import { type UserDocument, userSample } from '../tasks/user-document.ts';
import type { Split } from '../text/split.ts';
import { tokenizerOf } from '../text/tokenizer.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { Work } from './workspace.ts';

/** A sample of any task: the tokens the model reads, and its targets. */
export interface Drawn {
  /** Read segment by segment. */
  readonly inputs: Int32Array;
  /** The whole sequence, whose words from `from` to `to` are the answer; for a class, its token follows the inputs. */
  readonly words: Int32Array;
  readonly from: number;
  readonly to: number;
  /** The class, or -1. */
  readonly answer: number;
  /** The class asked for after each segment, or -1; missing if only the last one asks. */
  readonly asked?: Int32Array | undefined;
  /** Words before the answer that answer an earlier question. */
  readonly answered?: readonly number[] | undefined;
  readonly sample: Sample | TokenSample;
}

function drawn(work: Work, sample: Sample | TokenSample): Drawn {
  if ('answer' in sample) {
    const { tokens: inputs, answer, asked, answered } = sample;
    const words = new Int32Array(inputs.length + 1);
    words.set(inputs);
    // A text without an answer ends with a token that is never scored.
    words[inputs.length] = work.classTokens[answer] ?? Math.max(0, work.vocabulary.unknown);
    return { inputs, words, from: inputs.length, to: inputs.length + 1, answer, asked, answered, sample };
  }
  const { answerFrom: from, answerEnd: to } = sample;
  const words = sample.tokens;
  return { inputs: words.subarray(0, words.length - 1), words, from, to, answer: -1, sample };
}

/** Draw samples, all with the same number of segments. */
export function drawSamples(
  work: Work,
  random: Random,
  count: number,
  segments: number,
  segmentSize: number,
  split: Split,
  stageSegments = segments,
): Drawn[] {
  const { vocabulary, material } = work;
  const request = { ...material, segments, segmentSize, split, stageSegments, vocabulary };
  const samples: Drawn[] = [];
  while (samples.length < count) {
    const sample = work.task.sample(random, request);
    const { alike = [] }: Pick<Sample, 'alike'> = 'answer' in sample ? sample : {};
    for (const each of [sample, ...alike]) samples.push(drawn(work, each));
  }
  return samples.slice(0, count);
}

/** The beginning of a text, without an answer. @throws InputError if it has no token */
function textSample(vocabulary: Vocabulary, text: string, most: number): Sample {
  const { ids } = tokenizerOf(vocabulary).encode(text);
  if (ids.length === 0) throw new InputError('text', 'no tokens', 'a text to read');
  return { tokens: ids.slice(0, most), answer: -1, marks: [] };
}

/**
 * The document of a stream: drawn, the user's facts over drawn noise, or a text of the user.
 * @throws InputError if the user's facts do not fit, or the text is empty
 */
export function documentOf(
  work: Work,
  seed: number,
  segments: number,
  segmentSize: number,
  own: UserDocument | undefined,
): Drawn {
  const { task, vocabulary, material } = work;
  if (work.reads !== undefined) return drawn(work, textSample(vocabulary, work.reads, segments * segmentSize));
  const random = new Random(seed);
  const request = { ...material, segments, segmentSize, split: 'validation', vocabulary } as const;
  return drawn(work, own ? userSample(task, random, request, own) : task.sample(random, request));
}

/**
 * Samples as a batch.
 * @param loss of a classifier whose samples ask at the end only: of the last segment, or the mean over all
 * @param all  of a generative model: score every word, not only the answer
 */
export function batchOf(
  samples: readonly Drawn[],
  { config, answers }: Blueprint,
  loss: 'last' | 'mean' = 'last',
  all = false,
): Batch {
  const segmented = segmentBatch(
    samples.map(({ inputs }) => inputs),
    config,
  );
  if (answers === 'class' && samples.some(({ asked }) => asked))
    return questionTargets(
      segmented,
      samples.map(
        ({ asked, answer }) => asked ?? segmented.segments.map((_, n, { length }) => (n < length - 1 ? -1 : answer)),
      ),
    );
  if (answers === 'class')
    return classTargets(
      segmented,
      samples.map(({ answer }) => answer),
      loss,
    );
  return tokenTargets(
    segmented,
    config.segment_size,
    samples.map(({ words }) => words),
    samples.map(({ from, to, answered }) => ({ from: all ? 1 : from, to, before: answered })),
  );
}
