// Probe: reads sampled documents, then fits a linear probe to their memory after each measured segment.
import { factsOf, loadModel } from '../../experiment/workspace.ts';
import { stateLayoutOf } from '../../inference/interventions.ts';
import { sampleStates } from '../../inference/memory-states.ts';
import { divided, probeAt, projectStates } from '../../inference/probe.ts';
import { SegmentReader } from '../../models/reader.ts';
import { Random } from '../../random.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

/** Documents read at once. */
const BATCH = 32;

/** Let a waiting command in: fitting takes a while, and is no work for the GPU. */
const pause = () => new Promise<void>((resolve) => setTimeout(resolve));

export const probe: Job<'probe'> = {
  kind: 'probe',
  queue: 'probe',
  replaces: true,
  beginsWork: true,
  busyWith: 'a probe of the memory',
  async *run(context, request, gate) {
    const { name, checkpoint, work } = await openModel(context, request);
    const { blueprint } = checkpoint;
    const batch = Math.min(BATCH, request.samples);
    const model = await loadModel(await context.device(), checkpoint, batch);
    let reader: SegmentReader | undefined;
    try {
      reader = await SegmentReader.create(model, { batch });
      yield { type: 'probe-begin', model: factsOf(blueprint, work, name, model.gpu.bytes), task: work.task.id };
      const { samples, seed, penalty } = request;
      const reading = sampleStates(
        reader,
        model,
        work,
        new Random(seed, request.segments),
        request,
        () => gate.stopped,
      );
      let step = await reading.next();
      for (; !step.done; step = await reading.next()) yield { type: 'probe-reading', documents: step.value, samples };
      const sampled = step.value;
      if (sampled) {
        const documents = divided(sampled, work.task.kind === 'classification' ? work.task.classes : []);
        yield { type: 'probe-documents', at: sampled.at, ...documents };
        const { tokens } = stateLayoutOf(blueprint);
        yield { type: 'probe-projection', ...projectStates(sampled, tokens, undefined) };
        for (const i of sampled.at.keys()) {
          await pause();
          if (gate.stopped) break;
          yield { type: 'probe-point', ...probeAt(sampled, documents, i, { penalty, seed }) };
        }
        for (let token = 0; token < tokens && tokens > 1; token++) {
          await pause();
          if (gate.stopped) break;
          yield { type: 'probe-projection', ...projectStates(sampled, tokens, token) };
        }
      }
      yield { type: 'probe-end', finished: !gate.stopped };
    } finally {
      reader?.release();
      model.release();
    }
  },
};
