// The samples of a run for other programs: batch by batch what the trainer draws.
import { InputError } from '../errors.ts';
import type { RunConfig } from '../experiment/config.ts';
import { drawSamples } from '../experiment/samples.ts';
import type { Work } from '../experiment/workspace.ts';
import { type Position, stepsAhead, trainingBatch, validationRandom } from '../train/batches.ts';
import { DataTable } from './data-table.ts';

const start: Position = { step: 0, stage: 0, stageStep: 0 };

/** More tokens would not fit into memory as one table. */
const mostTokens = 2 ** 29;

/** Steps between two pauses for the event loop. */
const stepsAtOnce = 16;
const breathe = () => new Promise<void>((resolve) => setTimeout(resolve));

export interface DrawOptions {
  /** Where the run continues; its start by default. */
  readonly from?: Position;
  /** Called with the share of the samples that are drawn. */
  readonly onProgress?: (share: number) => void;
}

/** The batches of these steps. */
async function draw(
  work: Work,
  config: RunConfig,
  steps: Iterable<Position & { readonly most: number }>,
  count: number,
  onProgress: (share: number) => void = () => {},
): Promise<DataTable> {
  const table = new DataTable(config, work, 'train');
  let tokens = 0;
  let done = 0;
  for (const { step, stage, most } of steps) {
    if (table.samples >= count) break;
    const { segments, samples } = trainingBatch(work, config, step, most);
    for (const sample of samples.slice(0, count - table.samples)) {
      table.add({ step: step + 1, stage: stage + 1, segments }, sample);
      tokens += sample.words.length;
    }
    if (tokens > mostTokens) throw new InputError('samples', `more than ${mostTokens} tokens`, 'fewer samples');
    onProgress(table.samples / count);
    if (++done % stepsAtOnce === 0) await breathe();
  }
  return table;
}

/**
 * The first `count` samples of a run, in the order in which the trainer reads them; beyond its end, those of further
 * steps of the last stage.
 */
export const trainingSamples = (
  work: Work,
  config: RunConfig,
  count: number,
  onProgress?: (share: number) => void,
): Promise<DataTable> => draw(work, config, stepsAhead(config, start, true), count, onProgress);

/** Samples that the run still reads if no stage ends early. */
export function samplesAhead(config: RunConfig, from: Position = start): number {
  let steps = 0;
  for (const _ of stepsAhead(config, from)) steps++;
  return steps * config.batch_size;
}

/**
 * The first batches of every stage that is left, as many as a program needs that reads them again when it runs out: each
 * stage gets its share of `count` samples, and one batch at least.
 */
export async function samplesOfStages(
  work: Work,
  config: RunConfig,
  count: number,
  { from = start, onProgress }: DrawOptions = {},
): Promise<DataTable> {
  const steps = [...stepsAhead(config, from)];
  const share = Math.min(1, count / (steps.length * config.batch_size));
  const first = new Map<number, number>();
  const counts = new Map<number, number>();
  for (const { stage, stageStep } of steps) {
    first.set(stage, first.get(stage) ?? stageStep);
    counts.set(stage, (counts.get(stage) ?? 0) + 1);
  }
  const kept = steps.filter(
    ({ stage, stageStep }) =>
      stageStep - (first.get(stage) ?? 0) < Math.max(1, Math.floor((counts.get(stage) ?? 0) * share)),
  );
  return draw(work, config, kept, kept.length * config.batch_size, onProgress);
}

/** The first `count` samples of every validation at each of these numbers of segments. */
export function validationSamples(
  work: Work,
  config: RunConfig,
  count: number,
  segments: readonly number[],
): DataTable {
  const table = new DataTable(config, work, 'validation');
  for (const n of segments) {
    const stage = config.stages.indexOf(n) + 1;
    for (const sample of drawSamples(work, validationRandom(config, n), count, n, config.segment_size, 'validation'))
      table.add({ step: 0, stage, segments: n }, sample);
  }
  return table;
}
