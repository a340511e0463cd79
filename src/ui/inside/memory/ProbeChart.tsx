// Accuracy of a probe on held-out documents after each measured segment, with what it is to be compared with.
import { memo } from 'react';
import type { ProbeOutcome } from '../../../store/slices/probe.ts';
import { LinesChart } from '../../charts/LinesChart.tsx';
import { integer } from '../../format.ts';
import { heldOut, measures, measuresOf, shareOf } from './probe-data.ts';

interface ProbeChartProps {
  readonly outcome: ProbeOutcome;
  readonly chance: number | undefined;
}

export default memo(function ProbeChart({ outcome, chance }: ProbeChartProps) {
  const { points, at } = outcome;
  const total = heldOut(outcome);
  return (
    <LinesChart
      caption={
        <>
          <strong>Accuracy</strong> on {integer(total)} held-out documents after each segment; bars are 95 % intervals
          (Wilson)
        </>
      }
      by="segments read"
      formatX={integer}
      nameX={(segment) => `After segment ${integer(segment)}`}
      ticks={at.map((segment) => segment + 1)}
      whole={[1, Math.max(2, (at.at(-1) ?? 1) + 1)]}
      quantity="share"
      title="correct answers"
      interval="bars"
      lines={measuresOf(outcome).map((measure) => ({
        name: measure.name,
        look: measures.indexOf(measure),
        points: points.flatMap((point) => {
          const count = measure.of(point);
          if (count === undefined) return [];
          const { share, low, high } = shareOf(count, total);
          // How many documents have been read so far is no estimate.
          return [{ x: point.segment + 1, y: share, ...(measure.id === 'informed' ? {} : { low, high }) }];
        }),
      }))}
      chances={chance === undefined ? [] : [chance]}
      height={300}
    />
  );
});
