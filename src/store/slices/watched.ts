// The document that a run reads at its validations: one log for each of them, so that a memory can be seen to form.
import type { ReportOf } from '../../protocol/index.ts';
import { StreamLog } from './stream-log.ts';

/** The document as the model read it after some steps. */
export interface Watched {
  readonly step: number;
  readonly log: StreamLog;
  /** (segments, tokens) norm of ∂loss/∂memory: see `WatchedReading`. */
  readonly gradients: Float32Array;
  /** In nats. */
  readonly loss: number;
}

/** Readings kept at most; beyond that every second one is dropped, except the first and the last. */
export const mostWatched = 48;
/** Bytes of attention kept of each. */
const attentionBytes = 2e6;

/** The readings so far and one more; undefined if there is none in the report. */
export function watchedWith(
  before: readonly Watched[],
  { model, progress, reading }: ReportOf<'watched'>,
): readonly Watched[] | undefined {
  if ('problem' in reading) return undefined;
  const { expected, blank, segments, gradients, loss } = reading;
  const beginning = blank ? { blank } : {};
  const log = new StreamLog(model, segments.length, expected, beginning, { attention: attentionBytes });
  for (const segment of segments) log.add({ type: 'stream-segment', ...segment });
  const all = [...before.filter(({ step }) => step < progress.step), { step: progress.step, log, gradients, loss }];
  return all.length > mostWatched ? all.filter((_, i) => i % 2 === 0 || i === all.length - 1) : all;
}
