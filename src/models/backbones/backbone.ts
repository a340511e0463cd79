// What a backbone is: its configuration, its parameters, and one segment's layers and head. It never knows which memory wraps it.
import type * as v from 'valibot';
import type { Rectangle } from '../../engine/ops/attention.ts';
import type { LinearParameters } from '../../engine/ops/linear.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Encoded, Recording, Surroundings } from '../blueprint.ts';
import type { Layout } from '../layout.ts';
import type { Axis, ParameterGroup, Parameters } from '../parameters.ts';
import type { SegmentConfig } from '../segments.ts';

/** How many positions memory takes in front of the text and behind it. */
export interface MemoryRoom {
  readonly front: number;
  readonly back: number;
}

/** The sizes a run's knobs give, for any backbone. */
export interface KnobSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Channels of a head; 0: hidden / heads. */
  readonly headSize: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly classes: number;
  /** Positions in a whole segment with `room`'s memory. */
  readonly positions: number;
  readonly epsilon: number;
  readonly dropout: number;
  readonly attentionDropout: number;
}

export type Entries = v.ObjectEntries;
/** What a checked configuration of the given entries holds. */
export type ConfigOf<E extends Entries> = v.InferOutput<v.ObjectSchema<E, undefined>>;

export interface Backbone<E extends Entries> {
  /** In descriptions: "2-layer BERT". */
  readonly name: string;
  readonly answers: 'class' | 'tokens';
  /** How a sequence is cut where the configuration does not say. */
  readonly alignment: SegmentConfig['segment_alignment'];
  /** Masks it can do. */
  readonly causal: boolean;
  /** Fields of its configuration, under their Hugging Face names. */
  readonly entries: E;
  /** What one field alone cannot tell; throws by `refuse`. */
  check(config: ConfigOf<E>, refuse: (field: string, expected: string) => never, positions: number): void;
  /** Its configuration for the sizes of a run. */
  fromKnobs(sizes: KnobSizes): Record<string, unknown>;
  /** Width, layers, heads, and what the head answers. */
  sizes(config: ConfigOf<E>): {
    readonly D: Axis;
    readonly layers: number;
    readonly heads: number;
    readonly classes: number;
  };
  layout(config: ConfigOf<E> & Pick<SegmentConfig, 'segment_size'>, room: MemoryRoom): Layout;
  parameters(config: ConfigOf<E>): ParameterGroup[];
  /** Parameter name prefix of layer `l`, for a memory that puts its own beside it. */
  layerName(l: number): string;
  encode(recording: Recording, config: ConfigOf<E>, surroundings: Surroundings, looks: readonly Rectangle[]): Encoded;
  /** Logits (rows, classes up to a multiple of 4) from what the head reads, (rows, D). */
  head(recording: Recording, config: ConfigOf<E>, rows: Tensor): Tensor;
}

/** A backbone whose own configuration type is forgotten: it reads its own fields of what a model's whole schema made. */
export function defineBackbone<E extends Entries>(definition: Backbone<E>): Backbone<Entries> {
  return definition as unknown as Backbone<Entries>;
}

/** Weight and bias of the layer `name`. */
export function linearOf(parameters: Parameters, name: string): Required<LinearParameters> {
  return { weight: parameters.get(`${name}.weight`), bias: parameters.get(`${name}.bias`) };
}
