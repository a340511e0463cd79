// Associations: reads some segments of a document again, and examines ARMT's associative memory in each.
import { loadModel } from '../../experiment/workspace.ts';
import { associationsOf } from '../../inference/associations.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

export const associations: Job<'associations'> = {
  kind: 'associations',
  queue: 'associations',
  replaces: true,
  beginsWork: true,
  async *run(context, request, gate) {
    const { checkpoint, work } = await openModel(context, request);
    const model = await loadModel(await context.device(), checkpoint);
    try {
      yield { type: 'associations-begin' };
      for await (const seen of associationsOf(model, checkpoint, work, request, request.at)) {
        if (gate.stopped) break;
        yield { type: 'associations-segment', ...seen };
      }
      yield { type: 'associations-end', finished: !gate.stopped };
    } finally {
      model.release();
    }
  },
};
