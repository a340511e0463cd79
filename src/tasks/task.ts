// What a task is: a sampler of token sequences with an answer, and the words that describe it to a person.
import type { Random } from '../random.ts';
import type { NoiseSource } from './noise.ts';
import type { Vocabulary } from './vocabulary.ts';

/** Which half of the facts a sample is drawn from; the two share no fact. */
export type Split = 'train' | 'validation';

/** A stretch of the sequence that matters: token positions [start, end). What is not marked is noise. */
export interface Mark {
  readonly kind: 'fact' | 'question';
  readonly start: number;
  readonly end: number;
}

/** One sequence with its answer. */
export interface Sample {
  /** Token ids, segments × segmentSize of them, without special tokens. */
  readonly tokens: Int32Array;
  /** Index into the task's `classes`. */
  readonly answer: number;
  /** Facts first, in reading order; the question last. */
  readonly marks: readonly Mark[];
}

/** A control a task adds: it draws the page's control and checks what the URL and the command line say. */
export interface TaskKnob {
  readonly label: string;
  readonly help: string;
  readonly choices: readonly string[];
  readonly initial: string;
}

export interface SampleRequest {
  readonly segments: number;
  /** Text tokens in a segment. */
  readonly segmentSize: number;
  readonly split: Split;
  /** The most segments of the curriculum's stage, for a task that grades its practice by it; `segments` when left out. */
  readonly stageSegments?: number;
  readonly vocabulary: Vocabulary;
  readonly noise: NoiseSource;
  /** Values of the task's own knobs, by name; those left out have their initial value. */
  readonly knobs?: Readonly<Record<string, string>>;
}

/** A classification task over long sequences. */
export interface Task {
  readonly id: string;
  readonly title: string;
  /** One or two sentences for people. */
  readonly description: string;
  readonly source: string;
  /** The answer classes, in label order. */
  readonly classes: readonly string[];
  readonly knobs: Readonly<Record<string, TaskKnob>>;
  /** The fewest text tokens a segment must have for the facts and the question to fit together. */
  readonly minimumSegmentSize: number;
  /**
   * Draw one sample.
   * @throws InputError if `segmentSize` is below `minimumSegmentSize`, or a knob has no such choice
   */
  sample(random: Random, request: SampleRequest): Sample;
}
