// Accuracy against number of segments: local results with their confidence intervals, and the curves of RMT-1M.
import { memo } from 'react';
import { intervalOf } from '../../analysis/wilson.ts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { accuracyOf } from '../../tasks/measures.ts';
import { Figure } from '../figure/Figure.tsx';
import { integer } from '../format.ts';
import { accuracyData } from './data.ts';
import { LinesChart } from './LinesChart.tsx';
import { lineOf, nameOf } from './names.ts';
import { type Published, publishedSegments } from './published.ts';

interface AccuracyChartProps {
  readonly results: readonly EvaluateResult[];
  readonly published: readonly Published[];
}

export default memo(function AccuracyChart({ results, published }: AccuracyChartProps) {
  const chances = [...new Set(results.length > 0 ? results.map(({ chance }) => chance) : [1 / 6])].filter(
    (chance) => chance !== undefined,
  );
  const widest = Math.max(1, ...results.flatMap(({ segments }) => segments), published.length > 0 ? 4096 : 1);
  const ticks = Array.from({ length: Math.ceil(Math.log2(widest)) + 1 }, (_, k) => 2 ** k);
  return (
    <Figure title="Accuracy by number of segments" data={() => accuracyData(results, published)}>
      <LinesChart
        caption={
          <>
            <strong>Accuracy</strong> by number of segments; bars are 95 % intervals (Wilson, by document)
          </>
        }
        by="segments"
        formatX={integer}
        nameX={(segments) => `${integer(segments)} segments`}
        ticks={ticks}
        whole={[1, Math.max(2, ticks.at(-1) ?? 2)]}
        log
        quantity="share"
        title="accuracy"
        interval="bars"
        lines={results.map((result) => ({
          name: `${nameOf(result)}, ${accuracyOf(result.measure, result.unit)}`,
          look: lineOf(result),
          points: result.points.map(({ segments, right, asked, samples }) => {
            const accuracy = right / asked;
            return { x: segments, y: accuracy, ...intervalOf(accuracy, samples) };
          }),
        }))}
        references={published.map(({ title, dashes, percent }) => ({
          name: `RMT-1M, ${title}`,
          dashes,
          points: percent.map((value, i) => ({ x: publishedSegments(i), y: value / 100 })),
        }))}
        chances={chances}
        height={360}
      />
    </Figure>
  );
});
