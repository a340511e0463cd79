// The patches that a map of effects is made of.
import { InputError } from '../errors.ts';
import type { Blueprint } from '../models/blueprint.ts';
import type { StateLayout } from './interventions.ts';

/** One patch: what is taken from the other document's reading, and put in the same place. */
export type Patch =
  /** What a segment passes on: one memory token, or everything. */
  | { readonly kind: 'memory'; readonly segment: number; readonly token?: number }
  /** The output of a head: at one position, or at all. */
  | {
      readonly kind: 'head';
      readonly segment: number;
      readonly layer: number;
      readonly head: number;
      readonly position?: number | undefined;
    }
  /** The input of the first layer (layer 0), or the output of layer l (l + 1): at one position, or at all. */
  | { readonly kind: 'hidden'; readonly segment: number; readonly layer: number; readonly position?: number };

/** A map of effects. Segments, layers and positions count from 0; positions include special and memory tokens. */
export type Sweep =
  /** Segments × memory tokens, and a column for all of what is passed on. */
  | { readonly kind: 'memory' }
  /** Layers × heads in one segment. */
  | { readonly kind: 'heads'; readonly segment: number; readonly position?: number | undefined }
  /** Hidden states × positions in one segment, and a column for all positions. */
  | { readonly kind: 'hidden'; readonly segment: number };

export interface PatchMap {
  readonly rows: number;
  readonly columns: number;
  /** Row by row. */
  readonly patches: readonly Patch[];
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** @throws InputError if the model or the document has nothing to patch there */
export function patchesOf(
  sweep: Sweep,
  { shape }: Pick<Blueprint, 'shape'>,
  { size, tokens }: StateLayout,
  { segments, positions }: { readonly segments: number; readonly positions: number },
): PatchMap {
  const where = `patching ${sweep.kind}`;
  if (sweep.kind === 'memory') {
    if (size === 0) throw new InputError(where, 'a model that passes nothing on', 'a model with a memory');
    if (segments < 2) throw new InputError(where, 'a document of one segment', 'two segments or more');
    return {
      rows: segments - 1,
      columns: tokens + 1,
      patches: range(segments - 1).flatMap((segment): Patch[] => [
        ...range(tokens).map((token): Patch => ({ kind: 'memory', segment, token })),
        { kind: 'memory', segment },
      ]),
    };
  }
  const { segment } = sweep;
  if (!Number.isInteger(segment) || segment < 0 || segment >= segments)
    throw new InputError(where, `segment ${segment + 1}`, `one from 1 to ${segments}`);
  if (sweep.kind === 'heads') {
    const { position } = sweep;
    if (position !== undefined && !(Number.isInteger(position) && position >= 0 && position < positions))
      throw new InputError(where, `position ${position + 1}`, `one from 1 to ${positions}`);
    return {
      rows: shape.layers,
      columns: shape.heads,
      patches: range(shape.layers).flatMap((layer) =>
        range(shape.heads).map((head): Patch => ({ kind: 'head', segment, layer, head, position })),
      ),
    };
  }
  return {
    rows: shape.layers + 1,
    columns: positions + 1,
    patches: range(shape.layers + 1).flatMap((layer): Patch[] => [
      ...range(positions).map((position): Patch => ({ kind: 'hidden', segment, layer, position })),
      { kind: 'hidden', segment, layer },
    ]),
  };
}
