// Evaluate: accuracy and loss on held-out samples, for one number of segments after the other.
import { macroF1 } from '../../analysis/f1.ts';
import { factsOf, loadModel } from '../../experiment/workspace.ts';
import { type EvaluatePoint, evaluateSamples, figuresOf, positionLosses, type Sums } from '../../inference/evaluate.ts';
import { SegmentReader } from '../../models/reader.ts';
import { Random } from '../../random.ts';
import type { TextReport } from '../../text/text-report.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

/** Sequences evaluated at once. */
const BATCH = 32;

function pointOf(sums: Sums, text: TextReport | undefined, segments: number, wanted: number): EvaluatePoint {
  const { whole, samples, generated, classes } = sums;
  const positions = samples === wanted ? positionLosses(sums) : undefined;
  return {
    segments,
    ...figuresOf(sums, text),
    whole,
    samples,
    wanted,
    ...(generated === undefined ? {} : { generated }),
    ...(classes ? { f1: macroF1(classes) } : {}),
    ...(positions ? { positions } : {}),
  };
}

export const evaluate: Job<'evaluate'> = {
  kind: 'evaluate',
  queue: 'evaluate',
  replaces: true,
  beginsWork: true,
  busyWith: 'an evaluation',
  async *run(context, request, gate) {
    const { name, checkpoint, work } = await openModel(context, request);
    const batch = Math.min(BATCH, request.samples);
    const model = await loadModel(await context.device(), checkpoint, batch);
    let reader: SegmentReader | undefined;
    try {
      const { samples: count, seed, generate } = request;
      reader = await SegmentReader.create(model, { batch });
      const unit = work.material.corpus?.unit ?? work.material.knobs?.['unit'];
      yield {
        type: 'evaluate-begin',
        model: factsOf(model, work, name),
        task: work.task.id,
        ...(unit ? { unit } : {}),
        ...(work.report ? { text: work.report } : {}),
      };
      for (const segments of request.segments) {
        const random = new Random(seed, segments);
        for await (const sums of evaluateSamples(reader, model, work, random, segments, { count, generate })) {
          if (gate.stopped) break;
          yield { type: 'evaluate-point', ...pointOf(sums, work.report, segments, count) };
        }
        if (gate.stopped) break;
      }
      yield { type: 'evaluate-end', finished: !gate.stopped };
    } finally {
      reader?.release();
      model.release();
    }
  },
};
