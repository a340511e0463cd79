// Bench: named shapes timed, with the GPU to itself.
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
