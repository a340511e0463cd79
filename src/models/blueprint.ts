// The interface of a model for training and reading: parameters, segment layout, states, and how to record one segment.
import type { Mask, Rectangle } from '../engine/ops/attention.ts';
import type { MemoryState } from '../engine/ops/read-out.ts';
import type { Tape } from '../engine/tape.ts';
import type { Shape, Tensor } from '../engine/tensor.ts';
import type { Layout } from './layout.ts';
import type { ParameterGroup, ParameterSource } from './parameters.ts';
import type { SegmentConfig, SegmentInputs } from './segments.ts';
import type { Sites } from './sites.ts';
import type { Role } from './trained.ts';

/** A tensor that one segment passes to the next. */
export interface StateSpec {
  readonly label: string;
  /** Including the batch dimension, which comes first. */
  readonly shape: Shape;
  /** Whether gradients flow back through it. */
  readonly differentiable: boolean;
}

/** A state before and after a segment. */
export interface State {
  readonly before: Tensor;
  readonly next: Tensor;
}

/** The inputs for recording a segment. */
export interface Recording {
  readonly tape: Tape;
  readonly parameters: ParameterSource;
  readonly inputs: SegmentInputs;
  readonly layout: Layout;
  /** Where a backbone says what it has computed. */
  readonly sites: Sites;
  /** How many layers the batch holds, layer by layer, of which the head reads the last; 1 by default. */
  readonly depth?: number;
}

/** What a memory adds around a segment's layers; a backbone knows the memory only through this interface. */
export interface Surroundings {
  /** (B, M, D), inserted at the layout's memory positions. */
  readonly inserted?: Tensor;
  readonly mask: Mask;
  /** Transforms a layer's input before the layer runs. */
  before(layer: number, hidden: Tensor): Tensor;
  /** Observes a layer's output. */
  after(layer: number, hidden: Tensor): void;
  /** Earlier inputs of a layer (B, C, D), which it also attends to; `hidden` is its current input. */
  cache(layer: number, hidden: Tensor): Tensor | undefined;
  /** The memory that the last layer's states are read out into. */
  readonly memoryState?: MemoryState;
}

/** The recorded layers of one segment. */
export interface Encoded {
  /** (B, S, D), last layer; without a backward pass perhaps only its first rows, as far as head and memory read them. */
  readonly hidden: Tensor;
  /** For every layer, the attention weights of each requested rectangle: (B, heads, rows, columns). */
  readonly attentions: readonly (readonly Tensor[])[];
}

/** The tensors of a recorded segment that can be read back, and the gradient to clear where the head has no loss. */
export interface RecordedSegment {
  /** (rows, classes rounded up to a multiple of 4): one row per sequence, or per text position for a generative model. */
  readonly logits: Tensor;
  /** (rows, 2): cross-entropy, predicted class. */
  readonly result: Tensor;
  /** (rows, D), the states the head reads. */
  readonly head: Tensor;
  readonly attentions: readonly (readonly Tensor[])[];
  readonly sites: Sites;
}

/** The dimensions of a model, for display and for other code. */
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

/** The rectangles of a memory's attention: what the memory attends to (write), and which positions attend to it (read). */
export interface AttentionRegions {
  readonly write?: Rectangle;
  readonly read?: Rectangle;
}

/** A model of one configuration, ready to be recorded. */
export interface Blueprint {
  /** The checkpoint's `rmt_config`, checked. */
  readonly config: Readonly<Record<string, unknown>> & { readonly model_type: string } & SegmentConfig;
  /** The configuration as knobs of a run, by their names. */
  readonly knobs: Readonly<Record<string, unknown>>;
  /** For display, such as "2-layer BERT". */
  readonly description: string;
  /** One class per sequence, or a word at every position. */
  readonly answers: 'class' | 'tokens';
  readonly shape: ModelShape;
  readonly layout: Layout;
  readonly attentionRegions: AttentionRegions;
  parameters(): ParameterGroup[];
  /** The rows of a parameter that embed the positions of memory tokens, where they have fixed ones. */
  readonly memoryPositions: { readonly parameter: string; readonly first: number; readonly count: number } | undefined;
  /** The parameter group of the word embeddings, and the factor applied to its rows. */
  readonly words: { readonly table: string; readonly scale: number };
  /** Whether no layer reads what another layer passes on, so that layer l can read a segment beside layer l − 1 the next. */
  readonly independentLayers: boolean;
  /** The same model with its first layer only. */
  readonly oneLayer: Blueprint;
  /** How the names of layer l's parameters begin. */
  layerName(l: number): string;
  /** What the parameter of this name is for. */
  roleOf(name: string): Role;
  states(batch: number): StateSpec[];
  /** Record the initial states, as section `begin`. */
  begin(tape: Tape, parameters: ParameterSource, states: readonly Tensor[]): void;
  /**
   * Record one segment: section `encode` up to the states' next values, section `head` from there to the loss.
   * @param noise standard deviation of the noise on the memory passed on, in training
   */
  segment(
    recording: Recording,
    states: readonly State[],
    regions: readonly Rectangle[],
    noise: number,
  ): RecordedSegment;
  /**
   * Record the head on hidden states of any layer (rows, D), after whatever the last layer's output passes first.
   * @returns logits (rows, classes rounded up to a multiple of 4)
   */
  readout(recording: Recording, states: Tensor): Tensor;
}
