// The numbers of a probe, segment by segment.
import type { ProbePoint } from '../../../protocol/index.ts';
import type { ProbeOutcome } from '../../../store/slices/probe.ts';
import { ByTable } from '../../charts/ByTable.tsx';
import { integer, percent } from '../../format.ts';
import { heldOut, measuresOf, shareOf } from './probe-data.ts';

export function ProbeTable({ outcome }: { readonly outcome: ProbeOutcome }) {
  const total = heldOut(outcome);
  const fitted = outcome.documents?.fitted ?? 1;
  const at = new Map(outcome.points.map((point) => [point.segment + 1, point]));
  const withInterval = (count: number | undefined) => {
    if (count === undefined) return undefined;
    const { share, low, high } = shareOf(count, total);
    return `${percent(share)} (${percent(low)}–${percent(high)})`;
  };
  const columns: readonly { readonly name: string; of(point: ProbePoint): string | undefined }[] = [
    ...measuresOf(outcome).map(({ name, of }) => ({ name, of: (point: ProbePoint) => withInterval(of(point)) })),
    { name: 'commonest answer', of: ({ commonest }) => percent(commonest / total) },
    { name: 'probe, fitted documents', of: ({ answers }) => percent(answers.fitted / fitted) },
    { name: 'control, fitted documents', of: ({ control }) => percent(control.fitted / fitted) },
    { name: 'rank of the fitted states', of: ({ rank }) => integer(rank) },
  ];
  return (
    <ByTable
      label="Accuracy of the probe by segment"
      by="After segment"
      values={[...at.keys()]}
      groups={columns.map(({ name, of }) => ({
        key: name,
        name,
        columns: [
          {
            name: '',
            cell: (segment) => {
              const point = at.get(segment);
              return point && of(point);
            },
          },
        ],
      }))}
      isOpen={false}
    />
  );
}
