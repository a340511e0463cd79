// Parts: looking at them changes no bit of a segment, and their values and gradients are those of PyTorch.
import { describe, expect, it } from 'vitest';
import { expectClose, expectNear } from '../testing/close.ts';
import { goldenParts, goldenSegment, loadGoldenParts } from '../testing/golden-parts.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { still, type TinyModel, tinyConfigs } from '../testing/models.ts';
import { B, batchOf, largest, texts, withReader, withTrainer } from '../testing/with-model.ts';
import type { PartAt, PartKind } from './parts.ts';
import { SegmentReader } from './reader.ts';
import { segmentBatch } from './segments.ts';
import { BpttTrainer } from './training.ts';

useSimpleKernels();

/** Every part of a model of some layers. */
function everyPart(layers: number): PartAt[] {
  const perLayer: readonly PartKind[] = ['projected', 'weights', 'attended', 'mixed', 'inner', 'activated'];
  const of = (kind: PartKind, count: number) => Array.from({ length: count }, (_, layer) => ({ kind, layer }));
  const whole: readonly PartKind[] = ['embedding', 'output', 'logits'];
  return [
    ...perLayer.flatMap((kind) => of(kind, layers)),
    ...of('hidden', layers + 1),
    ...whole.map((kind) => ({ kind, layer: 0 })),
  ];
}

/** The rows of query, key and value, side by side, as one projection has them. */
function projected(want: (key: string) => Float32Array, prefix: string, layer: number, width: number): Float32Array {
  const parts = ['query', 'key', 'value'].map((name) => want(`${prefix}.${name}.${layer}`));
  const rows = (parts[0]?.length ?? 0) / width;
  const all = new Float32Array(rows * 3 * width);
  parts.forEach((part, i) => {
    for (let r = 0; r < rows; r++) all.set(part.subarray(r * width, (r + 1) * width), (3 * r + i) * width);
  });
  return all;
}

describe.each(goldenParts)('the parts of %s', (path, name) => {
  it('have PyTorch’s values and gradients', async () => {
    const { model, batch, golden, want } = await loadGoldenParts(path, name);
    const { layers, hiddenSize: D, classes } = model.blueprint.shape;
    const parts = everyPart(layers);
    const trainer = await BpttTrainer.create(model, { batch: batch.sequences, dropout: false, parts });
    const seen = await trainer.inspect(batch, goldenSegment);
    const reader = await SegmentReader.create(model, { batch: batch.sequences, parts });
    reader.reset();
    await reader.step(batch.segments[0] ?? []);
    const view = await reader.step(batch.segments[1] ?? []);
    expect(reader.parts).toHaveLength(parts.length);
    const compared: string[] = [];
    /** What PyTorch has of a part; our logits are padded, and dozens of columns wide. */
    const wanted = (which: string, kind: PartKind, layer: number) =>
      kind === 'projected' && !golden.has(`${which}.projected.${layer}`)
        ? projected(want, which, layer, D)
        : want(`${which}.${kind}.${layer}`);
    const cropped = (kind: PartKind, values: Float32Array) => {
      const width = Math.ceil(classes / 4) * 4;
      return kind === 'logits' ? values.filter((_, i) => i % width < classes) : values;
    };
    for (const [i, { kind, layer }] of reader.parts.entries()) {
      const value = wanted('value', kind, layer);
      if (value.length === 0) continue;
      const label = `${kind} ${layer}`;
      expectClose(cropped(kind, view.parts[i] ?? new Float32Array(0)), value, { atol: 1e-5, rtol: 1e-5, label });
      const trained = seen.parts.find(({ part }) => part.kind === kind && part.layer === layer);
      expectClose(cropped(kind, trained?.value ?? new Float32Array(0)), value, { atol: 1e-5, rtol: 1e-5, label });
      compared.push(`value.${label}`);
      // Neither is computed by a backward pass of ours.
      if (kind === 'weights' || kind === 'activated') {
        expect(trained?.gradient).toBeUndefined();
        continue;
      }
      expectNear(cropped(kind, trained?.gradient ?? new Float32Array(0)), wanted('gradient', kind, layer), 2e-5, label);
      compared.push(`gradient.${label}`);
    }
    expect(compared.length).toBeGreaterThanOrEqual(2 * (layers * 4 + 2 + layers));
    expectNear(seen.received.get('memory') ?? [], want('gradient.memory-in.0'), 2e-5, 'memory received');
    expectNear(seen.passedOn.get('memory') ?? [], want('gradient.memory-out.0'), 2e-5, 'memory passed on');
    for (const each of [reader, trainer, model]) each.release();
  });
});

