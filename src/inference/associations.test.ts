// The associations as they are analysed in f64, against those that the GPU computes.
import { describe, expect, it } from 'vitest';
import { type Associations, features, recallOf, writeOf } from '../analysis/associations.ts';
import { dot, rowOf } from '../analysis/linear-algebra.ts';
import { rankOf } from '../analysis/matrix-rank.ts';
import { positionsOf } from '../models/segments.ts';
import { SiteValues } from '../models/site-values.ts';
import { expectNear } from '../testing/close.ts';
import { useSimpleKernels } from '../testing/gpu.ts';
import { still, type TinyModel } from '../testing/models.ts';
import { texts, withReader } from '../testing/with-model.ts';
import { associativeLayers } from './associations.ts';

useSimpleKernels();

const cases: readonly (readonly [TinyModel, object])[] = [
  ['armt-gpt2', { key_norm: 'l2', d_mem: 8 }],
  ['armt-gpt2', { key_norm: 'none', write_positions: 'end', n_layer: 2 }],
  ['armt-gpt2', { key_norm: 'none', correction: false, d_mem: 8 }],
  ['armt-bert', { key_norm: 'l2', d_mem: 8 }],
];

describe.each(cases)('%s with %o', (id, change) => {
  it('writes of all memory tokens add up to what the GPU wrote, and what it recalls is that of f64', async () => {
    const blueprint = still(id, change);
    const { layout, shape } = blueprint;
    const D = shape.hiddenSize;
    await withReader(blueprint, { batch: 1, sites: true }, async (reader, model) => {
      const tensors = await model.parameters.read();
      const layers = associativeLayers({ blueprint, tensors } as never);
      expect(layers).toHaveLength(shape.layers);
      const sites = reader.sites.filter(({ kind }) => kind === 'hidden');
      const values = await SiteValues.create(model.gpu, sites);
      reader.reset();
      let recalls = 0;
      const before: (Float32Array | undefined)[] = layers.map(() => undefined);
      const histories: Associations[][] = layers.map(() => []);
      // A short last segment moves the memory tokens of a decoder.
      for (const [n, length] of [4, 4, 4, 2].entries()) {
        const [text = []] = texts([length], n + 1);
        const view = await reader.step([Int32Array.from(text)], true, values.take.bind(values));
        const hidden = await values.read(sites);
        const states = [...view.states.values()];
        const first = layout.memory.atEnd
          ? positionsOf(layout, length) - layout.memory.count
          : (layout.memory.first ?? 0);
        layers.forEach((layer, l) => {
          const after = states[l] as Float32Array;
          const given = before[l];
          const change = after.map((value, i) => value - (given?.[i] ?? 0));
          const added = new Float64Array(after.length);
          for (let m = 0; m < layout.memory.count; m++) {
            const row = (hidden[l + 1] as Float32Array).subarray((first + m) * D, (first + m + 1) * D);
            const write = writeOf(layer, row, given && { values: given, width: D });
            write.key.forEach((factor, k) => {
              for (let c = 0; c <= D; c++) {
                const value = c < D ? (write.change[c] as number) : write.gamma;
                added[k * (D + 4) + c] = (added[k * (D + 4) + c] as number) + factor * value;
              }
            });
          }
          expectNear(change, added, 1e-4, `segment ${n + 1}, layer ${l + 1}`);
          before[l] = after;
        });
        layers.forEach((layer, l) => {
          histories[l]?.push({ values: states[l] as Float32Array, width: D });
          const state = (hidden[l] as Float32Array).subarray(0, D);
          const { recalled, shares } = recallOf(layer, state, histories[l] ?? []);
          expect(shares).toHaveLength(n + 1);
          // Features are sparse: a query may share none with any key.
          if (recalled.some((value) => value !== 0)) {
            expect(shares.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 9);
            recalls++;
          }
          const query = features(
            Float64Array.from({ length: layer.query.rows }, (_, o) => dot(rowOf(layer.query, o), state)),
            layer.normalise,
          );
          const column = (c: number) =>
            query.reduce((sum, q, k) => sum + q * ((states[l] as Float32Array)[k * (D + 4) + c] ?? 0), 0);
          expectNear(
            recalled,
            Array.from({ length: D }, (_, c) => column(c) / (column(D) + 1e-5)),
            1e-9,
            'recalled',
          );
          // Each memory token adds one direction at most.
          const A = histories[l]?.at(-1)?.values ?? [];
          expect(
            rankOf({ rows: A.length / (D + 4), columns: D + 4, values: Float64Array.from(A) }).numerical,
          ).toBeLessThanOrEqual(Math.min(D + 1, (n + 1) * layout.memory.count + 1));
        });
      }
      expect(recalls).toBeGreaterThan(0);
      values.release();
    });
  });
});

it('a model without associations is refused', () => {
  expect(() => associativeLayers({ blueprint: still('rmt-gpt2'), tensors: new Map() } as never)).toThrow(
    'associative memory',
  );
});
