// The backbone interface: its configuration, its parameters, and one segment's layers and head. It does not depend on
// the memory around it.
import type * as v from 'valibot';
import type { Rectangle } from '../../engine/ops/attention.ts';
import type { LinearParameters } from '../../engine/ops/linear.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { Encoded, Recording, Surroundings } from '../blueprint.ts';
import type { Layout } from '../layout.ts';
import type { Axis, ParameterGroup, ParameterSource } from '../parameters.ts';
import type { NeutralFields } from '../schemas/neutral.ts';
import type { SegmentConfig } from '../segments.ts';

/** How many positions memory takes before and after the text. */
export interface MemoryRoom {
  readonly front: number;
  readonly back: number;
  /** The ones after the text have the last rows of the position table; by default, those that follow the text's. */
  readonly lastPositions?: boolean;
}

/** The sizes that a run's knobs give, for any backbone. */
export interface KnobSizes {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  /** Channels of a head; 0 means hidden / heads. */
  readonly headSize: number;
  readonly inner: number;
  readonly vocabulary: number;
  readonly classes: number;
  /** Positions in a full segment including `room`'s memory. */
  readonly positions: number;
  readonly epsilon: number;
  readonly dropout: number;
  readonly attentionDropout: number;
}

export type Entries = v.ObjectEntries;
/** The type of a checked configuration with the given entries. */
export type ConfigOf<E extends Entries> = v.InferOutput<v.ObjectSchema<E, undefined>>;

export interface Backbone<E extends Entries> {
  /** In descriptions: "2-layer BERT". */
  readonly name: string;
  readonly answers: 'class' | 'tokens';
  /** How a sequence is cut unless the configuration says otherwise. */
  readonly alignment: SegmentConfig['segment_alignment'];
  /** The masks it supports. */
  readonly causal: boolean;
  /** Fields of its configuration, under their Hugging Face names. */
  readonly entries: E;
  /** Fields of Hugging Face's configuration that may only have a value without effect here. */
  readonly neutral: NeutralFields;
  /** Checks across fields; throws by calling `refuse`. */
  check(config: ConfigOf<E>, refuse: (field: string, expected: string) => never, positions: number): void;
  /** Its configuration for a run's sizes and its other knobs, by their names. */
  fromKnobs(sizes: KnobSizes, knobs: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** The reverse, as far as knobs say it. */
  toKnobs(config: ConfigOf<E>): Record<string, unknown>;
  /** Width, layers, heads, and what the head predicts. */
  sizes(config: ConfigOf<E>): {
    readonly D: Axis;
    readonly layers: number;
    readonly heads: number;
    readonly classes: number;
  };
  layout(config: ConfigOf<E> & Pick<SegmentConfig, 'segment_size'>, room: MemoryRoom): Layout;
  parameters(config: ConfigOf<E>): ParameterGroup[];
  /** The parameter that embeds absolute positions, one row for each of the layout. */
  readonly positionTable?: string;
  /** The table of word embeddings, and the factor applied to its rows. */
  words(config: ConfigOf<E>): { readonly table: string; readonly scale: number };
  /** How the names of parameters begin that embed words and positions, and of those that form the head. */
  readonly roles: { readonly embedding: readonly string[]; readonly head: readonly string[] };
  /** The field of its configuration that says how many layers it has. */
  readonly layersField: string;
  /** Parameter name prefix of layer `l`, for a memory that adds parameters next to it. */
  layerName(l: number): string;
  encode(recording: Recording, config: ConfigOf<E>, surroundings: Surroundings, regions: readonly Rectangle[]): Encoded;
  /** What the last layer's output passes before memory and head read it, if anything. */
  finish?(recording: Recording, config: ConfigOf<E>, hidden: Tensor): Tensor;
  /** Logits (rows, classes rounded up to a multiple of 4) from the states the head reads, (rows, D). */
  head(recording: Recording, config: ConfigOf<E>, rows: Tensor): Tensor;
}

/** Erase a backbone's own configuration type: it reads its own fields of the model's parsed configuration. */
export function defineBackbone<E extends Entries>(definition: Backbone<E>): Backbone<Entries> {
  return definition as unknown as Backbone<Entries>;
}

/** Weight and bias of the layer `name`. */
export function linearOf(parameters: ParameterSource, name: string): Required<LinearParameters> {
  return { weight: parameters.get(`${name}.weight`), bias: parameters.get(`${name}.bias`) };
}
