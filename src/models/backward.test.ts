// Truncated BPTT: how many segments each loss propagates its gradient back.
import { describe, expect, it } from 'vitest';
import { expectClose, expectNear } from '../testing/close.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { still, type TinyModel } from '../testing/models.ts';
import { batchOf, gradientsOf, largest, texts, withTrainer } from '../testing/with-model.ts';
import type { NamedArrays } from './parameters.ts';
import type { Batch } from './targets.ts';

useSimpleKernels();

describe('truncated BPTT', () => {
  /** Parameters that only later segments' losses reach: the states passed on depend on them, this segment's loss does not. */
  const writers: Partial<Record<TinyModel, RegExp>> = {
    'rmt-gpt2': /^rmt\.memory$/,
    'rmt-transformer-xl': /^rmt\.memory$/,
    'armt-gpt2': /\.W_m[kvb]\./,
  };

  it.each(Object.keys(writers) as TinyModel[])('of %s', async (id) => {
    const blueprint = still(id);
    const sequences = texts([11, 7], 9);
    const batch = batchOf(blueprint, sequences);
    const N = batch.segments.length;
    expect(N).toBe(3);
    /** The loss of one segment alone. */
    const only = (n: number): Batch => ({
      ...batch,
      targets: batch.targets.map((targets, i) => (i === n ? targets : undefined)),
    });
    const at = (depth: number | undefined, some: readonly Batch[], bptt: 'recompute' | 'keep' = 'recompute') =>
      withTrainer(blueprint, { depth, bptt }, async (trainer, model) => {
        const all: NamedArrays[] = [];
        for (const one of some) all.push((await gradientsOf(trainer, model, one)).gradients);
        return all;
      });
    const single = [0, 1, 2].map(only);
    const [full, ...fullOf] = await at(undefined, [batch, ...single]);
    const [deep, ...deepOf] = await at(N, [batch, ...single]);
    const [none, ...noneOf] = await at(0, [batch, ...single]);
    const [one, ...oneOf] = await at(1, [batch, ...single]);
    const [kept] = await at(1, [batch], 'keep');
    if (!full || !deep || !none || !one || !kept) throw new Error('five gradients');
    const compare = (got: NamedArrays | undefined, want: NamedArrays | undefined, limit: number) => {
      for (const [name, { data }] of want ?? []) {
        const values = got?.get(name)?.data ?? [];
        // A key's bias has a gradient of zero in exact arithmetic, and parameters that are not reached have none at all.
        if (name.endsWith('c_attn.bias') || largest(data) < 1e-6)
          expectClose(values, data, { atol: 1e-6, label: name });
        else expectNear(values, data, limit, name);
      }
    };
    const sum = (parts: readonly NamedArrays[]): NamedArrays =>
      new Map(
        [...(parts[0] ?? [])].map(([name, { shape, data }]) => [
          name,
          { shape, data: data.map((_, i) => parts.reduce((total, part) => total + (part.get(name)?.data[i] ?? 0), 0)) },
        ]),
      );

    // A depth of at least the number of segments gives the full gradient, one backward pass per loss.
    compare(deep, full, 1e-5);
    // Losses propagate independently: the gradient of all is the sum of the gradients of each.
    for (const [all, parts] of [
      [deep, deepOf],
      [none, noneOf],
      [one, oneOf],
    ] as const)
      compare(all, sum(parts), 1e-5);
    // A loss within `depth` segments of the beginning is not truncated.
    compare(noneOf[0], fullOf[0], 1e-6);
    compare(oneOf[0], fullOf[0], 1e-6);
    compare(oneOf[1], fullOf[1], 1e-5);
    // Beyond the depth, the states are constants: the parameters that wrote them have no gradient.
    const reached = (gradients: NamedArrays | undefined) =>
      [...(gradients ?? [])]
        .filter(([name]) => writers[id]?.test(name))
        .map(([, { data }]) => largest(data))
        .reduce((a, b) => Math.max(a, b), 0);
    expect(reached(noneOf[1])).toBe(0);
    expect(reached(noneOf[2])).toBe(0);
    expect(reached(fullOf[1])).toBeGreaterThan(1e-5);
    expect(reached(fullOf[2])).toBeGreaterThan(1e-5);
    // One segment back from the last does not reach the initial memory; in ARMT that segment wrote, too.
    if (id !== 'armt-gpt2') expect(reached(oneOf[2])).toBe(0);
    else expect(reached(oneOf[2])).toBeGreaterThan(1e-5);
    expect(kept).toEqual(one);
  });

  it('changes nothing for a model whose states have no gradient', async () => {
    const blueprint = still('transformer-xl');
    const batch = batchOf(blueprint, texts([11, 7], 9));
    const of = (depth: number | undefined) =>
      withTrainer(blueprint, { depth }, (trainer, model) => gradientsOf(trainer, model, batch));
    expect(await of(0)).toEqual(await of(undefined));
  });
});
