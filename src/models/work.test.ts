// The FLOPs of a recorded segment against multiply-adds counted one by one from the dispatches' tensors.
import { describe, expect, it } from 'vitest';
import { PlanningGpu } from '../engine/gpu/planning.ts';
import type { Tensor } from '../engine/tensor.ts';
import { testGpu, useSimpleKernels } from '../testing/gpu.ts';
import { type TinyModel, tinyConfigs } from '../testing/models.ts';
import { type Mask, sees } from '../testing/reference/attention.ts';
import { blueprintOf } from './index.ts';
import { Model } from './model.ts';
import { type RecordingOptions, SegmentPrograms } from './recording.ts';

useSimpleKernels();

/** A segment of this model, recorded but never compiled. */
async function recorded(config: object, options: Partial<RecordingOptions> = {}): Promise<SegmentPrograms> {
  const gpu = new PlanningGpu(await testGpu());
  const model = await Model.create(gpu, blueprintOf(config, 'test'));
  return SegmentPrograms.create(model, { batch: 3, training: true, ...options });
}

type Recorded = ReturnType<SegmentPrograms['at']>['program']['recorded'][number];

/** Pairs of a query and a visible key, in a full segment after a full cache. */
function pairs(positions: number, cache: number, mask: Mask): number {
  let count = positions * cache;
  for (let i = 0; i < positions; i++) for (let j = 0; j < positions; j++) if (sees(mask, positions, i, j)) count++;
  return count;
}

/** For each pair, products over the width of a head; `scores` of relative attention are two, with keys and distances. */
const products: Readonly<Record<string, (scores: number) => number>> = {
  // The output.
  forward: (scores) => scores + 1,
  // d_out · values, and a gradient for each part of the scores.
  backward_query: (scores) => scores + 1 + scores,
  // d_out · values, the gradients of keys and of values.
  backward_key_value: (scores) => scores + 1 + 2,
  // d_out · values, the gradient of the distances.
  backward_distance: (scores) => scores + 1 + 1,
};

/** Multiply-adds of one dispatch, from its tensors' shapes alone; undefined if it is no product. */
function multiplyAdds({ kernel, tensors, params }: Recorded, mask: Mask): number | undefined {
  const shape = (i: number) => (tensors[i] as Tensor).shape as readonly [number, number, number];
  const size = (i: number) => shape(i).reduce((a, b) => a * b, 1);
  const named = (name: string) => {
    const i = [...kernel.reads, ...kernel.writes].indexOf(name);
    if (i < 0) throw new Error(`${kernel.name} has no '${name}'`);
    return i;
  };
  const { name } = kernel;
  if (/^linear_(activation_)?forward/.test(name)) return size(named('out')) * (shape(named('inp')).at(-1) ?? 0);
  if (/^linear_backward_input/.test(name)) return size(named('d_inp')) * (shape(named('weight'))[0] ?? 0);
  if (/^linear_backward_weight/.test(name)) {
    const [out = 0, inp = 0] = shape(named('d_weight'));
    return out * inp * (size(named('inp')) / inp);
  }
  if (name === 'associative_read') return size(named('out')) * shape(named('keys'))[2];
  if (name === 'associative_match') return size(named('out')) * shape(named('values'))[2];
  if (name === 'associative_write') return size(named('out')) * shape(named('keys'))[1];
  if (name.startsWith('attention_delta')) return size(named('out'));
  const way = /^attention_(relative_)?(forward|backward_\w+?)(_quads|_split)?$/.exec(name);
  const relative = way?.[1] !== undefined;
  const H = Number(params['H']);
  const cut = /^attention_(relative_)?weights$/.exec(name);
  if (cut) return size(named('out')) * (shape(named('qkv'))[2] / 3 / H) * (cut[1] ? 2 : 1);
  const count = way?.[2] && products[way[2]];
  if (!count) return undefined;
  const [B, rows, width] = shape(named('qkv'));
  const cache = relative ? Number(params['CACHE']) : 0;
  return B * (width / 3) * pairs(rows - cache, cache, mask) * count(relative ? 2 : 1);
}

function maskOf(id: TinyModel, config: Readonly<Record<string, unknown>>): Mask {
  if (blueprintOf(config, id).answers === 'class') return { kind: 'full' };
  const block = (config['memory_mask'] ?? (id === 'rmt-transformer-xl' ? 'block' : 'causal')) === 'block';
  const memory = Number(config['num_mem_tokens'] ?? 0);
  return block && memory > 0 ? { kind: 'block', memory, atEnd: config['mem_at_end'] !== false } : { kind: 'causal' };
}

const cases = (Object.keys(tinyConfigs) as TinyModel[]).map((id) => [id, tinyConfigs[id]] as const);

describe.each([
  ...cases,
  ['rmt-gpt2', { ...tinyConfigs['rmt-gpt2'], memory_mask: 'block', mem_at_end: true }] as const,
  ['rmt-transformer-xl', { ...tinyConfigs['rmt-transformer-xl'], mem_at_end: false, mem_len: 12 }] as const,
])('%s', (id, config) => {
  it.each(['none', 'full'] as const)(
    'computes what its dispatches multiply (attention kept: %s)',
    async (attention) => {
      const programs = await recorded(config, { attention });
      const mask = maskOf(id, config);
      const counted: Record<string, number> = {};
      for (const dispatch of programs.at(0).program.recorded)
        counted[dispatch.section] = (counted[dispatch.section] ?? 0) + 2 * (multiplyAdds(dispatch, mask) ?? 0);
      const told = Object.fromEntries(Object.entries(programs.work).map(([section, { flops }]) => [section, flops]));
      expect(told).toEqual(counted);
      expect(counted['encode backward']).toBeGreaterThan(counted['encode'] ?? Number.NaN);
    },
  );
});

it('a Transformer-XL layer with a cache computes what its configuration says', async () => {
  const config = { ...tinyConfigs['transformer-xl'], mem_len: 12 };
  const { d_model: D, n_head: H, d_head: DH, d_inner: F, n_layer: layers } = config;
  const programs = await recorded(config, { training: false, batch: 1 });
  const Q = config.segment_size;
  const keys = Q + 12;
  const seen = Q * 12 + (Q * (Q + 1)) / 2;
  const layer = 2 * (keys * D * 3 * H * DH + keys * D * H * DH + 3 * seen * H * DH + Q * H * DH * D + 2 * Q * D * F);
  expect(programs.work['encode']?.flops).toBe(layers * layer);
});
