// Accuracy on samples never trained on, by number of segments.
import type { Model, Recurrence } from '../models/recurrence.ts';
import type { Random } from '../random.ts';
import { batchOf, drawSamples, type Work } from './workspace.ts';

/** Running sums over the samples evaluated so far. */
export interface Sums {
  readonly right: number;
  readonly samples: number;
  /** Sum of the samples' cross-entropies, in nats. */
  readonly loss: number;
}

/** Evaluate `count` validation samples of one length, a batch at a time; yields the sums after each batch. */
export async function* evaluateSamples(
  recurrence: Recurrence,
  model: Model,
  work: Work,
  random: Random,
  segments: number,
  count: number,
): AsyncGenerator<Sums> {
  let sums: Sums = { right: 0, samples: 0, loss: 0 };
  while (sums.samples < count) {
    const size = Math.min(recurrence.batch, count - sums.samples);
    const samples = drawSamples(work, random, size, segments, model.config.segment_size, 'validation');
    const { right, loss } = await recurrence.evaluate(batchOf(samples, model));
    sums = { right: sums.right + right, samples: sums.samples + size, loss: sums.loss + loss * size };
    yield sums;
  }
}
