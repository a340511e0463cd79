// Whether an adapter can run a model, found by recording it on a device that allocates nothing.
import type { Gpu } from '../engine/gpu/adapter.ts';
import { PlanningGpu } from '../engine/gpu/planning.ts';
import { InputError } from '../errors.ts';
import type { Blueprint } from './blueprint.ts';
import { Model } from './model.ts';
import { type ReaderOptions, SegmentReader } from './reader.ts';

const grouped = (n: number) => n.toLocaleString('en');

/**
 * Refuse a model that the adapter cannot read segments with, before anything is allocated.
 * @throws InputError naming the largest tensor or buffer that exceeds a limit, and the limit
 */
export async function checkLimits(gpu: Gpu, blueprint: Blueprint, options: ReaderOptions): Promise<void> {
  const plan = new PlanningGpu(gpu);
  await SegmentReader.create(await Model.create(plan, blueprint), options);
  const [largest] = plan.refusals;
  if (!largest) return;
  const { label, bytes, limit, limitName } = largest;
  const unit = limitName === 'maxBufferSize' ? 'buffer' : 'binding';
  throw new InputError(
    'GPU',
    `this model needs ${grouped(bytes)} bytes in one ${unit}, for '${label}'`,
    `at most ${grouped(limit)}, this adapter's ${limitName}; choose a smaller model, or another adapter`,
  );
}
