// Holders: which memory token changes with what is told of whom, after the beginnings of sampled documents.
import { InputError } from '../../errors.ts';
import { factsOf, loadModel } from '../../experiment/workspace.ts';
import { holdersOf, toldIn } from '../../inference/holders.ts';
import { stateLayoutOf } from '../../inference/interventions.ts';
import { SegmentReader } from '../../models/reader.ts';
import { Random } from '../../random.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

export const holders: Job<'holders'> = {
  kind: 'holders',
  queue: 'holders',
  replaces: true,
  beginsWork: true,
  async *run(context, request, gate) {
    const { name, checkpoint, work } = await openModel(context, request, ({ blueprint }, where) => {
      if (stateLayoutOf(blueprint).tokens === 0)
        throw new InputError(where, 'a model that passes no memory tokens on', 'one that does');
    });
    const { blueprint } = checkpoint;
    const random = new Random(request.seed);
    const told = toldIn(work, random, blueprint.config);
    const batch = told.subjects.length * told.values.length;
    const model = await loadModel(await context.device(), checkpoint, batch);
    let reader: SegmentReader | undefined;
    try {
      reader = await SegmentReader.create(model, { batch });
      yield { type: 'holders-begin', model: factsOf(blueprint, work, name, model.gpu.bytes), task: work.task.id };
      const reading = holdersOf(reader, blueprint.config, work, told, random, request, () => gate.stopped);
      let step = await reading.next();
      for (; !step.done; step = await reading.next()) yield { type: 'holders-reading', documents: step.value };
      yield { type: 'holders-end', ...(step.value ? { found: step.value } : {}) };
    } finally {
      reader?.release();
      model.release();
    }
  },
};
