// Dispatches per layer, found by recording segments of one and of two layers: nothing is allocated or run.
import { Program } from '../engine/gpu/program.ts';
import { Tape } from '../engine/tape.ts';
import type { Storage } from '../engine/tensor.ts';
import { blueprintOf } from './index.ts';
import type { Model } from './model.ts';
import { SegmentInputs } from './segments.ts';
import { Sites } from './sites.ts';

export interface LayerDispatches {
  readonly forward: number;
  /** 0 if the backward pass is not recorded. */
  readonly backward: number;
}

/** The field for the number of layers in each backbone's configuration. */
const layerFields = ['num_hidden_layers', 'n_layer'] as const;

/** Dispatches of a segment of `model` reduced to its first `layers` layers, by section. */
function dispatches(model: Model, layers: number, inputs: SegmentInputs, training: boolean): Record<string, number> {
  const { gpu, parameters, config } = model;
  const field = layerFields.find((name) => name in config) ?? layerFields[0];
  const blueprint = blueprintOf({ ...config, [field]: layers }, 'model');
  const program = new Program(gpu, 'cost');
  const tape = new Tape(program, training);
  const storage: Storage = { label: 'never bound', bytes: 0, buffer: undefined };
  const place = (label: string, shape: readonly number[]) => ({
    label,
    shape,
    dtype: 'f32' as const,
    storage,
    offset: 0,
  });
  const states = blueprint
    .states(inputs.batch)
    .map(({ label, shape }) => ({ before: place(label, shape), next: place(`next ${label}`, shape) }));
  if (training) {
    for (const [parameter, gradient] of parameters.gradients()) tape.bindGradient(parameter, gradient, true);
    for (const { before, next } of states) {
      tape.bindGradient(before, place(`d ${before.label}`, before.shape), false);
      tape.bindGradient(next, place(`d ${next.label}`, next.shape), true);
    }
  }
  const sites = new Sites(program, false);
  blueprint.segment({ tape, parameters, inputs, layout: blueprint.layout, sites }, states, [], 0);
  if (training) tape.backward();
  return program.counts();
}

/** Dispatches added by one more encoder or decoder layer; the model must have at least two. */
export async function layerDispatches(model: Model, batch: number, training: boolean): Promise<LayerDispatches> {
  const { gpu, config, blueprint } = model;
  const { layout, shape } = blueprint;
  const inputs = await gpu.guarded('cost', () => new SegmentInputs(gpu, config, layout, batch, shape.cacheSize));
  try {
    const [one, two] = [1, 2].map((layers) => dispatches(model, layers, inputs, training));
    const more = (section: string) => (two?.[section] ?? 0) - (one?.[section] ?? 0);
    return { forward: more('encode'), backward: more('encode backward') };
  } finally {
    inputs.release();
  }
}
