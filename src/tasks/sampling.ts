// What the samplers share: request checks, where facts may be placed, and writing facts and question over noise.
import { InputError } from '../errors.ts';
import type { Random } from '../random.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { ClassTask, Mark, Material, Sample, SampleRequest, Task, TaskKnob, TokenTask } from './task.ts';

export const factPositionKnob = {
  label: 'Fact position',
  help: 'Facts are at the start of their segment, or anywhere inside it.',
  source: 'our addition, not from the papers',
  about: 'data',
  choices: ['segment-start', 'anywhere'],
  initial: 'segment-start',
} as const satisfies TaskKnob;

export const samplingKnob = {
  label: 'Fact sampling',
  help: 'Separate the facts of training and validation, or draw both from all facts as the official code does.',
  source: 'our addition, not from the papers',
  about: 'data',
  choices: ['split', 'official'],
  initial: 'split',
} as const satisfies TaskKnob;

export const practiceKnob = {
  label: 'Practice',
  help:
    'natural: documents as in validation. graded: easier ones first. In reasoning, while there is one segment, and the ' +
    'hard questions are over-sampled after that; in tracking, in stages of up to 4 segments everyone moves once, and ' +
    'the first of the seven names are asked about more often; in key-value and rewrite, in stages of up to 2 segments ' +
    'only eight keys occur, so that a run needs a longer stage too, and the first of them are asked for more often. ' +
    'Validation is never graded.',
  source: 'our addition, not from the papers',
  about: 'training',
  choices: ['natural', 'graded'],
  initial: 'natural',
} as const satisfies TaskKnob;

/** Whether documents of this request are graded ones: in training, in stages of up to `most` segments. */
export function isGraded(practice: string, request: SampleRequest, most: number): boolean {
  const { split, segments, stageSegments = segments } = request;
  return practice === 'graded' && split === 'train' && stageSegments <= most;
}

export const earlierQuestionsKnob = {
  label: 'Earlier questions',
  help:
    'Share of the earlier segments of a training document that end with a question as well, about what was said until ' +
    'then; an encoder’s loss is the mean over all questions. Validation asks at the end only.',
  source: 'our addition, not from the papers',
  about: 'training',
  choices: ['0', '0.25', '0.5', '1'],
  initial: '0',
} as const satisfies TaskKnob;

type Knobs = Readonly<Record<string, TaskKnob>>;
type KnobValues<K> = { readonly [N in keyof K]: string };
/** A task as its file defines it: its requests have been checked, and every knob has a value. */
type Definition<T extends Task, K> = Omit<T, 'knobs' | 'vocabulary' | 'sample'> & {
  readonly knobs: K;
  vocabulary(material: Material, values: KnobValues<K>): Vocabulary;
  sample(random: Random, request: SampleRequest, values: KnobValues<K>): ReturnType<T['sample']>;
};

/** A task whose knobs are known to the type system. */
type Defined<T extends Task, K> = Omit<T, 'knobs'> & { readonly knobs: K };

/** A task that checks each request before it draws a sample. */
export function defineTask<K extends Knobs>(definition: Definition<ClassTask, K>): Defined<ClassTask, K>;
export function defineTask<K extends Knobs>(definition: Definition<TokenTask, K>): Defined<TokenTask, K>;
export function defineTask<K extends Knobs>(definition: Definition<ClassTask, K> | Definition<TokenTask, K>): Task {
  const vocabulary = (material: Material) =>
    definition.vocabulary(material, knobValues(definition.id, definition.knobs, material.knobs));
  return definition.kind === 'classification'
    ? {
        ...definition,
        vocabulary,
        sample: (random, request) => definition.sample(random, request, checkRequest(definition, request)),
      }
    : {
        ...definition,
        vocabulary,
        sample: (random, request) => definition.sample(random, request, checkRequest(definition, request)),
      };
}

interface Requirements<K> {
  readonly id: string;
  readonly knobs: K;
  readonly minimumSegmentSize: number;
}

/**
 * The value of each of the task's knobs, after checking the whole request.
 * @throws InputError if the request does not fit the task
 */
function checkRequest<K extends Knobs>(
  { id, knobs, minimumSegmentSize }: Requirements<K>,
  { segments, segmentSize, knobs: given }: SampleRequest,
): KnobValues<K> {
  if (!Number.isInteger(segments) || segments < 1)
    throw new InputError(`${id}: segments`, String(segments), 'a whole number from 1');
  if (!Number.isInteger(segmentSize) || segmentSize < minimumSegmentSize)
    throw new InputError(`${id}: segment size`, String(segmentSize), `a whole number from ${minimumSegmentSize}`);
  return knobValues(id, knobs, given);
}

