// Bench: times named shapes, with exclusive use of the GPU.
import { bench as benchShapes } from '../../instruments/bench.ts';
import type { Job } from '../job.ts';

export const bench: Job<'bench'> = {
  kind: 'bench',
  queue: 'exclusive',
  replaces: true,
  exclusive: true,
  async *run(context, request, gate) {
    yield* benchShapes(await context.device(), request, () => gate.stopped);
  },
};
