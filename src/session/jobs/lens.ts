// Lens: reads some segments of a document again, and what the head makes of every layer's states.
import { loadModel } from '../../experiment/workspace.ts';
import { lensOf } from '../../inference/lens.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

export const lens: Job<'lens'> = {
  kind: 'lens',
  queue: 'lens',
  replaces: true,
  beginsWork: true,
  async *run(context, request, gate) {
    const { checkpoint, work } = await openModel(context, request);
    const model = await loadModel(await context.device(), checkpoint);
    try {
      yield { type: 'lens-begin' };
      for await (const seen of lensOf(model, work, request, request.at)) {
        if (gate.stopped) break;
        yield { type: 'lens-segment', ...seen };
      }
      yield { type: 'lens-end', finished: !gate.stopped };
    } finally {
      model.release();
    }
  },
};
