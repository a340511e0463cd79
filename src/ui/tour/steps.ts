// The steps of the tour: what each shows, asks and does on the page, and what it says afterwards.
import type { Experiment, View } from '../../store/address.ts';
import { type StreamSettings, streamDefaults } from '../../store/address.ts';
import type { PanelId } from '../../store/panels.ts';
import { integer } from '../format.ts';
import type { Facts } from './facts.ts';

/** What the visitor expects, chosen before it is seen. */
export interface Question {
  readonly text: string;
  readonly choices: readonly string[];
  /** The choice that turns out to be right, once that is known. */
  right(facts: Facts): string | undefined;
}

/** What a step does on the page. */
export type Act =
  /** Read up to a segment (from 1), one after the other. */
  | { readonly kind: 'read'; readonly label: string; to(facts: Facts): number }
  /** Read a whole document. */
  | { readonly kind: 'document'; readonly label: string; readonly settings: Partial<StreamSettings> }
  | { readonly kind: 'train'; readonly label: string };

export interface TourStep {
  readonly view: View;
  readonly panel: PanelId;
  readonly title: string;
  text(facts: Facts | undefined): string;
  readonly question?: (facts: Facts) => Question | undefined;
  readonly act?: Act;
  /** What is said once it has been done; of a step without an act, once a choice has been made. */
  readonly result?: (facts: Facts, guess: string | undefined) => string;
}

/** The document of the tour, and the bundled model that reads it: twelve segments, with the fact in the fourth. */
export const tourDocument: StreamSettings = {
  ...streamDefaults,
  model: 'detect.safetensors',
  segments: 12,
  seed: 5,
};
/** After which segment (from 0) the memory is set to zero. */
const cut = 6;
export const zeroed: Partial<StreamSettings> = { changes: [{ kind: 'zero', segment: cut }] };
const far = 64;

/** A run of seconds: small, two segments from the start, and a validation every few steps. */
export const tourRun: Partial<Experiment['config']> = {
  stages: [2],
  stage_steps: [30],
  batch_size: 16,
  validate_every: 5,
  validate_samples: 16,
};

const other = 'another place';
/** How a guess compares with what happened. */
const judged = (guess: string | undefined, right: string | undefined) =>
  guess === undefined || right === undefined
    ? ''
    : guess === right
      ? ' As you predicted.'
      : ` You predicted: ${guess}.`;

const placeOf = (facts: Facts, answer: string | undefined) =>
  answer === undefined ? undefined : answer === facts.expected ? facts.expected : other;

const inMemory = ({ tokens, width }: Facts) =>
  `${integer(tokens)} × ${integer(width)} = ${integer(tokens * width)} numbers`;