/** @throws InputError if a knob is not the task's, or has no such choice */
function knobValues<K extends Knobs>(
  id: string,
  knobs: K,
  given: Readonly<Record<string, string>> = {},
): KnobValues<K> {
  const values: Record<string, string> = {};
  for (const [name, knob] of Object.entries(knobs)) values[name] = knob.initial;
  for (const [name, value] of Object.entries(given)) {
    const knob = Object.hasOwn(knobs, name) ? knobs[name] : undefined;
    if (!knob) throw new InputError(id, `unknown knob '${name}'`, oneOf(Object.keys(knobs)));
    if (!knob.choices.includes(value)) throw new InputError(`${id}: ${name}`, `'${value}'`, oneOf(knob.choices));
    values[name] = value;
  }
  return values as KnobValues<K>;
}

const oneOf = (choices: readonly string[]) => (choices.length > 0 ? `one of ${choices.join(', ')}` : 'no knobs');

/**
 * The index of one of these, drawn with weight exp(-favour × rank).
 * @param favour 0: all alike
 */
export function pickFavoured(random: Random, ranks: readonly number[], favour: number): number {
  if (favour === 0) return random.int(ranks.length);
  const weights = ranks.map((rank) => Math.exp(-favour * rank));
  let at = random.float() * weights.reduce((sum, weight) => sum + weight, 0);
  const found = weights.findIndex((weight) => {
    at -= weight;
    return at < 0;
  });
  return found < 0 ? ranks.length - 1 : found;
}

/** The facts a sample may be drawn from: `validation` holds those excluded from training. */
export interface Pool<F> {
  readonly train: readonly F[];
  readonly validation: readonly F[];
  /** Both, for the official sampling. */
  readonly all: readonly F[];
}

export function pool<F>(all: readonly F[], isHeldOut: (fact: F) => boolean): Pool<F> {
  return { all, train: all.filter((fact) => !isHeldOut(fact)), validation: all.filter(isHeldOut) };
}

/** Draw uniformly from the part of the pool that split and sampling select. */
export function draw<F>(random: Random, { split }: SampleRequest, sampling: string, pool: Pool<F>): F {
  return random.pick(sampling === 'official' ? pool.all : pool[split]);
}

/**
 * Where a fact of `length` tokens starts in `segment`, without reaching the next segment or the question at the very
 * end.
 */
export function startIn(
  random: Random,
  { segments, segmentSize }: SampleRequest,
  position: string,
  segment: number,
  length: number,
  questionLength: number,
): number {
  const start = segment * segmentSize;
  if (position === 'segment-start') return start;
  const room = segmentSize - length - (segment === segments - 1 ? questionLength : 0);
  return start + random.int(room + 1);
}

interface PlacedFact {
  readonly tokens: Int32Array;
  readonly start: number;
}

/** A question at the end of a segment before the last. */
export interface EarlierQuestion {
  readonly segment: number;
  readonly tokens: Int32Array;
  readonly answer: number;
}

/**
 * Noise for the whole length, the facts written over it, and the question at the very end.
 * @param earlier questions at the ends of other segments, where no fact stands
 */
export function compose(
  random: Random,
  { segments, segmentSize, noise, vocabulary }: SampleRequest,
  facts: readonly PlacedFact[],
  question: Int32Array,
  answer: number,
  earlier: readonly EarlierQuestion[] = [],
): Sample {
  const length = segments * segmentSize;
  const tokens = noise.fill(random, length, vocabulary);
  const marks: Mark[] = facts.map((fact) => {
    tokens.set(fact.tokens, fact.start);
    return { kind: 'fact', start: fact.start, end: fact.start + fact.tokens.length };
  });
  marks.sort((a, b) => a.start - b.start);
  const start = length - question.length;
  tokens.set(question, start);
  for (const { segment, tokens: asked } of earlier) tokens.set(asked, (segment + 1) * segmentSize - asked.length);
  const sample: Sample = { tokens, answer, marks: [...marks, { kind: 'question', start, end: length }] };
  if (earlier.length === 0) return sample;
  const asked = new Int32Array(segments).fill(-1);
  for (const { segment, answer } of earlier) asked[segment] = answer;
  asked[segments - 1] = answer;
  return { ...sample, asked };
}
