// The results of evaluations, kept as notes that outlast a reload, and validated when they are read back.
import * as v from 'valibot';
import type { ModelFacts, Suspicion, TextReport } from '../protocol/index.ts';
import type { Measure } from '../tasks/measures.ts';
import { units } from '../text/unit.ts';
import { type RunId, suspicionsSchema } from './library/record.ts';
import type { Notes } from './state.ts';

export interface AccuracyPoint {
  readonly segments: number;
  /** The task's settings of these documents, if the evaluation had some. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Facts in a document on average, if the task marks some. */
  readonly facts?: number;
  readonly right: number;
  /** The number of scored answers: one per sample, or the words of the answers. */
  readonly asked: number;
  /** The number of samples with every answer correct. */
  readonly whole: number;
  /** The number of samples whose answer the model generated correctly, if requested. */
  readonly generated: number | undefined;
  /** Macro F1, if the answer is a class. */
  readonly f1: number | undefined;
  readonly samples: number;
  readonly wanted: number;
  /** Mean cross-entropy of the scored answers, in nats. */
  readonly loss: number;
  /** The number of scored answers that are the commonest one; absent in results kept by an earlier version. */
  readonly commonest: number | undefined;
  readonly suspicions: readonly Suspicion[];
  /** Language modelling, once all samples are done: the loss at every position. */
  readonly positions: Float32Array | undefined;
}

export interface EvaluateResult {
  readonly id: number;
  readonly label: string;
  /** The run of the library that it evaluates, if any. */
  readonly run?: RunId;
  readonly task: string;
  readonly measure: Measure;
  /** The unit of a text for language modelling. */
  readonly unit: string | undefined;
  /** Chance accuracy, if defined. */
  readonly chance: number | undefined;
  readonly model: ModelFacts;
  /** The user's files that were read. */
  readonly files: readonly string[];
  /** How the model reads the user's text. */
  readonly text: TextReport | undefined;
  readonly points: readonly AccuracyPoint[];
  readonly segments: readonly number[];
  readonly samples: number;
  /** The settings of the task that it was evaluated at, instead of the model's own. */
  readonly settings?: Readonly<Record<string, readonly string[]>> | undefined;
  readonly status: 'running' | 'finished' | 'cancelled';
}

const name = 'evaluations';
/** Characters of all results together: browsers keep about five million in session storage. */
const mostCharacters = 3e6;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
/** JSON has no NaN and writes null. */
const written = v.pipe(
  v.nullable(finite),
  v.transform((value) => value ?? Number.NaN),
);
const side = v.optional(v.object({ rows: count, columns: count }));
const point = v.looseObject({
  segments: count,
  settings: v.optional(v.record(v.string(), v.string())),
  facts: v.optional(finite),
  right: count,
  asked: count,
  whole: count,
  generated: v.optional(count),
  f1: v.optional(written),
  samples: count,
  wanted: count,
  loss: written,
  commonest: v.optional(count),
  suspicions: v.optional(suspicionsSchema, []),
  positions: v.optional(
    v.pipe(
      v.array(written),
      v.transform((losses) => Float32Array.from(losses)),
    ),
  ),
});
const textReport = v.object({
  name: v.string(),
  unit: v.picklist(units),
  words: count,
  unknown: count,
  examples: v.array(v.string()),
  different: count,
  commonest: v.object({ token: v.string(), count }),
});
const result = v.object({
  id: count,
  label: v.string(),
  run: v.exactOptional(v.string()),
  task: v.string(),
  measure: v.picklist(['classes', 'answer words', 'every word'] satisfies Measure[]),
  unit: v.optional(v.string()),
  chance: v.optional(finite),
  model: v.looseObject({
    name: v.string(),
    kind: v.string(),
    answers: v.picklist(['class', 'tokens']),
    task: v.optional(v.string()),
    parameters: count,
    gpuBytes: count,
    layers: count,
    heads: count,
    hiddenSize: count,
    memTokens: count,
    cacheSize: count,
    segmentSize: count,
    positions: count,
    front: count,
    looks: v.object({ write: side, read: side }),
    classes: v.array(v.string()),
  }),
  files: v.array(v.string()),
  text: v.optional(textReport),
  points: v.array(point),
  segments: v.array(count),
  samples: count,
  settings: v.optional(v.record(v.string(), v.array(v.string()))),
  status: v.picklist(['running', 'finished', 'cancelled']),
});

/** Typed arrays as lists: JSON would write them as objects. */
const plain = (_: string, value: unknown) => (value instanceof Float32Array ? [...value] : value);

/** The newest results that fit. */
export function keepResults(notes: Notes | undefined, results: readonly EvaluateResult[]): void {
  if (!notes) return;
  const kept: unknown[] = [];
  let characters = 0;
  for (const each of results.toReversed()) {
    const text = JSON.stringify(each, plain);
    characters += text.length;
    if (characters > mostCharacters) break;
    kept.unshift(JSON.parse(text));
  }
  notes.keep(name, kept.length > 0 ? kept : undefined);
}

/** Each result that can be read; one that was running is over. */
export function keptResults(notes: Notes | undefined): EvaluateResult[] {
  const found = notes?.recall(name);
  if (!Array.isArray(found)) return [];
  return found.flatMap((each) => {
    const read = v.safeParse(result, each);
    if (!read.success) return [];
    const { status } = read.output;
    return [{ ...read.output, status: status === 'running' ? 'cancelled' : status } as EvaluateResult];
  });
}
