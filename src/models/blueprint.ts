// What a model is to those who train and read it: parameters, the layout of a segment, the states handed on, and how to record one segment.
import type { Mask, Rectangle } from '../engine/ops/attention.ts';
import type { HandedOn } from '../engine/ops/read-out.ts';
import type { Tape } from '../engine/tape.ts';
import type { Shape, Tensor } from '../engine/tensor.ts';
import type { Layout } from './layout.ts';
import type { ParameterGroup, Parameters } from './parameters.ts';
import type { SegmentConfig, SegmentInputs } from './segments.ts';

/** A tensor that one segment leaves to the next. */
export interface StateSpec {
  readonly label: string;
  /** With the batch in front. */
  readonly shape: Shape;
  /** Whether gradients go back through it. */
  readonly differentiable: boolean;
}

/** A state as a segment finds it, and as it leaves it. */
export interface State {
  readonly before: Tensor;
  readonly next: Tensor;
}

/** What a segment is recorded with. */
export interface Recording {
  readonly tape: Tape;
  readonly parameters: Parameters;
  readonly inputs: SegmentInputs;
  readonly layout: Layout;
}

/** What a memory puts around a segment's layers; a backbone knows nothing else of it. */
export interface Surroundings {
  /** (B, M, D), written in at the layout's memory positions. */
  readonly written?: Tensor;
  readonly mask: Mask;
  /** What is to become of a layer's input before the layer sees it. */
  before(layer: number, hidden: Tensor): Tensor;
  /** A look at what a layer gives. */
  after(layer: number, hidden: Tensor): void;
  /** Earlier inputs of a layer (B, C, D), which it attends to as well; `hidden` is its present one. */
  cache(layer: number, hidden: Tensor): Tensor | undefined;
  /** The memory that the last layer's states are read out into. */
  readonly handedOn?: HandedOn;
}

/** The recorded layers of one segment. */
export interface Encoded {
  /** (B, S, D), last layer. */
  readonly hidden: Tensor;
  /** For every layer, the attention weights of each rectangle asked for: (B, heads, rows, columns). */
  readonly attentions: readonly (readonly Tensor[])[];
}

/** What of a recorded segment may be read back, and the gradient that must be cleared where the head bears no loss. */
export interface RecordedSegment {
  /** (rows, classes up to a multiple of 4): rows are the batch's, or of every text position for a generative model. */
  readonly logits: Tensor;
  /** (rows, 2): cross-entropy, predicted class. */
  readonly result: Tensor;
  /** (rows, D), what the head reads. */
  readonly head: Tensor;
  readonly attentions: readonly (readonly Tensor[])[];
}

/** What people and other code may ask about a model's shape. */
export interface ModelShape {
  readonly layers: number;
  readonly heads: number;
  readonly hiddenSize: number;
  readonly memTokens: number;
  /** Entries of each layer's cache; 0 without one. */
  readonly cacheSize: number;
  /** Classes of a classifier, or words of a generative model. */
  readonly classes: number;
}

/** A memory's looks at attention: what it reads from (write), and who reads it (read). */
export interface Looks {
  readonly write?: Rectangle;
  readonly read?: Rectangle;
}

/** A model of one configuration, ready to be recorded. */
export interface Blueprint {
  /** The checkpoint's `rmt_config`, checked. */
  readonly config: Readonly<Record<string, unknown>> & { readonly model_type: string } & SegmentConfig;
  /** For people: such as "2-layer BERT". */
  readonly description: string;
  /** One answer for each sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly shape: ModelShape;
  readonly layout: Layout;
  readonly looks: Looks;
  parameters(): ParameterGroup[];
  states(batch: number): StateSpec[];
  /** Record the initial states, as section `begin`. */
  begin(tape: Tape, parameters: Parameters, states: readonly Tensor[]): void;
  /**
   * Record one segment: section `encode` to the states' next values, section `head` from there to the loss.
   * @param noise standard deviation of the noise on the memory handed on, in training
   */
  segment(recording: Recording, states: readonly State[], looks: readonly Rectangle[], noise: number): RecordedSegment;
}
