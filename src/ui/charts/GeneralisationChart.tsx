// Accuracy on 1 to 15 segments by the number of segments trained on: the models of RMT-1M, with the user's in front.
import { memo } from 'react';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { integer } from '../format.ts';
import { drawnAt, type Generalisation, mostEvaluated } from './generalisation.ts';
import { LinesChart } from './LinesChart.tsx';
import { lineOf, nameOf } from './names.ts';

interface GeneralisationChartProps {
  readonly curves: readonly Generalisation[];
  readonly results: readonly EvaluateResult[];
}

const dashes = ['2 3', '6 3', '8 3 2 3', '0', '12 3', '4 2'] as const;

export default memo(function GeneralisationChart({ curves, results }: GeneralisationChartProps) {
  return (
    <LinesChart
      caption={
        <>
          <strong>Accuracy</strong> by number of segments in evaluation
        </>
      }
      by="segments"
      formatX={integer}
      nameX={(segments) => `${integer(segments)} segments`}
      ticks={[1, 3, 5, 7, 9, 11, 13, 15]}
      whole={[1, mostEvaluated]}
      quantity="share"
      title="accuracy"
      interval="bars"
      lines={results.map((result) => ({
        name: nameOf(result),
        look: lineOf(result),
        points: result.points
          .filter(({ segments, asked }) => segments <= mostEvaluated && asked > 0)
          .map(({ segments, right, asked }) => ({ x: segments, y: right / asked })),
      }))}
      references={curves.map(({ trained, percent: cells }, i) => ({
        name: `RMT-1M, trained on ${trained}`,
        dashes: dashes[i % dashes.length] ?? '0',
        marker: i,
        points: cells.flatMap((cell, k) => {
          const accuracy = drawnAt(cell);
          return accuracy === undefined ? [] : [{ x: k + 1, y: accuracy }];
        }),
      }))}
      chances={[1 / 6]}
      height={300}
    />
  );
});
