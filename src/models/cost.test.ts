import { describe, expect, it } from 'vitest';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { tinyConfigs } from '../testing/models.ts';
import { layerDispatches } from './cost.ts';
import { blueprintOf } from './index.ts';
import { Model } from './model.ts';
import { SegmentReader } from './reader.ts';
import { BpttTrainer } from './training.ts';

useSimpleKernels();

/** Dispatches of a complete segment, by section. */
async function counts(config: Record<string, unknown>, training: boolean) {
  const gpu = await testGpu();
  const model = await Model.create(gpu, blueprintOf(config, 'test'));
  const recorded = await (training ? BpttTrainer : SegmentReader).create(model, { batch: 2 });
  const { dispatches } = recorded.cost;
  recorded.release();
  model.release();
  return dispatches;
}

describe('dispatches of a layer', () => {
  it.each(['rmt-bert', 'rmt-transformer-xl'] as const)(
    'of %s are those that a third layer adds, and counting them leaves no allocation behind',
    async (id) => {
      const field = 'num_hidden_layers' in tinyConfigs[id] ? 'num_hidden_layers' : 'n_layer';
      const config = (layers: number) => ({ ...tinyConfigs[id], [field]: layers });
      const gpu = await testGpu();
      const model = await Model.create(gpu, blueprintOf(config(2), 'test'));
      // The gradients belong to the model and are allocated on first use.
      expect(model.parameters.flatGradient.label).toBe('gradients');
      const bytes = gpu.bytes;
      const forward = await layerDispatches(model, 2, false);
      const training = await layerDispatches(model, 2, true);
      expect(gpu.bytes).toBe(bytes);
      model.release();
      const [two, three] = [await counts(config(2), true), await counts(config(3), true)];
      const more = (section: string) => (three[section] ?? 0) - (two[section] ?? 0);
      expect(training).toEqual({ forward: more('encode'), backward: more('encode backward') });
      expect(training.forward).toBeGreaterThan(3);
      expect(training.backward).toBeGreaterThan(training.forward);
      expect(forward.backward).toBe(0);
    },
  );
});
