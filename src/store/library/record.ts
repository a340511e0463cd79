// The record of a run, stored next to its checkpoint and curves, and its validation on reading.
import * as v from 'valibot';
import { suspicionKinds } from '../../analysis/suspicion.ts';
import { parseConfig, type RunConfig, withEarlierKnobs } from '../../experiment/config.ts';
import { type PresetName, presets } from '../../experiment/presets.ts';
import type { DataIdentity, Materials, Suspicion, TrainProgress } from '../../protocol/index.ts';
import { measureOf } from '../../tasks/measures.ts';
import { Curves, type CurvesData, curvesSchema } from './curves.ts';

export type RunId = string;

/** The state of a run; `training` in no tab means that it was interrupted. */
export const runStates = ['training', 'stopped', 'finished', 'failed'] as const;
export type RunState = (typeof runStates)[number];

/** The last and best validation at the largest number of segments. */
export interface Validated {
  readonly segments: number;
  readonly accuracy: number;
  readonly bestAccuracy: number;
  readonly loss: number;
  readonly lowestLoss: number;
}

/** An evaluation of a run at one number of segments. */
export interface EvaluatedPoint {
  readonly segments: number;
  readonly accuracy: number;
  /** In nats. */
  readonly loss: number;
  readonly samples: number;
  /** Of the documents. */
  readonly seed: number;
}

export interface RunRecord {
  readonly id: RunId;
  readonly name: string;
  readonly preset: PresetName;
  readonly config: RunConfig;
  readonly noise: Materials['noise'];
  /** Names of the files it reads: the files themselves are not stored and have to be given again after a reload. */
  readonly files: readonly string[];
  /** Milliseconds since 1970. */
  readonly created: number;
  readonly saved: number;
  readonly state: RunState;
  /** Progress at the checkpoint, or at the start if there is none yet. */
  readonly progress: TrainProgress;
  readonly validated: Validated | undefined;
  /** The model that it started from; absent after a start from random weights. */
  readonly origin?: DataIdentity;
  /** What was suspicious about its figures when it was last saved, or ended. */
  readonly suspicions?: readonly Suspicion[];
  /** Words of the user's that it is found by. */
  readonly tags?: readonly string[];
  /** Its accuracy by number of segments, from the newest evaluations on its own task. */
  readonly evaluated?: readonly EvaluatedPoint[];
  /** The file with the checkpoint, in the browser's storage. */
  readonly checkpoint: { readonly file: string; readonly bytes: number } | undefined;
  /** When it was put into the bin; undefined if it is not in the bin. */
  readonly deleted: number | undefined;
}

export const mostNameLength = 200;
export const mostTags = 16;
export const mostTagLength = 40;

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
const finite = v.pipe(v.number(), v.finite());
const text = v.pipe(v.string(), v.trim(), v.minLength(1, 'a name'), v.maxLength(mostNameLength));

/** A valid configuration, or an issue with the reason. */
const config = v.rawTransform<unknown, RunConfig>(({ dataset, addIssue, NEVER }) => {
  try {
    const saved = dataset.value;
    const isObject = typeof saved === 'object' && saved !== null && !Array.isArray(saved);
    return parseConfig(isObject ? withEarlierKnobs(saved) : saved, 'config');
  } catch (error) {
    addIssue({ message: error instanceof Error ? error.message : String(error) });
    return NEVER;
  }
});

export const progressSchema = v.pipe(
  v.object({
    step: count,
    steps: count,
    stage: count,
    stages: count,
    stageStep: count,
    stageSteps: count,
    segments: count,
  }),
  v.check(({ step, steps }) => step <= steps, 'a step that is not after the last'),
);

/** Kinds that a later version of the page knows are left out. */
export const suspicionsSchema = v.pipe(
  v.array(v.object({ kind: v.string(), sentence: v.pipe(v.string(), v.maxLength(1000)), figure: finite })),
  v.maxLength(32),
  v.transform((list): Suspicion[] =>
    list.flatMap((each) => {
      const kind = suspicionKinds.find((known) => known === each.kind);
      return kind ? [{ ...each, kind }] : [];
    }),
  ),
);

export const originSchema = v.object({
  name: v.pipe(v.string(), v.maxLength(1000)),
  size: count,
  hash: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'a SHA-256 in hexadecimal')),
});

const evaluatedSchema = v.pipe(
  v.array(
    v.object({
      segments: count,
      accuracy: v.pipe(finite, v.minValue(0), v.maxValue(1)),
      loss: finite,
      samples: count,
      seed: count,
    }),
  ),
  v.maxLength(64),
);
const tagSchema = v.pipe(v.string(), v.trim(), v.minLength(1, 'a word'), v.maxLength(mostTagLength));

