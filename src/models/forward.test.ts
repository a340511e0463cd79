import { describe, expect, it } from 'vitest';
import { Random } from '../random.ts';
import { expectClose } from '../testing/close.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { type TinyModel, tinyConfigs } from '../testing/models.ts';
import { forwardOutputs } from './forward.ts';
import { blueprintOf } from './index.ts';
import { Model } from './model.ts';
import { SegmentReader } from './reader.ts';
import { segmentBatch } from './segments.ts';

useSimpleKernels();

/** All outputs for some sequences, and the blueprint of the model, which is released. */
async function outputs(id: TinyModel, sequences: readonly number[][], attention: boolean, change: object = {}) {
  const gpu = await testGpu();
  const before = gpu.bytes;
  const blueprint = blueprintOf({ ...tinyConfigs[id], ...change }, id);
  const model = await Model.create(gpu, blueprint);
  model.parameters.initialise(new Random(1), 0.3);
  const segmented = segmentBatch(sequences, blueprint.config);
  const told: number[] = [];
  const length = Math.max(...sequences.map((sequence) => sequence.length));
  const tensors = await forwardOutputs(model, segmented, length, attention, (n) => told.push(n));
  expect(told).toEqual(segmented.segments.map((_, n) => n + 1));
  for (const [name, { shape, data }] of tensors)
    expect(data.length, name).toBe(shape.reduce((product, size) => product * size, 1));
  // The same, segment by segment.
  const reader = await SegmentReader.create(model, { batch: sequences.length });
  reader.reset();
  const views = [];
  for (const segment of segmented.segments) views.push(await reader.step(segment));
  reader.release();
  model.release();
  expect(gpu.bytes).toBe(before);
  const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, shape]));
  return { tensors, shapes, views, data: (name: string) => tensors.get(name)?.data ?? new Float32Array(0) };
}

/** Checks that every row of weights over keys adds up to 1. */
function expectDistributions(weights: Float32Array, keys: number) {
  for (let at = 0; at < weights.length; at += keys)
    expectClose([weights.subarray(at, at + keys).reduce((sum, weight) => sum + weight, 0)], [1], { atol: 1e-5 });
}

describe('the outputs of a forward pass', () => {
  it('of a classifier: logits for each sequence, memory after each segment, attention of rows that have started', async () => {
    const { shapes, data, views } = await outputs(
      'rmt-bert',
      [
        [4, 5, 6, 7, 8, 9],
        [7, 8],
      ],
      true,
    );
    expect(shapes).toEqual({
      logits: [2, 3],
      memory: [2, 2, 2, 8],
      'attention.0.0': [1, 2, 9, 9],
      'attention.1.0': [2, 2, 9, 9],
    });
    for (const name of ['attention.0.0', 'attention.1.0']) expectDistributions(data(name), 9);
    // The batch comes first, then the segments.
    for (const [n, view] of views.entries())
      for (let b = 0; b < 2; b++)
        expect(data('memory').slice((b * 2 + n) * 16, (b * 2 + n + 1) * 16)).toEqual(
          view.memory.slice(b * 16, (b + 1) * 16),
        );
    expect(data('logits')).toEqual(Float32Array.from(views.at(-1)?.logits.flatMap((row) => [...row]) ?? []));
  });

  it('of a decoder with a cache: logits at each position of text, both kinds of states, keys of the cache first', async () => {
    const sequences = [
      [4, 5, 6, 7, 8, 9],
      [9, 8, 7, 6, 5, 4],
    ];
    const { shapes, data, views } = await outputs('rmt-transformer-xl', sequences, true);
    // Two memory positions, text, two memory positions; the last segment has two words and is written without padding.
    expect(shapes).toEqual({
      logits: [2, 6, 10],
      memory: [2, 2, 2, 8],
      'state.cache.0': [2, 2, 3, 8],
      'attention.0.0': [2, 2, 8, 11],
      'attention.1.0': [2, 2, 6, 9],
    });
    expectDistributions(data('attention.0.0'), 11);
    expectDistributions(data('attention.1.0'), 9);
    // Nothing is cached before the first segment, so no query attends to the cache.
    for (let row = 0; row < 2 * 2 * 8; row++)
      expect(data('attention.0.0').slice(row * 11, row * 11 + 3)).toEqual(new Float32Array(3));
    const rows = (b: number) => [
      ...(views[0]?.logits.slice(b * 4, b * 4 + 4) ?? []),
      ...(views[1]?.logits.slice(b * 4, b * 4 + 2) ?? []),
    ];
    for (let b = 0; b < 2; b++)
      expect(data('logits').slice(b * 60, (b + 1) * 60)).toEqual(Float32Array.from(rows(b).flatMap((row) => [...row])));
  });

  it('of an associative memory: associations and normaliser as separate tensors, and no memory tokens', async () => {
    const { shapes, data, views } = await outputs('armt-gpt2', [[4, 5, 6, 7, 8]], false);
    expect(shapes).toEqual({
      logits: [1, 5, 10],
      memory: [1, 2, 0, 8],
      'state.associations.0': [1, 2, 24, 8],
      'state.normaliser.0': [1, 2, 24],
    });
    const [first] = views;
    const state = first?.states.get('associations.0') ?? new Float32Array(0);
    for (let key = 0; key < 24; key++) {
      expect(data('state.associations.0').slice(key * 8, (key + 1) * 8)).toEqual(state.slice(key * 12, key * 12 + 8));
      expect(data('state.normaliser.0')[key]).toBe(state[key * 12 + 8]);
    }
    // In the first segment every key is new (γ = 1): the normaliser is the sum of the keys, which are not negative.
    expect(Math.max(...data('state.normaliser.0'))).toBeGreaterThan(0);
    expect(Math.min(...data('state.normaliser.0'))).toBeGreaterThanOrEqual(0);
  });
});
