// The memory interface: configuration fields, parameters, states, and what it adds around the layers.
import type { Rectangle } from '../../engine/ops/attention.ts';
import type { Tape } from '../../engine/tape.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { ConfigOf, Entries, MemoryRoom } from '../backbones/backbone.ts';
import type { Recording, State, StateSpec, Surroundings } from '../blueprint.ts';
import type { Axis, ParameterGroup, ParameterSource } from '../parameters.ts';

/** The properties of the backbone that a memory wraps. */
export interface Wrapped {
  readonly D: Axis;
  readonly layers: number;
  readonly layerName: (l: number) => string;
  /** Whether text is read causally (a decoder), or all at once. */
  readonly causal: boolean;
}

/** The hooks that a memory implements; the others default to doing nothing. */
export type MemoryHooks = Partial<Surroundings>;

export interface Memory<E extends Entries> {
  readonly entries: E;
  /** Checks across fields; throws by calling `refuse`. */
  check?(config: ConfigOf<E>, wrapped: Wrapped, refuse: (field: string, expected: string) => never): void;
  /** Configuration fields from a run's knobs, by the knobs' names. */
  fromKnobs(knobs: Readonly<Record<string, unknown>>, wrapped: Pick<Wrapped, 'causal'>): Record<string, unknown>;
  /** The reverse. */
  toKnobs(config: ConfigOf<E>): Record<string, unknown>;
  /** The positions it takes. */
  room?(config: ConfigOf<E>, wrapped: Wrapped): MemoryRoom;
  parameters?(config: ConfigOf<E>, wrapped: Wrapped): ParameterGroup[];
  states?(config: ConfigOf<E>, wrapped: Wrapped, batch: number): StateSpec[];
  /** Whether each state belongs to one layer, in the order of the layers, and no other layer reads or writes it. */
  readonly ofLayers?: true;
  /** Record the initial states; states it does not set start as zeros. */
  begin?(tape: Tape, parameters: ParameterSource, config: ConfigOf<E>, states: readonly Tensor[]): void;
  surround(recording: Recording, config: ConfigOf<E>, wrapped: Wrapped, states: readonly State[]): MemoryHooks;
  /** The rectangles of its attention in a segment of `S` positions; see `AttentionRegions`. */
  attentionRegions?(
    config: ConfigOf<E>,
    wrapped: Wrapped,
    S: number,
  ): { readonly write?: Rectangle; readonly read?: Rectangle };
}

/** The name of the trainable memory vectors, in any memory that has them. */
export const MEMORY = 'rmt.memory';

/** Erase a memory's own configuration type: it reads its own fields of the model's parsed configuration. */
export function defineMemory<E extends Entries>(definition: Memory<E>): Memory<Entries> {
  return definition as unknown as Memory<Entries>;
}