describe.each(Object.keys(tinyConfigs) as TinyModel[])('the parts of %s', (id) => {
  const blueprint = still(id);
  const parts = everyPart(blueprint.shape.layers);

  it('can be looked at without changing a bit', async () => {
    const read = (wanted: readonly PartAt[]) =>
      withReader(blueprint, { parts: wanted }, async (reader) => {
        const [first = [], second = []] = segmentBatch(texts([8, 8], 3), blueprint.config).segments;
        reader.reset();
        await reader.step(first);
        const { parts: seen, ...view } = await reader.step(second);
        return { view, seen };
      });
    const [plain, looked] = [await read([]), await read(parts)];
    expect(looked.view).toEqual(plain.view);
    expect(plain.seen).toEqual([]);
    expect(looked.seen).toHaveLength(parts.length);
    const gradients = (wanted: readonly PartAt[]) =>
      withTrainer(blueprint, { parts: wanted, dropout: false }, async (trainer, model) => {
        const batch = batchOf(blueprint, texts([8, 8], 3));
        await (wanted.length > 0 ? trainer.inspect(batch, 0) : trainer.train(batch, 0));
        return model.parameters.read(model.parameters.flatGradient);
      });
    expect(await gradients(parts)).toEqual(await gradients([]));
  });

  it('have the gradients that those of the parameters are made of', async () => {
    await withTrainer(blueprint, { parts, dropout: false }, async (trainer, model) => {
      // One segment: the gradient of a parameter comes from it alone.
      const batch = batchOf(blueprint, texts([4, 4, 4, 4], 5));
      const seen = await trainer.inspect(batch, 0);
      const of = (kind: PartKind, layer: number) => {
        const found = seen.parts.find(({ part }) => part.kind === kind && part.layer === layer);
        if (!found?.gradient) throw new Error(`no gradient of ${kind} ${layer}`);
        return { value: found.value, gradient: found.gradient, width: found.part.value.shape.at(-1) ?? 0 };
      };
      const gradients = await model.parameters.read(model.parameters.flatGradient);
      const named = (pattern: RegExp) =>
        [...gradients].find(([name]) => pattern.test(name))?.[1].data ?? new Float32Array(0);
      // The bias of the feed-forward block's first layer is added to `inner` at every position.
      const inner = of('inner', 0);
      const sums = new Float32Array(inner.width);
      inner.gradient.forEach((value, i) => {
        sums[i % inner.width] = (sums[i % inner.width] ?? 0) + value;
      });
      expectNear(
        sums,
        named(/layer\.0\.intermediate\.dense\.bias|h\.0\.mlp\.c_fc\.bias|layers\.0\.pos_ff\.CoreNet\.0\.bias/),
        2e-5,
        'inner',
      );
      // `mixed` is W · attended + residual.
      const [mixed, attended] = [of('mixed', 0), of('attended', 0)];
      const transposed = /h\.0\.attn/.test([...gradients.keys()].join(' '));
      const product = new Float32Array(mixed.width * attended.width);
      for (let r = 0; r < mixed.gradient.length / mixed.width; r++)
        for (let o = 0; o < mixed.width; o++)
          for (let i = 0; i < attended.width; i++) {
            const at = transposed ? i * mixed.width + o : o * attended.width + i;
            product[at] =
              (product[at] ?? 0) +
              (mixed.gradient[r * mixed.width + o] ?? 0) * (attended.value[r * attended.width + i] ?? 0);
          }
      expectNear(
        product,
        named(/layer\.0\.attention\.output\.dense\.weight|h\.0\.attn\.c_proj\.weight|o_net\.weight/),
        5e-5,
        'mixed',
      );
      expect(largest(of('projected', 0).gradient)).toBeGreaterThan(0);
      expect(B).toBe(batch.sequences);
    });
  });
});
