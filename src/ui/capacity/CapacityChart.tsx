// Accuracy with its intervals, one line per model, against a quantity on a logarithmic axis.
import { memo } from 'react';
import { CartesianGrid, ErrorBar, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartInTurn } from '../charts/ChartInTurn.tsx';
import { dotsOf, LineKey } from '../charts/LineKey.tsx';
import { axis, below, grid, lineStyle, shares, tooltip } from '../charts/style.ts';
import { classNames } from '../class-names.ts';
import { integer, percent } from '../format.ts';
import legends from '../styles/legends.module.css';
import typography from '../styles/typography.module.css';

export interface CapacityLine {
  readonly name: string;
  /** Number of its colour, dashes and marker. */
  readonly look: number;
  readonly points: readonly {
    readonly x: number;
    readonly accuracy: number;
    readonly low: number;
    readonly high: number;
  }[];
}

interface CapacityChartProps {
  /** What the horizontal axis counts, in lower case. */
  readonly by: string;
  readonly lines: readonly CapacityLine[];
  readonly chance: number | undefined;
  /** Added to the caption, such as a value that holds for all points. */
  readonly at?: string;
}

export default memo(function CapacityChart({ by, lines, chance, at = '' }: CapacityChartProps) {
  const ticks = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b);
  const [first = 1] = ticks;
  const last = ticks.at(-1) ?? 2;
  return (
    <figure>
      <figcaption>
        <strong>Accuracy</strong> by {by}
        {at}; bars are 95 % intervals (Wilson)
      </figcaption>
      <ul className={legends.legend}>
        {lines.map(({ name, look }) => (
          <li key={name}>
            <LineKey i={look} /> {name}
          </li>
        ))}
        {chance !== undefined && (
          <li className={typography.quiet}>
            <span className={classNames(legends.key, legends.dotted)} /> chance: {percent(chance)}
          </li>
        )}
      </ul>
      <ChartInTurn height={320}>
        <LineChart margin={{ top: 12, right: 20, bottom: 18, left: 0 }}>
          <CartesianGrid {...grid} />
          <XAxis
            dataKey="x"
            type="number"
            scale="log"
            domain={[first, last > first ? last : 2 * first]}
            ticks={ticks}
            tickFormatter={integer}
            padding={{ left: 14, right: 14 }}
            allowDuplicatedCategory={false}
            label={below(`${by} (logarithmic)`)}
            {...axis}
            minTickGap={6}
          />
          <YAxis {...shares} />
          <Tooltip
            {...tooltip}
            labelFormatter={(x) => `${integer(Number(x))} ${by}`}
            formatter={(value) => percent(Number(value))}
          />
          {chance !== undefined && <ReferenceLine y={chance} stroke="var(--ink-soft)" strokeDasharray="2 3" />}
          {lines.map(({ name, look, points }) => (
            <Line
              key={name}
              data={points.map(({ x, accuracy, low, high }) => ({
                x,
                accuracy,
                spread: [accuracy - low, high - accuracy],
              }))}
              dataKey="accuracy"
              name={name}
              strokeWidth={2}
              {...lineStyle(look)}
              dot={dotsOf(look)}
              isAnimationActive={false}
            >
              <ErrorBar
                isAnimationActive={false}
                dataKey="spread"
                direction="y"
                width={5}
                stroke={lineStyle(look).stroke}
                strokeWidth={1.5}
              />
            </Line>
          ))}
        </LineChart>
      </ChartInTurn>
    </figure>
  );
});
