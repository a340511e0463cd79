// What a batch should predict: a class after the last segment (or after each), or the next word at every scored
// position.
import type { SegmentedBatch, Targets } from './segments.ts';

/** One batch with its targets. */
export interface Batch extends SegmentedBatch {
  /** For each segment, the targets of its head; undefined where the head is not run. */
  readonly targets: readonly (Targets | undefined)[];
  /** Predictions from this segment on count as correct or wrong. */
  readonly scoredFrom: number;
}

/**
 * A class for each sequence.
 * @param labels the class of each sequence, asked for after its last segment
 * @param loss   of the last segment only, or the mean over all, each over the sequences that have started
 */
export function classTargets(batch: SegmentedBatch, labels: ArrayLike<number>, loss: 'last' | 'mean' = 'last'): Batch {
  const N = batch.segments.length;
  const targets = batch.segments.map((rows, n): Targets | undefined => {
    if (loss === 'last' && n < N - 1) return undefined;
    const isScored = rows.map((text) => loss === 'last' || text !== undefined);
    const share = 1 / (isScored.filter(Boolean).length * (loss === 'last' ? 1 : N));
    return { labels, weights: isScored.map((scored) => (scored ? share : 0)) };
  });
  return { ...batch, targets, scoredFrom: N - 1 };
}

/** The scored words of a sequence: those at [from, to), except its first word, and single ones before them. */
export interface ScoredRange {
  readonly from: number;
  readonly to: number;
  readonly before?: readonly number[] | undefined;
}

/**
 * The next word at every position, across segment borders; the batch's loss is the mean over the scored words.
 * @param batch the inputs, cut into segments of at most `size` tokens
 * @param words the complete sequences; the last word may lie beyond the inputs, because it is only predicted
 * @param scored the scored words of each sequence
 */
export function tokenTargets(
  batch: SegmentedBatch,
  size: number,
  words: readonly ArrayLike<number>[],
  scored: readonly ScoredRange[],
): Batch {
  const B = batch.sequences;
  const ranges = scored.map(({ from, to, before = [] }, b) => ({
    from: Math.max(1, from),
    to: Math.min(to, words[b]?.length ?? 0),
    before: new Set(before.filter((at) => at > 0 && at < from)),
  }));
  const total = ranges.reduce((sum, { from, to, before }) => sum + before.size + Math.max(0, to - from), 0);
  const done = new Array<number>(B).fill(0);
  const targets = batch.segments.map((rows): Targets | undefined => {
    const labels = new Int32Array(B * size);
    const weights = new Float32Array(B * size);
    let any = false;
    rows.forEach((text, b) => {
      const { from = 0, to = 0, before } = ranges[b] ?? {};
      for (let t = 0; t < (text?.length ?? 0); t++) {
        const at = (done[b] as number) + t + 1;
        if ((at < from || at >= to) && !before?.has(at)) continue;
        labels[b * size + t] = words[b]?.[at] ?? 0;
        weights[b * size + t] = 1 / total;
        any = true;
      }
      done[b] = (done[b] as number) + (text?.length ?? 0);
    });
    return any ? { labels, weights } : undefined;
  });
  return { ...batch, targets, scoredFrom: 0 };
}

/** Whether each segment is scored. */
export function scoredFlags({ targets }: Pick<Batch, 'targets'>): boolean[] {
  return targets.map((each) => each !== undefined);
}

/** The scored segments, in order. */
export function scoredSegments({ targets }: Pick<Batch, 'targets'>): number[] {
  return targets.flatMap((each, n) => (each ? [n] : []));
}

/**
 * Classes that are asked for after several segments; the batch's loss is the mean over all questions.
 * @param batch sequences of equally many segments
 * @param asked for each sequence, the class asked for after each segment, or -1 (segments)
 */
export function questionTargets(batch: SegmentedBatch, asked: readonly ArrayLike<number>[]): Batch {
  const labels = batch.segments.map((_, n) => asked.map((each) => each[n] ?? -1));
  const total = labels.flat().filter((label) => label >= 0).length;
  const targets = labels.map((each): Targets | undefined =>
    each.some((label) => label >= 0)
      ? {
          labels: each.map((label) => Math.max(0, label)),
          weights: each.map((label) => (label < 0 ? 0 : 1 / total)),
        }
      : undefined,
  );
  return { ...batch, targets, scoredFrom: batch.segments.length - 1 };
}
