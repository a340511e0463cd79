// Connect: open the adapter and report its facts.
import { detailsOf } from '../../engine/gpu/details.ts';
import type { Job } from '../job.ts';

export const connect: Job<'connect'> = {
  kind: 'connect',
  queue: 'connect',
  async *run(context) {
    const gpu = await context.device();
    yield { type: 'device', device: gpu.facts, details: detailsOf(gpu) };
  },
};
