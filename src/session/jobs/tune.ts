// Tune: times the kernel candidates again, with exclusive use of the GPU; for a software adapter its properties decide.
import { detailsOf } from '../../engine/gpu/details.ts';
import type { Job } from '../job.ts';

export const tune: Job<'tune'> = {
  kind: 'tune',
  queue: 'exclusive',
  replaces: true,
  exclusive: true,
  async *run(context, _request, gate) {
    const gpu = await context.device();
    yield { type: 'tune-begin' };
    await gpu.retune?.(() => gate.stopped);
    gpu.check();
    yield { type: 'tune-end', finished: !gate.stopped, details: detailsOf(gpu) };
  },
};
