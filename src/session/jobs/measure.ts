// Measure: time and bytes against length, with exclusive use of the GPU.
import { measure as measureLengths } from '../../instruments/measure.ts';
import type { Job } from '../job.ts';

export const measure: Job<'measure'> = {
  kind: 'measure',
  queue: 'exclusive',
  replaces: true,
  exclusive: true,
  async *run(context, request, gate) {
    yield* measureLengths(await context.device(), request, () => gate.stopped);
  },
};
