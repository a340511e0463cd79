// Look: reads some segments of a document again, with all of their attention.
import { loadModel } from '../../experiment/workspace.ts';
import { lookAt } from '../../inference/look.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

export const look: Job<'look'> = {
  kind: 'look',
  queue: 'look',
  replaces: true,
  beginsWork: true,
  async *run(context, request, gate) {
    const { checkpoint, work } = await openModel(context, request);
    const model = await loadModel(await context.device(), checkpoint);
    try {
      yield { type: 'look-begin' };
      for await (const seen of lookAt(model, work, request, request.at)) {
        if (gate.stopped) break;
        yield { type: 'look-segment', ...seen };
      }
      yield { type: 'look-end' };
    } finally {
      model.release();
    }
  },
};
