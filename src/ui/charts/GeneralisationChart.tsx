// Accuracy on 1 to 15 segments by the number of segments trained on: the models of RMT-1M, with the user's in front.
import { memo } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { percent } from '../format.ts';
import legends from '../styles/legends.module.css';
import typography from '../styles/typography.module.css';
import { ChartInTurn } from './ChartInTurn.tsx';
import { drawnAt, type Generalisation, mostEvaluated } from './generalisation.ts';
import { dotsOf, LineKey, Marker, ReferenceKey } from './LineKey.tsx';
import { lineOf, nameOf } from './names.ts';
import { axis, below, grid, lineStyle, shares, tooltip } from './style.ts';

interface GeneralisationChartProps {
  readonly curves: readonly Generalisation[];
  readonly results: readonly EvaluateResult[];
}

const dashes = ['2 3', '6 3', '8 3 2 3', '0', '12 3', '4 2'] as const;

export default memo(function GeneralisationChart({ curves, results }: GeneralisationChartProps) {
  return (
    <figure>
      <figcaption>
        <strong>Accuracy</strong> by number of segments in evaluation
      </figcaption>
      <ul className={legends.legend}>
        {results.map((result) => (
          <li key={result.id}>
            <LineKey i={lineOf(result)} /> {nameOf(result)}
          </li>
        ))}
        {curves.map(({ trained }, i) => (
          <li key={trained} className={typography.quiet}>
            <ReferenceKey dashes={dashes[i % dashes.length] ?? '0'} marker={i} /> RMT-1M, trained on {trained}
          </li>
        ))}
      </ul>
      <ChartInTurn height={300}>
        <LineChart margin={{ top: 12, right: 16, bottom: 18, left: 0 }}>
          <CartesianGrid {...grid} />
          <XAxis
            dataKey="segments"
            type="number"
            domain={[1, mostEvaluated]}
            ticks={[1, 3, 5, 7, 9, 11, 13, 15]}
            allowDuplicatedCategory={false}
            padding={{ left: 8, right: 8 }}
            label={below('segments')}
            {...axis}
            minTickGap={4}
          />
          <YAxis {...shares} />
          <Tooltip
            {...tooltip}
            labelFormatter={(segments) => `${segments} segments`}
            formatter={(value) => percent(Number(value))}
          />
          <ReferenceLine y={1 / 6} stroke="var(--ink-soft)" strokeDasharray="2 3" />
          {curves.map(({ trained, percent: cells }, i) => (
            <Line
              key={trained}
              data={cells.flatMap((cell, k) => {
                const accuracy = drawnAt(cell);
                return accuracy === undefined ? [] : [{ segments: k + 1, accuracy }];
              })}
              dataKey="accuracy"
              name={`RMT-1M, trained on ${trained}`}
              stroke="var(--reference)"
              strokeDasharray={dashes[i % dashes.length] ?? '0'}
              dot={({ cx, cy, key }) => (
                <Marker key={String(key)} kind={i} cx={Number(cx)} cy={Number(cy)} stroke="var(--reference)" />
              )}
              isAnimationActive={false}
            />
          ))}
          {results.map((result) => (
            <Line
              key={result.id}
              data={result.points
                .filter(({ segments, asked }) => segments <= mostEvaluated && asked > 0)
                .map(({ segments, right, asked }) => ({ segments, accuracy: right / asked }))}
              dataKey="accuracy"
              name={nameOf(result)}
              strokeWidth={2.5}
              {...lineStyle(lineOf(result))}
              dot={dotsOf(lineOf(result))}
              isAnimationActive={false}
            />
          ))}
        </LineChart>
      </ChartInTurn>
    </figure>
  );
});
