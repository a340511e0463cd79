// Check: the self-check of the GPU, with exclusive use of it.
import { check as checkGradients } from '../../instruments/check/check.ts';
import type { Job } from '../job.ts';

export const check: Job<'check'> = {
  kind: 'check',
  queue: 'exclusive',
  replaces: true,
  exclusive: true,
  async *run(context, _request, gate) {
    yield* checkGradients(await context.device(), () => gate.stopped);
  },
};
