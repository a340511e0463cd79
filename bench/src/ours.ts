// Our engine, used as in the product: a model by its name, a reader or a BPTT trainer, AdamW.
import { AdamW } from '../../src/engine/adamw.ts';
import { Gpu } from '../../src/engine/gpu/adapter.ts';
import { Model } from '../../src/models/model.ts';
import { SegmentReader } from '../../src/models/reader.ts';
import { segmentBatch } from '../../src/models/segments.ts';
import { classTargets } from '../../src/models/targets.ts';
import { BpttTrainer } from '../../src/models/training.ts';
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
    const reader = await SegmentReader.create(await modelOf(forwardSizes), { batch: 1 });
    const segment = textsOf(forwardSizes);
    return async () => {
      reader.reset(); // every run starts from the same memory
      const { memory } = await reader.step(segment);
      return memory;
    };
  },

  async training() {
    const model = await modelOf(trainingSizes);
    const trainer = await BpttTrainer.create(model, { batch: trainingSizes.B });
    const adamw = await AdamW.create(model.gpu, model.parameters.flat, model.parameters.flatGradient);
    const batch = classTargets(segmentBatch(textsOf(trainingSizes), model.config), labelsOf(trainingSizes));
    let step = 0;
    return async () => {
      adamw.set(++step, { ...optimiser, clipNorm: 0, clipValue: 0 });
      const { result } = await trainer.train(batch, step, (encoder) => adamw.encode(encoder));
      return result.loss;
    };
  },
};
