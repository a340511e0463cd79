// Attribute: the gradient of an answer, back through all segments of a document to its words and memories.
import { loadModel } from '../../experiment/workspace.ts';
import { type AttributedSegment, Attribution, type AttributionProgress } from '../../inference/attribution.ts';
import { whileRunning } from '../../inference/reporting.ts';
import type { AttributeEvent } from '../../protocol/index.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

/** Milliseconds between two reports. */
const REPORT = 250;

export const attribute: Job<'attribute'> = {
  kind: 'attribute',
  queue: 'attribute',
  replaces: true,
  beginsWork: true,
  busyWith: 'an attribution',
  async *run(context, request, gate) {
    const { checkpoint, work } = await openModel(context, request);
    const gpu = await context.device();
    const model = await loadModel(gpu, checkpoint, 1, 'nothing');
    let attribution: Attribution | undefined;
    let progress: AttributionProgress = { phase: 'reading', segments: 0 };
    const proceed = (next: AttributionProgress) => {
      progress = next;
      return !gate.stopped;
    };
    const report = (): AttributeEvent => ({ type: 'attribute-progress', ...progress });
    try {
      attribution = yield* whileRunning(Attribution.create(model, work, request, proceed), REPORT, report);
      if (attribution) {
        yield { type: 'attribute-begin', gpuBytes: gpu.bytes, ...attribution.answered };
        const arrived: AttributedSegment[] = [];
        const running = attribution.run((segment) => arrived.push(segment), proceed);
        yield* whileRunning(running, REPORT, report);
        for (const segment of arrived) yield { type: 'attribute-segment', ...segment };
      }
      yield { type: 'attribute-end', finished: !gate.stopped };
    } finally {
      attribution?.release();
      model.release();
    }
  },
};
