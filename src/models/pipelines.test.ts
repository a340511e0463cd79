// The number of pipelines a model compiles does not depend on its layers, its batch or the length of its segments.
import { describe, expect, it } from 'vitest';
import { AdamW } from '../engine/adamw.ts';
import { PlanningGpu } from '../engine/gpu/planning.ts';
import { testGpu } from '../testing/gpu.ts';
import { type TinyModel, tinyConfigs } from '../testing/models.ts';
import { blueprintOf } from './index.ts';
import { Model } from './model.ts';
import { SegmentPrograms } from './recording.ts';

/** Devices that count the pipelines they compile. */
async function counting() {
  const gpu = new PlanningGpu(await testGpu());
  const { device } = gpu;
  const { createComputePipelineAsync } = device;
  const made: string[] = [];
  device.createComputePipelineAsync = (descriptor) => {
    made.push(descriptor.label ?? '');
    return createComputePipelineAsync(descriptor);
  };
  return { gpu, made };
}

interface Shape {
  readonly layers?: number;
  readonly batch?: number;
  readonly segment?: number;
}

/** Record everything that a training run or a forward pass needs. */
async function record(gpu: PlanningGpu, id: TinyModel, training: boolean, shape: Shape): Promise<void> {
  const { layers = 2, batch = 2, segment = 4 } = shape;
  const field = 'num_hidden_layers' in tinyConfigs[id] ? 'num_hidden_layers' : 'n_layer';
  const config = { ...tinyConfigs[id], [field]: layers, segment_size: segment };
  const model = await Model.create(gpu, blueprintOf(config, 'test'));
  const { flat, flatGradient } = model.parameters;
  if (training) await AdamW.create(gpu, flat, flatGradient);
  const options = training ? { memoryNoise: 0.5 } : { attention: 'memory' as const };
  await (await SegmentPrograms.create(model, { batch, training, ...options })).compiled();
}

const ids = Object.keys(tinyConfigs) as TinyModel[];

describe.each(ids.flatMap((id) => [true, false].map((training) => ({ id, training }))))(
  '$id, training: $training',
  ({ id, training }) => {
    it('compiles as many pipelines with twelve layers as with two', async () => {
      const [two, twelve] = [await counting(), await counting()];
      await record(two.gpu, id, training, { layers: 2 });
      await record(twelve.gpu, id, training, { layers: 12 });
      expect(two.made.length).toBeGreaterThan(training ? 15 : 5);
      expect([...twelve.made].sort()).toEqual([...two.made].sort());
    });

    it('compiles none for another batch or segment length', async () => {
      const { gpu, made } = await counting();
      await record(gpu, id, training, {});
      const compiled = made.length;
      await record(gpu, id, training, { batch: 5 });
      await record(gpu, id, training, { segment: 7 });
      expect(made.slice(compiled)).toEqual([]);
    });
  },
);
