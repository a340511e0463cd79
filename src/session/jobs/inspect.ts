// Inspect: reads a document for one tensor of one segment.
import { factsOf, loadModel } from '../../experiment/workspace.ts';
import { inspect as inspectTensor } from '../../inference/inspect.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

export const inspect: Job<'inspect'> = {
  kind: 'inspect',
  queue: 'inspect',
  replaces: true,
  beginsWork: true,
  async *run(context, request) {
    const { name, checkpoint, work } = await openModel(context, request);
    const gpu = await context.device();
    const model = await loadModel(gpu, checkpoint);
    try {
      const seen = await inspectTensor(model, work, request, request.tensor, request.at);
      yield { type: 'inspect-end', model: factsOf(model.blueprint, work, name, gpu.bytes), ...seen };
    } finally {
      model.release();
    }
  },
};
