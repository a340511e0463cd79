// Evaluate: accuracy and loss on held-out samples, for one number of segments after the other.
import { macroF1 } from '../../analysis/f1.ts';
import type { Gpu } from '../../engine/gpu/adapter.ts';
import { factsOf, loadModel, type Work } from '../../experiment/workspace.ts';
import { type EvaluatePoint, evaluateSamples, figuresOf, positionLosses, type Sums } from '../../inference/evaluate.ts';
import type { Model } from '../../models/model.ts';
import { SegmentReader } from '../../models/reader.ts';
import type { EvaluateRequest } from '../../protocol/index.ts';
import { Random } from '../../random.ts';
import type { TextReport } from '../../text/text-report.ts';
import type { Job } from '../job.ts';
import { openModel } from '../opened-model.ts';

/**
 * Sequences evaluated at once. On a software adapter the time of a segment is proportional to them (0.56, 0.52 and 0.41 ms
 * each with 8, 32 and 128); a GPU is mostly idle with a small model, so that more of them cost little.
 */
const BATCH = { software: 32, gpu: 256 } as const;
/** Bytes of a batch's activations up to which the larger one is taken. */
const LARGEST = 2 ** 28;

/** A reader of the largest useful batch that `samples` samples fill. */
async function readerFor(gpu: Gpu, model: Model, samples: number): Promise<SegmentReader> {
  const small = await SegmentReader.create(model, { batch: Math.min(BATCH.software, samples) });
  const batch = Math.min(BATCH.gpu, samples);
  const bytes = (small.cost.activationBytes * batch) / small.batch;
  if (gpu.facts.software || batch === small.batch || bytes > LARGEST) return small;
  small.release();
  return SegmentReader.create(model, { batch });
}

type Settings = Readonly<Record<string, string>>;

/** Every combination of the values, the last setting changing fastest. */
const combinations = (settings: Readonly<Record<string, readonly string[]>>): readonly Settings[] =>
  Object.entries(settings).reduce<readonly Settings[]>(
    (all, [name, values]) => all.flatMap((before) => values.map((value) => ({ ...before, [name]: value }))),
    [{}],
  );

interface SetWork {
  readonly settings?: Settings;
  readonly work: Work;
}

/** The work at each combination of the requested settings; the model's own without any. */
async function worksAt(
  { settings }: EvaluateRequest,
  own: Work,
  workAt: (settings: Settings) => Promise<Work>,
): Promise<readonly SetWork[]> {
  if (!settings) return [{ work: own }];
  const works: SetWork[] = [];
  for (const each of combinations(settings)) works.push({ settings: each, work: await workAt(each) });
  return works;
}

function pointOf(
  sums: Sums,
  text: TextReport | undefined,
  wanted: number,
): Omit<EvaluatePoint, 'segments' | 'settings'> {
  const { whole, samples, facts, generated, classes } = sums;
  const positions = samples === wanted ? positionLosses(sums) : undefined;
  return {
    ...figuresOf(sums, text),
    whole,
    samples,
    wanted,
    ...(facts > 0 ? { facts: facts / samples } : {}),
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
    const { name, checkpoint, work: own, workAt } = await openModel(context, request);
    const works = await worksAt(request, own, workAt);
    const gpu = await context.device();
    const model = await loadModel(gpu, checkpoint, Math.min(BATCH.software, request.samples));
    let reader: SegmentReader | undefined;
    try {
      const { samples: count, seed, generate } = request;
      reader = await readerFor(gpu, model, count);
      const unit = own.material.corpus?.unit ?? own.material.knobs?.['unit'];
      yield {
        type: 'evaluate-begin',
        model: factsOf(model.blueprint, own, name, model.gpu.bytes),
        task: own.task.id,
        ...(unit ? { unit } : {}),
        ...(own.report ? { text: own.report } : {}),
      };
      const rounds = works.flatMap((each) => request.segments.map((segments) => ({ ...each, segments })));
      for (const { work, ...at } of rounds) {
        const random = new Random(seed, at.segments);
        const options = { count, generate, stopped: () => gate.stopped };
        for await (const { reading, ...sums } of evaluateSamples(reader, model, work, random, at.segments, options)) {
          if (gate.stopped) break;
          if (reading) yield { type: 'evaluate-reading', ...at, samples: sums.samples, reading };
          else yield { type: 'evaluate-point', ...at, ...pointOf(sums, work.report, count) };
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
