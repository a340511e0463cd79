// Which memory token holds what is told of whom: how much each of them changes with the value that is told of a subject.
import { InputError } from '../errors.ts';
import { drawSamples } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import type { SegmentReader } from '../models/reader.ts';
import { cut, type SegmentConfig } from '../models/segments.ts';
import type { Random } from '../random.ts';
import { type Statement, statementOf } from '../tasks/user-form.ts';
import { encodeExactly } from '../text/vocabulary.ts';

export interface HoldersRequest {
  /** Documents whose beginning is read before the statement. */
  readonly documents: number;
  /** Segments of the beginning. */
  readonly segments: number;
}

export interface Holders {
  /** Of whom something is told, and what is told of them. */
  readonly subjects: readonly string[];
  readonly values: readonly string[];
  readonly tokens: number;
  /**
   * (tokens, subjects) variance of a memory token, as one segment passes it on, over the values told of the subject in
   * that segment: summed over channels, mean over documents. Everything else in the segment and before it is the same.
   */
  readonly variance: Float32Array;
}

/** The documents of the task that are looked through for its subjects and values. */
const LOOKED_THROUGH = 256;

/** The statements of a task's documents, with the subjects and values that occur in them. */
export interface Told extends Statement {
  readonly subjects: readonly string[];
  readonly values: readonly string[];
}

/** @throws InputError if the task's facts do not say something of somebody */
export function toldIn(work: Work, random: Random, { segment_size: size }: SegmentConfig): Told {
  const { task, vocabulary } = work;
  const statement =
    task.kind === 'classification' && task.userForms ? statementOf(task.userForms, task.classes) : undefined;
  if (!statement)
    throw new InputError(
      task.id,
      'a task whose facts are not about somebody',
      'one whose facts say something of a subject, such as tracking or detect',
    );
  const subjects = new Set<string>();
  const values = new Set<string>();
  for (const { inputs, sample } of drawSamples(work, random, LOOKED_THROUGH, 1, size, 'train'))
    for (const { kind, start, end } of sample.marks) {
      if (kind !== 'fact') continue;
      const words = Array.from(inputs.subarray(start, end), (id) => vocabulary.word(id));
      const found = statement.read(words.join(' '));
      if (found) {
        subjects.add(found.subject);
        values.add(found.value);
      }
    }
  const among = (all: readonly string[], seen: ReadonlySet<string>) => all.filter((word) => seen.has(word));
  return {
    ...statement,
    subjects: among(statement.subjects, subjects),
    values: among(statement.values, values),
  };
}

/**
 * Read the beginnings of documents, tell each subject each value after them, and compare what the memory tokens become;
 * yields the number of documents read after each.
 * @param reader its batch is subjects × values
 * @returns undefined if it was stopped
 */
export async function* holdersOf(
  reader: SegmentReader,
  config: SegmentConfig,
  work: Work,
  told: Told,
  random: Random,
  { documents, segments }: HoldersRequest,
  stopped: () => boolean,
): AsyncGenerator<number, Holders | undefined> {
  const { subjects, values, say } = told;
  const { num_mem_tokens: tokens, segment_size: size, segment_alignment: alignment } = config;
  const { vocabulary, material } = work;
  const variance = new Float32Array(tokens * subjects.length);
  for (let n = 0; n < documents; n++) {
    const [beginning] = drawSamples(work, random, 1, segments + 1, size, 'validation');
    if (!beginning) return undefined;
    const borders = cut(beginning.inputs.length, size, alignment).slice(0, -1);
    const noise = material.noise.fill(random, size, vocabulary);
    const statements = subjects.flatMap((subject) =>
      values.map((value) => {
        const text = noise.slice();
        text.set(encodeExactly(vocabulary, say(subject, value)));
        return text;
      }),
    );
    reader.reset();
    for (const [from, to] of borders) {
      if (stopped()) return undefined;
      await reader.step(statements.map(() => beginning.inputs.subarray(from, to)));
    }
    const { memory } = await reader.step(statements);
    addVariance(variance, memory, subjects.length, values.length, tokens, 1 / documents);
    yield n + 1;
  }
  return { subjects, values, tokens, variance };
}

/** Add `share` of the variance over values of `memory` (subjects, values, tokens, D) to `variance` (tokens, subjects). */
export function addVariance(
  variance: Float32Array,
  memory: Float32Array,
  subjects: number,
  values: number,
  tokens: number,
  share: number,
): void {
  const width = memory.length / (subjects * values * tokens);
  for (let s = 0; s < subjects; s++)
    for (let k = 0; k < tokens; k++) {
      let sum = 0;
      for (let c = 0; c < width; c++) {
        let [mean, square] = [0, 0];
        const at = (v: number) => memory[((s * values + v) * tokens + k) * width + c] as number;
        for (let v = 0; v < values; v++) mean += at(v) / values;
        for (let v = 0; v < values; v++) square += (at(v) - mean) ** 2 / values;
        sum += square;
      }
      variance[k * subjects + s] = (variance[k * subjects + s] as number) + share * sum;
    }
}
