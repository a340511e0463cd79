// What a memory is to a model: fields of the configuration, parameters, states handed on, and what it puts around the layers.
import type { Rectangle } from '../../engine/ops/attention.ts';
import type { Tape } from '../../engine/tape.ts';
import type { Tensor } from '../../engine/tensor.ts';
import type { ConfigOf, Entries, MemoryRoom } from '../backbones/backbone.ts';
import type { Recording, State, StateSpec, Surroundings } from '../blueprint.ts';
import type { Axis, ParameterGroup, Parameters } from '../parameters.ts';

/** What a memory may know of the backbone that it wraps. */
export interface Wrapped {
  readonly D: Axis;
  readonly layers: number;
  readonly layerName: (l: number) => string;
  /** Whether text is read causally (a decoder), or all at once. */
  readonly causal: boolean;
}

/** The parts of the surroundings that a memory brings; what it leaves out stays as it is. */
export type Part = Partial<Surroundings>;

export interface Memory<E extends Entries> {
  readonly entries: E;
  /** What one field alone cannot tell; throws by `refuse`. */
  check?(config: ConfigOf<E>, wrapped: Wrapped, refuse: (field: string, expected: string) => never): void;
  /** Fields for the knobs of a run, by the knobs' names. */
  fromKnobs(knobs: Readonly<Record<string, unknown>>): Record<string, unknown>;
  /** Positions it takes. */
  room?(config: ConfigOf<E>, wrapped: Wrapped): MemoryRoom;
  parameters?(config: ConfigOf<E>, wrapped: Wrapped): ParameterGroup[];
  states?(config: ConfigOf<E>, wrapped: Wrapped, batch: number): StateSpec[];
  /** Record the initial states; those it leaves alone begin as zeros. */
  begin?(tape: Tape, parameters: Parameters, config: ConfigOf<E>, states: readonly Tensor[]): void;
  surround(recording: Recording, config: ConfigOf<E>, wrapped: Wrapped, states: readonly State[]): Part;
  /** Where people can see it at work: what it reads from, and who reads it. `S` positions, `cache` keys in front. */
  looks?(config: ConfigOf<E>, wrapped: Wrapped, S: number): { readonly write?: Rectangle; readonly read?: Rectangle };
}

/** The name of the trainable memory vectors, whichever memory they belong to. */
export const MEMORY = 'rmt.memory';

/** A memory whose own configuration type is forgotten: it reads its own fields of what a model's whole schema made. */
export function defineMemory<E extends Entries>(definition: Memory<E>): Memory<Entries> {
  return definition as unknown as Memory<Entries>;
}
