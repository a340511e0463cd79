// Our engine, as the product runs it: a model by its name, the recurrence, AdamW.
import { AdamW } from '../../src/engine/adamw.ts';
import { Gpu } from '../../src/engine/gpu/adapter.ts';
import { Model, Recurrence } from '../../src/models/recurrence.ts';
import { segmentBatch } from '../../src/models/segments.ts';
import { classTargets } from '../../src/models/targets.ts';
import type { Peer } from './peer.ts';
import {
  blueprintOf,
  forwardSizes,
  labelsOf,
  optimiser,
  type Sizes,
  textsOf,
  trainingSizes,
  weightsOf,
} from './workload.ts';

async function modelOf(sizes: Sizes): Promise<Model> {
  const model = await Model.create(await Gpu.open(navigator.gpu), blueprintOf(sizes));
  model.parameters.load(weightsOf(sizes));
  return model;
}

export const ours: Peer = {
  async forward() {
    const recurrence = await Recurrence.create(await modelOf(forwardSizes), { batch: 1, training: false });
    const segment = textsOf(forwardSizes);
    return async () => {
      recurrence.reset(); // every run starts from the same memory
      const { memory } = await recurrence.step(segment);
      return memory;
    };
  },

  async training() {
    const model = await modelOf(trainingSizes);
    const recurrence = await Recurrence.create(model, { batch: trainingSizes.B, training: true });
    const adamw = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
    const batch = classTargets(segmentBatch(textsOf(trainingSizes), model.config), labelsOf(trainingSizes));
    let step = 0;
    return async () => {
      adamw.set(++step, { ...optimiser, clipNorm: 0, clipValue: 0 });
      const { result } = await recurrence.train(batch, step, (encoder) => adamw.encode(encoder));
      return result.loss;
    };
  },
};
