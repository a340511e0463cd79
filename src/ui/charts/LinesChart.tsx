// Lines with their 95 % intervals, as bars or as bands, against a quantity on a linear or logarithmic axis: the chart of
// Extrapolate, of Capacity and of compared runs.
import { Fragment, type ReactNode, useState } from 'react';
import { Area, CartesianGrid, ComposedChart, ErrorBar, Line, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { classNames } from '../class-names.ts';
import { percent, small } from '../format.ts';
import legends from '../styles/legends.module.css';
import typography from '../styles/typography.module.css';
import { AxisTools, type Switch } from './AxisTools.tsx';
import { ChartInTurn } from './ChartInTurn.tsx';
import { dotsOf, LineKey, Marker, ReferenceKey } from './LineKey.tsx';
import { axis, axisWidth, below, beside, grid, lineStyle, shares, tooltip } from './style.ts';
import { inStretch, useZoom } from './zoom.tsx';

export interface LinePoint {
  readonly x: number;
  readonly y: number;
  /** The 95 % interval, if there is one. */
  readonly low?: number | undefined;
  readonly high?: number | undefined;
}

export interface ChartLine {
  readonly name: string;
  /** Number of its colour, dashes and marker. */
  readonly look: number;
  readonly points: readonly LinePoint[];
  /** What it is the mean of, drawn faintly. */
  readonly faint?: readonly (readonly LinePoint[])[];
}

/** A published curve. */
export interface ReferenceCurve {
  readonly name: string;
  readonly dashes: string;
  readonly marker?: number;
  readonly points: readonly LinePoint[];
}

interface LinesChartProps {
  readonly caption: ReactNode;
  /** What the horizontal axis counts, in lower case: `segments`. */
  readonly by: string;
  readonly formatX: (x: number) => string;
  /** How one value of x is named: `3 segments`. */
  readonly nameX: (x: number) => string;
  readonly ticks?: readonly number[];
  /** By default, the smallest and the largest x. */
  readonly whole?: readonly [number, number];
  /** Whether the horizontal axis begins as a logarithmic one. */
  readonly log?: boolean;
  /** What is measured: a share, or a number of nats. */
  readonly quantity: 'share' | 'nats';
  /** The title of the vertical axis, with its unit. */
  readonly title: string;
  readonly interval: 'bars' | 'band';
  readonly lines: readonly ChartLine[];
  readonly references?: readonly ReferenceCurve[];
  /** Accuracies of guessing. */
  readonly chances?: readonly number[];
  readonly height: number;
  /** Whether the legend is in the page too, or only in a saved figure. */
  readonly hasLegend?: boolean;
}

/** On a logarithmic axis there is no zero. */
const positive = (points: readonly LinePoint[], logX: boolean, logY: boolean) =>
  points.filter(({ x, y }) => (!logX || x > 0) && (!logY || y > 0));

export function LinesChart(props: LinesChartProps) {
  const { by, formatX, nameX, ticks, quantity, title, interval, lines, references = [], chances = [], height } = props;
  const zoom = useZoom();
  const [logX, setLogX] = useState(props.log ?? false);
  const [logY, setLogY] = useState(false);
  const xs = [...lines, ...references].flatMap(({ points }) => points.map(({ x }) => x)).filter((x) => !logX || x > 0);
  const [first, last] = props.whole ?? [Math.min(...xs), Math.max(...xs)];
  const from = logX ? Math.max(1, first) : first;
  const whole = { from: Number.isFinite(from) ? from : 0, to: last > from ? last : from + 1 };
  const { stretch = whole } = zoom;
  const drawn = (points: readonly LinePoint[]) => [...inStretch(positive(points, logX, logY), zoom.stretch)];
  const format = quantity === 'share' ? percent : small;
  const switches: readonly Switch[] = [
    { label: `logarithmic ${by}`, on: logX, set: setLogX },
    ...(quantity === 'nats' ? [{ label: 'logarithmic loss', on: logY, set: setLogY }] : []),
  ];
  return (
    <figure>
      <figcaption>{props.caption}</figcaption>
      <ul className={classNames(legends.legend, props.hasLegend === false && legends.onlyExported)}>
        {lines.map(({ name, look }) => (
          <li key={name}>
            <LineKey i={look} /> {name}
          </li>
        ))}
        {references.map(({ name, dashes, marker }) => (
          <li key={name} className={typography.quiet}>
            <ReferenceKey dashes={dashes} {...(marker === undefined ? {} : { marker })} /> {name}
          </li>
        ))}
        {chances.length > 0 && (
          <li className={typography.quiet}>
            <span className={classNames(legends.key, legends.dotted)} /> chance:{' '}
            {chances.map((chance) => percent(chance)).join(', ')}
          </li>
        )}
      </ul>
      <ChartInTurn height={height}>
        <ComposedChart margin={{ top: 12, right: 20, bottom: 18, left: 0 }} {...zoom.handlers}>
          <CartesianGrid {...grid} />
          <XAxis
            dataKey="x"
            type="number"
            scale={logX ? 'log' : 'linear'}
            domain={[stretch.from, stretch.to]}
            {...(ticks && !zoom.stretch ? { ticks: ticks.filter((tick) => !logX || tick > 0) } : {})}
            tickFormatter={formatX}
            // Cut at the ends of the axis only where points lie beyond them; elsewhere dots at the ends are whole.
            allowDataOverflow={zoom.stretch !== undefined || logX}
            padding={{ left: 14, right: 14 }}
            allowDuplicatedCategory={false}
            label={below(logX ? `${by} (logarithmic)` : by)}
            {...axis}
            minTickGap={6}
          />
          {quantity === 'share' ? (
            <YAxis {...shares} label={beside(title)} />
          ) : (
            <YAxis
              scale={logY ? 'log' : 'linear'}
              domain={logY ? ['auto', 'auto'] : [0, 'auto']}
              tickFormatter={small}
              width={axisWidth}
              label={beside(logY ? `${title}, logarithmic` : title)}
              {...axis}
            />
          )}
          <Tooltip
            {...tooltip}
            labelFormatter={(x) => nameX(Number(x))}
            formatter={(value) =>
              Array.isArray(value) ? value.map((each) => format(Number(each))).join(' to ') : format(Number(value))
            }
          />
          {chances.map((chance) => (
            <ReferenceLine key={chance} y={chance} stroke="var(--ink-soft)" strokeDasharray="2 3" />
          ))}
          {references.map(({ name, dashes, marker, points }) => (
            <Line
              key={name}
              data={drawn(points)}
              dataKey="y"
              name={name}
              stroke="var(--reference)"
              strokeDasharray={dashes}
              strokeWidth={1.5}
              dot={
                marker === undefined
                  ? false
                  : ({ cx, cy, key }) => (
                      <Marker
                        key={String(key)}
                        kind={marker}
                        cx={Number(cx)}
                        cy={Number(cy)}
                        stroke="var(--reference)"
                      />
                    )
              }
              isAnimationActive={false}
            />
          ))}
          {lines.map(({ name, look, points, faint = [] }) => (
            <Fragment key={name}>
              {interval === 'band' && <Band name={name} look={look} points={drawn(points)} />}
              {faint.map((single, i) => (
                <Line
                  key={i}
                  data={drawn(single)}
                  dataKey="y"
                  stroke={lineStyle(look).stroke}
                  strokeOpacity={0.35}
                  strokeWidth={1}
                  dot={false}
                  activeDot={false}
                  tooltipType="none"
                  isAnimationActive={false}
                />
              ))}
              <Line
                data={drawn(points).map(({ x, y, low = y, high = y }) => ({ x, y, spread: [y - low, high - y] }))}
                dataKey="y"
                name={name}
                strokeWidth={2}
                {...lineStyle(look)}
                dot={dotsOf(look)}
                isAnimationActive={false}
              >
                {interval === 'bars' && (
                  <ErrorBar
                    isAnimationActive={false}
                    dataKey="spread"
                    direction="y"
                    width={5}
                    stroke={lineStyle(look).stroke}
                    strokeWidth={1.5}
                  />
                )}
              </Line>
            </Fragment>
          ))}
          {zoom.dragged}
        </ComposedChart>
      </ChartInTurn>
      <AxisTools by={by} whole={whole} zoom={zoom} switches={switches} />
    </figure>
  );
}

/** The intervals of a line, where it has any. */
const Band = ({ name, look, points }: Pick<ChartLine, 'name' | 'look'> & { readonly points: LinePoint[] }) => (
  <Area
    data={points.flatMap(({ x, low, high }) =>
      low === undefined || high === undefined ? [] : [{ x, band: [low, high] }],
    )}
    dataKey="band"
    name={`${name}, 95 % interval`}
    stroke="none"
    fill={lineStyle(look).stroke}
    fillOpacity={0.18}
    dot={false}
    activeDot={false}
    isAnimationActive={false}
  />
);