/** The entries shared by stored and exported runs. */
export const commonEntries = {
  name: text,
  preset: v.picklist(Object.keys(presets) as [PresetName, ...PresetName[]], 'the name of a preset'),
  config: v.pipe(v.unknown(), config),
  noise: v.optional(v.object({ name: v.string(), text: v.string() })),
  files: v.pipe(v.array(v.pipe(v.string(), v.maxLength(1000))), v.maxLength(16)),
  created: finite,
  state: v.picklist(runStates, `one of ${runStates.join(', ')}`),
  progress: progressSchema,
  suspicions: v.exactOptional(suspicionsSchema),
  tags: v.exactOptional(v.pipe(v.array(tagSchema), v.maxLength(mostTags))),
  evaluated: v.exactOptional(evaluatedSchema),
  origin: v.exactOptional(originSchema),
} as const;

const id = v.pipe(v.string(), v.regex(/^[\w-]{1,64}$/, 'letters and digits'));
const recordSchema = v.object({
  ...commonEntries,
  id,
  saved: finite,
  validated: v.optional(
    v.object({ segments: count, accuracy: finite, bestAccuracy: finite, loss: finite, lowestLoss: finite }),
  ),
  checkpoint: v.optional(v.object({ file: v.pipe(v.string(), v.regex(/^[\w.-]+$/, 'a file name')), bytes: count })),
  deleted: v.optional(finite),
});

/** The format of an earlier version of the page: one run, without a name or curves. */
export const formerSchema = v.object({
  bytes: v.pipe(
    v.instance(Uint8Array),
    v.transform((bytes) => new Uint8Array(bytes)),
  ),
  config: v.pipe(v.unknown(), config),
  progress: progressSchema,
  noise: commonEntries.noise,
  files: v.optional(commonEntries.files, []),
  saved: finite,
});

/** What some checks of valibot expect; they do not say it themselves. */
const expectedBy: Readonly<Record<string, string>> = { integer: 'a whole number', finite: 'a finite number' };

/** An issue as text: location, found and expected. */
export function issueText(issue: v.BaseIssue<unknown>, where: string): string {
  const path = v.getDotPath(issue);
  // A configuration's message already contains the location.
  if (issue.type === 'raw_transform') return `${where}: ${issue.message}`;
  const isMissing = issue.message.startsWith('Invalid key');
  const expected = isMissing
    ? 'one'
    : issue.message.startsWith('Invalid')
      ? (issue.expected ?? expectedBy[issue.type] ?? `a valid ${issue.type.replaceAll('_', ' ')}`)
      : issue.message;
  const found = issue.received.length > 60 ? `${issue.received.slice(0, 60)}…` : issue.received;
  return `${where}: ${path ?? 'document'}: found ${isMissing ? 'none' : found} (expected ${expected})`;
}

/** @throws Error saying where, what was found and what was expected */
export function parseWith<S extends v.GenericSchema>(schema: S, input: unknown, where: string): v.InferOutput<S> {
  const result = v.safeParse(schema, input);
  if (result.success) return result.output;
  throw new Error(issueText(result.issues[0], where));
}

/** @throws Error if it is not a run record */
export function parseRecord(input: unknown, where = 'run'): RunRecord {
  const { noise, validated, checkpoint, deleted, ...rest } = parseWith(recordSchema, input, where);
  return { ...rest, noise, validated, checkpoint, deleted };
}

/** @throws Error if it is not valid curves data */
export const parseCurves = (input: unknown, where = 'curves'): CurvesData => parseWith(curvesSchema, input, where);

export const noCurves: CurvesData = new Curves().data();

/** The last and the best validation at the largest number of segments; validations with NaN are ignored. */
export function validatedOf({ validations }: CurvesData): Validated | undefined {
  const longest = validations.reduce<(typeof validations)[number] | undefined>(
    (best, each) => (best && best.segments >= each.segments ? best : each),
    undefined,
  );
  if (!longest) return undefined;
  const { accuracy, loss } = longest.series.columns;
  const points = accuracy.flatMap((a, i) => {
    const l = loss[i];
    return typeof a === 'number' && typeof l === 'number' ? [{ accuracy: a, loss: l }] : [];
  });
  const last = points.at(-1);
  if (!last) return undefined;
  return {
    segments: longest.segments,
    ...last,
    bestAccuracy: points.reduce((best, point) => Math.max(best, point.accuracy), 0),
    lowestLoss: points.reduce((lowest, point) => Math.min(lowest, point.loss), Number.POSITIVE_INFINITY),
  };
}

/** Whether a run is judged by its loss: language modelling has no right answers to count. */
export const isJudgedByLoss = (run: Pick<RunRecord, 'config'>) => measureOf(run.config.task) === 'every word';

/** A short unique id of letters and digits, safe in an address and a file name. */
export const newRunId = (): RunId =>
  [...crypto.getRandomValues(new Uint8Array(10))].map((byte) => (byte % 36).toString(36)).join('');
