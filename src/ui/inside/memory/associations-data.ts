// What was found in the associations of one layer, by segment.
import type { AssociationsSeen } from '../../../protocol/index.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import type { FigureData } from '../../figure/data.ts';
import { aboutStream, streamSubject } from '../../stream/data.ts';

/** One layer's associations after a segment. */
export interface LayerSeen extends AssociationsSeen {
  /** From 0. */
  readonly segment: number;
}

/** Those of one layer, in the order asked for. */
export const segmentsOf = (
  asked: readonly number[],
  found: ReadonlyMap<number, readonly AssociationsSeen[]>,
  layer: number,
): LayerSeen[] =>
  asked.flatMap((segment) => {
    const seen = found.get(segment)?.[layer];
    return seen ? [{ segment, ...seen }] : [];
  });

export const rankData = (log: StreamLog, segments: readonly LayerSeen[], layer: number): FigureData => ({
  subject: `${streamSubject(log)} layer ${layer + 1}`,
  columns: [
    { name: 'segment' },
    { name: 'effective rank' },
    { name: 'numerical rank' },
    { name: 'Frobenius norm' },
    { name: 'norm of what is recalled' },
    { name: 'norm of the state it is added to' },
    { name: 'mean beta' },
    { name: 'mean gamma' },
  ],
  rows: segments.map(({ segment, effective, numerical, frobenius, recalled, state, writes }) => [
    segment + 1,
    effective,
    numerical,
    frobenius,
    recalled,
    state,
    writes.reduce((sum, { beta }) => sum + beta, 0) / writes.length,
    writes.reduce((sum, { gamma }) => sum + gamma, 0) / writes.length,
  ]),
  about: { ...aboutStream(log), layer: layer + 1 },
});

/** The segments that a share stands for: from one that was asked for to before the next. */
export function rangeName(from: number, to: number | undefined): string {
  return to === undefined || to - from <= 1 ? String(from + 1) : `${from + 1}–${to}`;
}
