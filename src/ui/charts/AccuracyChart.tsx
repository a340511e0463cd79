// Accuracy against number of segments: local results with their confidence intervals, and the curves of RMT-1M.
import { memo } from 'react';
import { CartesianGrid, ErrorBar, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { intervalOf } from '../../analysis/wilson.ts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { accuracyOf } from '../../tasks/measures.ts';
import { classNames } from '../class-names.ts';
import { Figure } from '../figure/Figure.tsx';
import { integer, percent } from '../format.ts';
import legends from '../styles/legends.module.css';
import typography from '../styles/typography.module.css';
import { ChartInTurn } from './ChartInTurn.tsx';
import { accuracyData } from './data.ts';
import { dotsOf, LineKey, ReferenceKey } from './LineKey.tsx';
import { lineOf, nameOf } from './names.ts';
import { type Published, publishedSegments } from './published.ts';
import { axis, below, grid, lineStyle, shares, tooltip } from './style.ts';

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
      <figure>
        <figcaption>
          <strong>Accuracy</strong> by number of segments; bars are 95 % intervals (Wilson, by document)
        </figcaption>
        <ul className={legends.legend}>
          {results.map((result) => (
            <li key={result.id}>
              <LineKey i={lineOf(result)} /> {nameOf(result)}, {accuracyOf[result.measure]}
            </li>
          ))}
          {published.map(({ title, dashes }) => (
            <li key={title} className={typography.quiet}>
              <ReferenceKey dashes={dashes} /> RMT-1M, {title}
            </li>
          ))}
          {chances.length > 0 && (
            <li className={typography.quiet}>
              <span className={classNames(legends.key, legends.dotted)} /> chance:{' '}
              {chances.map((chance) => percent(chance)).join(', ')}
            </li>
          )}
        </ul>
        <ChartInTurn height={360}>
          <LineChart margin={{ top: 12, right: 20, bottom: 18, left: 0 }}>
            <CartesianGrid {...grid} />
            <XAxis
              dataKey="segments"
              type="number"
              scale="log"
              domain={[1, Math.max(2, ticks.at(-1) ?? 2)]}
              ticks={ticks}
              tickFormatter={integer}
              allowDataOverflow
              padding={{ left: 14, right: 14 }}
              allowDuplicatedCategory={false}
              label={below('segments (logarithmic)')}
              {...axis}
              minTickGap={6}
            />
            <YAxis {...shares} />
            <Tooltip
              {...tooltip}
              labelFormatter={(segments) => `${integer(Number(segments))} segments`}
              formatter={(value) => percent(Number(value))}
            />
            {chances.map((chance) => (
              <ReferenceLine key={chance} y={chance} stroke="var(--ink-soft)" strokeDasharray="2 3" />
            ))}
            {published.map(({ title, dashes, percent: values }) => (
              <Line
                key={title}
                data={values.map((value, i) => ({ segments: publishedSegments(i), accuracy: value / 100 }))}
                dataKey="accuracy"
                name={`RMT-1M, ${title}`}
                stroke="var(--reference)"
                strokeDasharray={dashes}
                strokeWidth={1.5}
                dot={false}
                isAnimationActive={false}
              />
            ))}
            {results.map((result) => (
              <Line
                key={result.id}
                data={result.points.map(({ segments, right, asked, samples }) => {
                  const accuracy = right / asked;
                  const { low, high } = intervalOf(accuracy, samples);
                  return { segments, accuracy, spread: [accuracy - low, high - accuracy] };
                })}
                dataKey="accuracy"
                name={nameOf(result)}
                strokeWidth={2}
                {...lineStyle(lineOf(result))}
                dot={dotsOf(lineOf(result))}
                isAnimationActive={false}
              >
                <ErrorBar
                  isAnimationActive={false}
                  dataKey="spread"
                  direction="y"
                  width={5}
                  stroke={lineStyle(lineOf(result)).stroke}
                  strokeWidth={1.5}
                />
              </Line>
            ))}
          </LineChart>
        </ChartInTurn>
      </figure>
    </Figure>
  );
});
