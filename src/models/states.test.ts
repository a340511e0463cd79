import { expect, it } from 'vitest';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { still } from '../testing/models.ts';
import { B } from '../testing/with-model.ts';
import { Model } from './model.ts';
import { BpttTrainer } from './training.ts';

useSimpleKernels();

it('refuses a state with a gradient after one without, because gradients are copied as a prefix', async () => {
  const blueprint = still('rmt-transformer-xl');
  const turned = { ...blueprint, states: (batch: number) => blueprint.states(batch).reverse() };
  const model = await Model.create(await testGpu(), turned);
  await expect(BpttTrainer.create(model, { batch: B })).rejects.toThrow(
    'states: one with a gradient comes after one without (expected those with a gradient first)',
  );
  model.release();
});
