// What a task is: a sampler of token sequences with an answer, and the words that describe it to a person.
import type { Random } from '../random.ts';
import type { Corpus } from '../text/corpus.ts';
import type { DocumentSource } from '../text/document-source.ts';
import type { NoiseSource } from '../text/noise.ts';
import type { Split } from '../text/split.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { OwnForms } from './own-form.ts';

/** A stretch of the sequence that matters: token positions [start, end). */
export interface Mark {
  readonly kind: 'fact' | 'question' | 'answer';
  readonly start: number;
  readonly end: number;
}

/** One sequence with its class. */
export interface Sample {
  /** Token ids without special tokens: segments × segmentSize of them, or fewer where the task has documents. */
  readonly tokens: Int32Array;
  /** Index into the task's `classes`. */
  readonly answer: number;
  /** Facts first, in reading order; the question last. None in documents, where everything may matter. */
  readonly marks: readonly Mark[];
}

/**
 * One sequence to be gone on with. All but its last token are inputs, as the last is only ever predicted: with L tokens,
 * (segments - 1) × segmentSize < L - 1 <= segments × segmentSize. L depends on these two numbers and the knobs alone.
 */
export interface TokenSample {
  readonly tokens: Int32Array;
  /** The answer is tokens [answerFrom, answerEnd): the loss is that of predicting them. Never 0: something comes before. */
  readonly answerFrom: number;
  readonly answerEnd: number;
  /** In reading order. */
  readonly marks: readonly Mark[];
}

/** A choice that a task offers: it becomes a control of the page, and a key of links and the command line. */
export interface TaskKnob {
  readonly label: string;
  readonly help: string;
  readonly source: string;
  /** Whether it changes the sequences themselves, or only how training uses them. */
  readonly about: 'data' | 'training';
  /** Shown at once on the page; one click deeper when left out. */
  readonly basic?: true;
  readonly choices: readonly string[];
  readonly initial: string;
}

/** What a task is about, as far as it can be chosen. */
export interface Material {
  readonly noise: NoiseSource;
  /** The text of language modelling; the built-in stories when left out. */
  readonly corpus?: Corpus | undefined;
  /** The documents to classify; the built-in reviews when left out. */
  readonly documents?: DocumentSource | undefined;
  /** Values of the task's own knobs, by name; those left out have their initial value. */
  readonly knobs?: Readonly<Record<string, string>>;
}

export interface SampleRequest extends Material {
  readonly segments: number;
  /** Text tokens in a segment. */
  readonly segmentSize: number;
  readonly split: Split;
  /** The most segments of the curriculum's stage, for a task that grades its practice by it; `segments` when left out. */
  readonly stageSegments?: number;
  readonly vocabulary: Vocabulary;
}

interface TaskBase {
  readonly id: string;
  readonly title: string;
  /** One or two sentences for people. */
  readonly description: string;
  readonly source: string;
  readonly knobs: Readonly<Record<string, TaskKnob>>;
  /** The fewest text tokens a segment must have: for the facts and the question to fit together, where there are any. */
  readonly minimumSegmentSize: number;
  /** What a user may give it instead of what is built in. */
  readonly material: 'noise' | 'text' | 'documents' | 'none';
  /**
   * The words it needs.
   * @throws InputError if a knob has no such choice
   */
  vocabulary(material: Material): Vocabulary;
}

/** A long sequence belongs to one of a few classes. */
export interface ClassTask extends TaskBase {
  readonly kind: 'classification';
  /** The answer classes, in label order; each is a word of the vocabulary, for a model that answers with a token. */
  readonly classes: readonly string[];
  /** Sentences that a user may write instead of drawn ones, where the task is about facts. */
  readonly own?: OwnForms;
  /**
   * Draw one sample.
   * @throws InputError if `segmentSize` is below `minimumSegmentSize`, or a knob has no such choice
   */
  sample(random: Random, request: SampleRequest): Sample;
}

/** A sequence is to be gone on with, token by token. */
export interface TokenTask extends TaskBase {
  readonly kind: 'generation';
  /** What to report: the accuracy of the answer's tokens, or the loss of every token. */
  readonly measure: 'accuracy' | 'loss';
  /**
   * Draw one sample.
   * @throws InputError if the sequence cannot have this length, or a knob has no such choice
   */
  sample(random: Random, request: SampleRequest): TokenSample;
  /** Judge a generated continuation; only where being the same as the sample's own answer is not the right test. */
  check?(answer: readonly string[], sample: TokenSample, vocabulary: Vocabulary): Judgement;
}

/** What a checked answer is worth, and why. */
export interface Judgement {
  readonly right: boolean;
  /** What is wrong first, or that nothing is. */
  readonly reason: string;
}

export type Task = ClassTask | TokenTask;