export const steps: readonly TourStep[] = [
  {
    view: 'stream',
    panel: 'ribbon',
    title: 'One segment at a time',
    text: (facts) =>
      `This document has ${facts ? integer(facts.log.total) : 12} segments of ${facts ? integer(facts.log.model.segmentSize) : 12} words. The model reads one segment, forgets its words, and goes to the next. Only what runs through the threads below the words is handed on.`,
    act: { kind: 'read', label: 'Read the first segment', to: () => 1 },
    result: (facts) =>
      `The ${integer(facts.tokens)} threads are its memory tokens: vectors of ${integer(facts.width)} numbers each, read together with the words and changed by every segment. Their colour is the answer that the model would give if it were asked now. Nothing was said about anybody yet, so this is a guess.`,
  },
  {
    view: 'stream',
    panel: 'ribbon',
    title: 'A fact is written',
    text: ({ fact } = {} as Facts) =>
      fact
        ? `Segment ${integer(fact.segment)} says: “${fact.text}” Watch the width of the threads: it is how much each memory token changes.`
        : 'One of the next segments holds a fact. Watch the width of the threads: it is how much each memory token changes.',
    question: ({ fact }) =>
      fact && {
        text: `Which segment will change the memory most, of 2 to ${fact.segment}?`,
        choices: Array.from({ length: fact.segment - 1 }, (_, i) => `segment ${i + 2}`),
        right: ({ log }) => {
          const changes = log.segments.slice(1, fact.segment).map(({ change }) => change ?? 0);
          return changes.length < fact.segment - 1 ? undefined : `segment ${changes.indexOf(Math.max(...changes)) + 2}`;
        },
      },
    act: { kind: 'read', label: 'Read on to the fact', to: ({ fact }) => fact?.segment ?? 4 },
    result: (facts, guess) => {
      const belief = facts.fact && facts.beliefAfter(facts.fact.segment);
      const question = facts.fact && steps[1]?.question?.(facts)?.right(facts);
      return `The threads swell at ${question ?? 'the fact'}: the memory tokens attended to its words and took them over. Asked now, the model would answer ${belief?.answer} (${belief?.probability}).${judged(guess, question)}`;
    },
  },
  {
    view: 'stream',
    panel: 'ribbon',
    title: 'Noise',
    text: () =>
      'The following segments are noise: they say nothing about the fact, and the words of the fact are gone.',
    question: (facts) => ({
      text: 'What would the model answer after the noise?',
      choices: [facts.expected, other],
      right: (now) => placeOf(now, now.beliefAfter(now.log.total - 1)?.answer),
    }),
    act: { kind: 'read', label: 'Read the noise', to: ({ log }) => log.total - 1 },
    result: (facts, guess) => {
      const belief = facts.beliefAfter(facts.log.total - 1);
      return `It would answer ${belief?.answer} (${belief?.probability}). The threads stay thin and keep their colour: the memory holds.${judged(guess, placeOf(facts, belief?.answer))}`;
    },
  },
  {
    view: 'stream',
    panel: 'ribbon',
    title: 'The question',
    text: () =>
      'The last segment asks where the person is. Its words do not say; the fact was read many segments ago. The answer can only come out of the memory tokens.',
    act: { kind: 'read', label: 'Ask the question', to: ({ log }) => log.total },
    result: ({ verdict }) =>
      `The answer is ${verdict?.answer}${verdict?.answer === verdict?.expected ? ', which is right' : `; right is ${verdict?.expected}`}. The lines at the right are the attention of the answer to each memory token: reading.`,
  },
  {
    view: 'stream',
    panel: 'ribbon',
    title: 'Take the memory away',
    text: (facts) =>
      `Now a test. The same document is read, but after segment ${cut + 1} the memory is set to zero${facts ? `: ${inMemory(facts)}` : ''}. No word of the document is changed.`,
    question: (facts) => ({
      text: 'What will the model answer?',
      choices: [facts.expected, other],
      right: (now) => placeOf(now, now.verdict?.answer),
    }),
    act: { kind: 'document', label: 'Set the memory to zero', settings: zeroed },
    result: (facts, guess) =>
      `It answers ${facts.verdict?.answer}. The thin line below the threads is the run with its memory, which answers ${facts.verdict?.untouched?.answer}. What the model knew of the fact was in these numbers and nowhere else.${judged(guess, placeOf(facts, facts.verdict?.answer))}`,
  },
  {
    view: 'stream',
    panel: 'ribbon',
    title: 'Give it back',
    text: () => 'Without the intervention, everything is as before.',
    act: { kind: 'document', label: 'Restore the memory', settings: { changes: undefined } },
    result: ({ verdict }) =>
      `The answer is ${verdict?.answer} again. You can cut single threads too: press between two segments.`,
  },
  {
    view: 'stream',
    panel: 'ribbon',
    title: 'Longer than ever trained',
    text: () =>
      `This model was trained on at most 8 segments. The next document has ${far}, and its fact stands near the beginning.`,
    question: () => ({
      text: 'Will the fact survive?',
      choices: ['yes', 'no'],
      right: ({ verdict }) => verdict && (verdict.answer === verdict.expected ? 'yes' : 'no'),
    }),
    act: {
      kind: 'document',
      label: `Read ${far} segments`,
      settings: { segments: far, seed: 386, changes: undefined },
    },
    result: ({ verdict, log }, guess) =>
      `The answer is ${verdict?.answer}${verdict?.answer === verdict?.expected ? ', which is right' : `; right is ${verdict?.expected}`}, after ${integer(log.total)} segments. The bytes on the GPU did not grow with the length.${judged(guess, verdict && (verdict.answer === verdict.expected ? 'yes' : 'no'))}`,
  },
  {
    view: 'learn',
    panel: 'recurrence',
    title: 'What a memory token is',
    text: () =>
      'The whole construction: the same transformer reads each segment together with some extra vectors. What its last layer makes of them goes into the next segment.',
    question: () => ({
      text: 'What passes from one segment to the next?',
      choices: ['its words', 'the outputs at the memory tokens', 'the outputs at all positions'],
      right: () => 'the outputs at the memory tokens',
    }),
    result: (facts, guess) =>
      `Only the outputs at the memory tokens: ${inMemory(facts)}, however long the document.${judged(guess, 'the outputs at the memory tokens')}`,
  },
  {
    view: 'learn',
    panel: 'bptt',
    title: 'How it is trained',
    text: () =>
      'Only the answer is judged, after the last segment. Its loss sends a gradient back: through the memory of the last segment into the one before, and so on. Move the slider to cut it off.',
    question: () => ({
      text: 'The gradient is cut after one earlier segment, and the fact is three segments before the question. Can the model learn to write it down?',
      choices: ['yes', 'no'],
      right: () => 'no',
    }),
    result: (_, guess) =>
      `No: what was written there gets no gradient from the answer. That is why training begins with few segments, and why the gradient passes through all of them here.${judged(guess, 'no')}`,
  },
  {
    view: 'train',
    panel: 'training',
    title: 'Memory in training',
    text: () =>
      'The same ribbon while a model learns: one document is read at every validation, and above the threads stands the gradient that comes back to each segment. A small run shows it; it is removed when you leave the tour.',
    act: { kind: 'train', label: 'Train a little' },
    result: () =>
      'Move the slider through the validations: the colours begin to follow the fact, and the gradient reaches the segment that holds it. So few steps seldom suffice; press Start on this view for a whole run.',
  },
  {
    view: 'learn',
    panel: 'lecture',
    title: 'That is all of it',
    text: () =>
      'A memory token is a vector that is read with every segment and handed on; it learns what to keep from the gradient of later answers. The lecture here shows the same in scenes, and you can collect scenes of your own.',
  },
];
