// Interventions on memory: what a segment passes on is changed before the next one reads it.
import { InputError } from '../errors.ts';
import type { Blueprint } from '../models/blueprint.ts';
import { Random } from '../random.ts';

/** What an intervention applies to: the memory passed on by a segment. */
interface At {
  /** From 0. */
  readonly segment: number;
  /** Memory tokens, from 0; everything passed on by default. */
  readonly tokens?: readonly number[] | undefined;
}

/** A change of what one segment passes on to the next. */
export type Intervention =
  /** Replace it by zeros. */
  | ({ readonly kind: 'zero' } & At)
  /** Keep the memory the segment received: it and the following `length` − 1 segments pass it on unchanged. */
  | ({ readonly kind: 'freeze'; readonly length: number } & At)
  /** Permute the memory tokens, in an order drawn by the seed; never the identity. */
  | ({ readonly kind: 'shuffle'; readonly seed: number } & At)
  /** Replace it by what the same segment of another document passes on: of the same task, drawn by the seed. */
  | ({ readonly kind: 'swap'; readonly seed: number } & At);

/** The layout of a model's states, stored one after the other in one array. */
export interface StateLayout {
  /** Total numbers. */
  readonly size: number;
  /** Memory tokens at the beginning of the array, and numbers in each; 0 if the model passes on something else. */
  readonly tokens: number;
  readonly width: number;
}

export function stateLayoutOf(blueprint: Pick<Blueprint, 'states'>): StateLayout {
  const specs = blueprint.states(1);
  const sizes = specs.map(({ shape }) => shape.reduce((product, length) => product * length, 1));
  const size = sizes.reduce((sum, each) => sum + each, 0);
  const [first] = specs;
  const [, tokens = 0, width = 0] = first?.label === 'memory' ? first.shape : [];
  return { size, tokens, width };
}

/** Whether an intervention changes what segment n passes on. */
export const applies = ({ kind, segment, ...more }: Intervention, n: number): boolean =>
  kind === 'freeze' && 'length' in more ? n >= segment && n < segment + more.length : n === segment;

/** @throws InputError naming the intervention that does not fit this model or document */
export function checkInterventions(
  interventions: readonly Intervention[],
  { size, tokens: count }: StateLayout,
  segments: number,
): void {
  for (const [i, intervention] of interventions.entries()) {
    const { kind, segment, tokens } = intervention;
    const where = `intervention ${i + 1}: ${kind}`;
    if (size === 0) throw new InputError(where, 'a model without memory', 'one with a memory');
    // The last segment's memory is never used.
    if (!Number.isInteger(segment) || segment < 0 || segment >= segments - 1)
      throw new InputError(
        where,
        `segment ${segment + 1}`,
        segments > 1 ? `a segment from 1 to ${segments - 1}, before the last` : 'a document of two segments or more',
      );
    if (kind === 'shuffle' && count === 0)
      throw new InputError(where, 'a model without memory tokens', 'one whose memory is a row of tokens');
    if (kind === 'freeze' && !(Number.isInteger(intervention.length) && intervention.length >= 1))
      throw new InputError(where, `${intervention.length} segments`, 'a whole number from 1');
    if (!tokens) continue;
    if (count === 0) throw new InputError(where, 'chosen tokens of a model without memory tokens', 'all of its memory');
    const invalid = tokens.find((token) => !Number.isInteger(token) || token < 0 || token >= count);
    if (invalid !== undefined) throw new InputError(where, `memory token ${invalid + 1}`, `tokens from 1 to ${count}`);
    const fewest = kind === 'shuffle' ? 2 : 1;
    if (new Set(tokens).size < fewest)
      throw new InputError(where, `${tokens.length} memory tokens`, `at least ${fewest}`);
  }
}

/** A random permutation of `count` items that is not the identity. */
export function drawnOrder(count: number, seed: number): number[] {
  const random = new Random(seed);
  for (;;) {
    const order = random.shuffle(Array.from({ length: count }, (_, i) => i));
    if (count < 2 || order.some((from, to) => from !== to)) return order;
  }
}

/**
 * What is passed on instead of `left`.
 * @param received what the segment itself received; for a freeze, what its first segment received
 * @param other    what the other document's same segment passes on; for a swap
 */
export function intervene(
  intervention: Intervention,
  { tokens: count, width }: StateLayout,
  left: Float32Array,
  received: Float32Array,
  other: Float32Array | undefined,
): Float32Array {
  const changed = left.slice();
  const { kind } = intervention;
  if (kind === 'shuffle') {
    const chosen = [...new Set(intervention.tokens ?? Array.from({ length: count }, (_, i) => i))].sort(
      (a, b) => a - b,
    );
    drawnOrder(chosen.length, intervention.seed).forEach((from, to) => {
      const [source = 0, target = 0] = [chosen[from], chosen[to]];
      changed.set(left.subarray(source * width, (source + 1) * width), target * width);
    });
    return changed;
  }
  const from = kind === 'zero' ? new Float32Array(left.length) : kind === 'freeze' ? received : other;
  if (!from) throw new RangeError('intervene: a swap without another document');
  if (!intervention.tokens) changed.set(from);
  else
    for (const token of intervention.tokens)
      changed.set(from.subarray(token * width, (token + 1) * width), token * width);
  return changed;
}
