// Lines over length, both axes logarithmic: solid with memory, dashed with full attention, a marker for each model.
import { memo } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartInTurn } from '../charts/ChartInTurn.tsx';
import { Marker } from '../charts/LineKey.tsx';
import { axis, below, grid, tooltip } from '../charts/style.ts';
import { classNames } from '../class-names.ts';
import type { FigureData } from '../figure/data.ts';
import { Figure } from '../figure/Figure.tsx';
import { count, integer } from '../format.ts';
import legends from '../styles/legends.module.css';
import { strokeOf } from './look.ts';

export interface Series {
  readonly name: string;
  /** Colour and marker. */
  readonly look: number;
  readonly dashed: boolean;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}

interface LogLogChartProps {
  readonly title: string;
  readonly detail: string;
  readonly series: readonly Series[];
  readonly xLabel: string;
  /** A length as the tooltip names it. */
  readonly unit: string;
  readonly format: (value: number) => string;
  /** A level to compare with. */
  readonly level?: { readonly y: number; readonly name: string };
}

/** Powers of ten around the values; within two decades also steps in between. */
function decades(values: readonly number[]): number[] {
  const finite = values.filter((value) => value > 0 && Number.isFinite(value));
  if (finite.length === 0) return [1, 10];
  const low = Math.floor(Math.log10(Math.min(...finite)));
  const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(...finite))));
  if (high - low <= 2) {
    const fine = Array.from({ length: high - low }, (_, k) => [1, 2, 5].map((m) => m * 10 ** (low + k))).flat();
    return [...fine, 10 ** high];
  }
  const step = Math.ceil((high - low) / 6);
  const ticks: number[] = [];
  for (let k = low; k < high + step; k += step) ticks.push(10 ** k);
  return ticks;
}

/** Lengths that leave room for their labels: powers of ten over a wide range, or the doublings themselves. */
function lengthTicks(values: readonly number[]): number[] {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  if (!Number.isFinite(low)) return [1, 2];
  if (high / low > 2000) return decades(values).filter((tick) => tick >= low && tick <= high);
  const all = Math.round(Math.log2(high / low));
  const step = Math.max(1, Math.ceil(all / 6));
  return Array.from({ length: Math.floor(all / step) + 1 }, (_, k) => low * 2 ** (k * step));
}

export default memo(function LogLogChart({ title, detail, series, xLabel, unit, format, level }: LogLogChartProps) {
  const xs = series.flatMap(({ points }) => points.map(({ x }) => x));
  const ticks = decades([...series.flatMap(({ points }) => points.map(({ y }) => y)), ...(level ? [level.y] : [])]);
  const [low = 1, high = 10] = [ticks[0], ticks.at(-1)];
  const data = (): FigureData => ({
    subject: '',
    columns: [{ name: 'line' }, { name: 'length', unit }, { name: `${title} ${detail}` }],
    rows: series.flatMap(({ name, points }) => points.map(({ x, y }) => [name, x, y])),
    about: {},
  });
  return (
    <Figure title={`${title} ${detail}`} data={data}>
      <ul className={classNames(legends.legend, legends.onlyExported)}>
        {series.map(({ name, look, dashed }) => (
          <li key={name}>
            <svg className={legends.drawn} viewBox="0 0 34 12" aria-hidden="true">
              <line
                x1="0"
                y1="6"
                x2="34"
                y2="6"
                stroke={strokeOf(look)}
                strokeWidth="2"
                strokeDasharray={dashed ? '6 4' : '0'}
              />
              <Marker kind={look} cx={17} cy={6} stroke={strokeOf(look)} />
            </svg>{' '}
            {name}
          </li>
        ))}
      </ul>
      <figure>
        <figcaption>
          <strong>{title}</strong> {detail}
        </figcaption>
        <ChartInTurn height={340}>
          <LineChart margin={{ top: 12, right: 16, bottom: 18, left: 0 }}>
            <CartesianGrid {...grid} />
            <XAxis
              dataKey="x"
              type="number"
              scale="log"
              domain={xs.length > 0 ? [Math.min(...xs), Math.max(...xs)] : [1, 2]}
              // Otherwise the first and last markers are cut off.
              padding={{ left: 8, right: 8 }}
              ticks={lengthTicks(xs)}
              tickFormatter={(x) => (x < 10_000 ? integer(x) : count(x))}
              allowDuplicatedCategory={false}
              label={below(xLabel)}
              {...axis}
              minTickGap={4}
            />
            <YAxis
              type="number"
              scale="log"
              domain={[low, high]}
              ticks={ticks}
              tickFormatter={format}
              width={64}
              {...axis}
              minTickGap={4}
            />
            <Tooltip
              {...tooltip}
              labelFormatter={(x) => `${integer(Number(x))} ${unit}`}
              formatter={(value) => format(Number(value))}
            />
            {level && (
              <ReferenceLine
                y={level.y}
                stroke="var(--ink-soft)"
                strokeDasharray="2 3"
                label={{ value: level.name, position: 'insideBottomRight', fontSize: 11, fill: 'var(--ink-soft)' }}
              />
            )}
            {series.map(({ name, look, dashed, points }) => (
              <Line
                key={name}
                data={[...points]}
                dataKey="y"
                name={name}
                stroke={strokeOf(look)}
                strokeWidth={dashed ? 1.75 : 2.25}
                strokeDasharray={dashed ? '6 4' : '0'}
                dot={({ cx, cy, key }) => (
                  <Marker key={String(key)} kind={look} cx={Number(cx)} cy={Number(cy)} stroke={strokeOf(look)} />
                )}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ChartInTurn>
      </figure>
    </Figure>
  );
});
