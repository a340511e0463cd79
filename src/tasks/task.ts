// The task interface: a sampler of token sequences with an answer, and a description for people.
import type { Random } from '../random.ts';
import type { Stories } from '../text/babi.ts';
import type { Corpus } from '../text/corpus.ts';
import type { DocumentSource } from '../text/document-source.ts';
import type { NoiseSource } from '../text/noise.ts';
import type { Split } from '../text/split.ts';
import type { Vocabulary } from '../text/vocabulary.ts';
import type { UserForms } from './user-form.ts';

/** A range of the sequence that matters: token positions [start, end). */
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
  /**
   * The class asked for at the end of each segment, or -1 (segments); the last is `answer`. Missing if only the last
   * segment asks.
   */
  readonly asked?: Int32Array;
  /** Tokens that answer a question earlier in the text: a model that answers with a token learns to predict them too. */
  readonly answered?: readonly number[];
  /** Facts first, in reading order; the question last. None in documents, where everything may matter. */
  readonly marks: readonly Mark[];
  /** The same document with other questions, to be trained on together with it. */
  readonly alike?: readonly Sample[];
}

/**
 * A sequence to continue. All but its last token are inputs, because the last is only ever predicted: with L tokens,
 * (segments - 1) × segmentSize < L - 1 <= segments × segmentSize. L depends on these two numbers and the knobs alone.
 */
export interface TokenSample {
  readonly tokens: Int32Array;
  /**
   * The answer is tokens [answerFrom, answerEnd): the loss is that of predicting them. Never 0, because a token must
   * precede it.
   */
  readonly answerFrom: number;
  readonly answerEnd: number;
  /** In reading order. */
  readonly marks: readonly Mark[];
}

/** A choice that a task offers: a control on the page, and a key in links and on the command line. */
export interface TaskKnob {
  readonly label: string;
  readonly help: string;
  readonly source: string;
  /** Whether it changes the sequences themselves, or only how training uses them. */
  readonly about: 'data' | 'training';
  /** Shown immediately on the page; otherwise one click away. */
  readonly basic?: true;
  readonly choices: readonly string[];
  readonly initial: string;
  /** A number: the larger, the more memory has to hold. */
  readonly load?: true;
}

/** What a task is about, as far as it can be chosen. */
export interface Material {
  readonly noise: NoiseSource;
  /** The text for language modelling; the built-in stories by default. */
  readonly corpus?: Corpus | undefined;
  /** The documents to classify; the built-in reviews by default. */
  readonly documents?: DocumentSource | undefined;
  /** The stories to hide in noise; built-in ones by default. */
  readonly stories?: Stories | undefined;
  /** Values of the task's own knobs, by name; missing ones have their initial value. */
  readonly knobs?: Readonly<Record<string, string>>;
}

export interface SampleRequest extends Material {
  readonly segments: number;
  /** Text tokens in a segment. */
  readonly segmentSize: number;
  readonly split: Split;
  /**
   * The curriculum stage's maximum number of segments, for a task that grades its practice by it; `segments` by
   * default.
   */
  readonly stageSegments?: number;
  readonly vocabulary: Vocabulary;
}

interface TaskBase {
  readonly id: string;
  readonly title: string;
  /** One or two sentences for display. */
  readonly description: string;
  readonly source: string;
  readonly knobs: Readonly<Record<string, TaskKnob>>;
  /** Minimum text tokens in a segment, so that facts and question fit together, if there are any. */
  readonly minimumSegmentSize: number;
  /** What a user can supply instead of the built-in data. */
  readonly material: 'noise' | 'stories' | 'text' | 'documents' | 'none';
  /**
   * The words it needs.
   * @throws InputError if a knob has no such choice
   */
  vocabulary(material: Material): Vocabulary;
}

/** Assigns a long sequence to one of a few classes. */
export interface ClassTask extends TaskBase {
  readonly kind: 'classification';
  /** The answer classes, in label order; each is a word of the vocabulary, for a model that answers with a token. */
  readonly classes: readonly string[];
  /** The classes that some material has, where they are not always the same. */
  classesOf?(material: Material): readonly string[];
  /** Sentences that a user may write instead of drawn ones, for tasks about facts. */
  readonly userForms?: UserForms;
  /** Whether documents have several subjects, so that an answer depends on whom the question is about. */
  readonly hasSubjects?: true;
  /** The facts in a document with these values of the knobs, if it is long enough for them. */
  facts?(knobs: Readonly<Record<string, string>>): number;
  /**
   * Draw one sample.
   * @throws InputError if `segmentSize` is below `minimumSegmentSize`, or a knob has no such choice
   */
  sample(random: Random, request: SampleRequest): Sample;
}

/** Continues a sequence, token by token. */
export interface TokenTask extends TaskBase {
  readonly kind: 'generation';
  /** What to report: the accuracy of the answer's tokens, or the loss of every token. */
  readonly measure: 'accuracy' | 'loss';
  /**
   * Draw one sample.
   * @throws InputError if the sequence cannot have this length, or a knob has no such choice
   */
  sample(random: Random, request: SampleRequest): TokenSample;
  /** Judge a generated continuation; only needed where equality with the sample's own answer is not the right test. */
  check?(answer: readonly string[], sample: TokenSample, vocabulary: Vocabulary, material: Material): Judgement;
}

/** The verdict on a checked answer, and the reason. */
export interface Judgement {
  readonly right: boolean;
  /** The first mistake, or a statement that there is none. */
  readonly reason: string;
}

export type Task = ClassTask | TokenTask;

/** Whether a task hides its facts in noise. */
export const takesNoise = ({ material }: Pick<TaskBase, 'material'>): boolean =>
  material === 'noise' || material === 'stories';
