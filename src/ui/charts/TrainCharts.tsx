// The curves of a run. Loaded only when there is something to draw, as the chart library is large.

import { memo } from 'react';
import {
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { Curves } from '../../store/run.ts';
import { TableScroll } from '../controls/TableScroll.tsx';
import { count, percent, small, whole } from '../format.ts';
import { axis, grid, lineStyle, tooltip } from './style.ts';

interface TrainChartsProps {
  readonly curves: Curves;
  /** Changes when there is something new to draw. */
  readonly version: number;
}

const most = 300;
const stepsText = (step: number) => count(step);

export default memo(function TrainCharts({ curves }: TrainChartsProps) {
  const steps = curves.steps.view(most);
  const last = steps.at(-1)?.x ?? 1;
  const validations = [...curves.validations.entries()].sort(([a], [b]) => a - b);
  const bands = curves.bands.map((band, i) => ({ ...band, to: curves.bands[i + 1]?.from ?? last }));
  const domain = [0, Math.max(1, last)] as const;
  const x = (
    <XAxis
      dataKey="x"
      type="number"
      domain={[...domain]}
      tickFormatter={stepsText}
      allowDuplicatedCategory={false}
      {...axis}
    />
  );
  /** Every other stage shaded and all of them named, so that the eye finds where one ends. */
  const stages = (named: boolean) =>
    bands.map(({ stage, segments, from, to }) => (
      <ReferenceArea
        key={stage}
        x1={from}
        x2={to}
        fill="var(--band)"
        fillOpacity={stage % 2 === 0 ? 0.9 : 0}
        stroke="none"
        ifOverflow="hidden"
        {...(named && (to - from) / domain[1] > 0.07
          ? {
              label: {
                value: `${segments} seg.`,
                position: 'insideTop' as const,
                fontSize: 11,
                fill: 'var(--ink-soft)',
              },
            }
          : {})}
      />
    ));
  const tip = <Tooltip {...tooltip} labelFormatter={(step) => `step ${whole(Number(step))}`} />;
  return (
    <>
      <figure>
        <figcaption>
          <strong>Accuracy</strong> of batches (thin) and on held-out facts (with marks), by training step
        </figcaption>
        <ul className="legend">
          <li>
            <span className="key thin" /> batch
          </li>
          {validations.map(([segments], i) => (
            <li key={segments}>
              <svg className="key-svg" viewBox="0 0 34 12" aria-hidden="true">
                <line
                  x1="0"
                  y1="6"
                  x2="34"
                  y2="6"
                  stroke={lineStyle(i).stroke}
                  strokeWidth="2"
                  strokeDasharray={lineStyle(i).strokeDasharray}
                />
                <Marker kind={i} cx={17} cy={6} stroke={lineStyle(i).stroke} />
              </svg>{' '}
              held-out, {segments} {segments === 1 ? 'segment' : 'segments'}
            </li>
          ))}
        </ul>
        <ResponsiveContainer width="100%" height={240}>
          <LineChart data={[...steps]} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
            {stages(true)}
            <CartesianGrid {...grid} />
            {x}
            <YAxis domain={[0, 1.12]} ticks={[0, 0.25, 0.5, 0.75, 1]} tickFormatter={percent} width={48} {...axis} />
            <ReferenceLine y={1 / 6} stroke="var(--ink-soft)" strokeDasharray="2 3" />
            {tip}
            <Line
              dataKey="accuracy"
              name="batch"
              stroke="var(--thin)"
              strokeWidth={1}
              dot={false}
              isAnimationActive={false}
            />
            {validations.map(([segments, series], i) => (
              <Line
                key={segments}
                data={[...series.view(100)]}
                dataKey="accuracy"
                name={`held-out, ${segments} seg.`}
                strokeWidth={2}
                {...lineStyle(i)}
                dot={({ cx, cy, key }) => (
                  <Marker key={String(key)} kind={i} cx={Number(cx)} cy={Number(cy)} stroke={lineStyle(i).stroke} />
                )}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ResponsiveContainer>
        <details>
          <summary>Validations as a table</summary>
          <TableScroll label="Values of the curves">
            <table>
              <thead>
                <tr>
                  <th scope="col" className="number">
                    Step
                  </th>
                  <th scope="col" className="number">
                    Segments
                  </th>
                  <th scope="col" className="number">
                    Accuracy
                  </th>
                  <th scope="col" className="number">
                    Loss
                  </th>
                </tr>
              </thead>
              <tbody>
                {validations.flatMap(([segments, series]) =>
                  series.view(40).map((point) => (
                    <tr key={`${segments} ${point.x}`}>
                      <td className="number">{whole(point.x)}</td>
                      <td className="number">{segments}</td>
                      <td className="number">{percent(point.accuracy)}</td>
                      <td className="number">{small(point.loss)}</td>
                    </tr>
                  )),
                )}
              </tbody>
            </table>
          </TableScroll>
        </details>
      </figure>
      <figure>
        <figcaption>
          <strong>Loss</strong> of batches, in nats; stages of the curriculum as bands
        </figcaption>
        <ResponsiveContainer width="100%" height={200}>
          <LineChart data={[...steps]} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
            {stages(true)}
            <CartesianGrid {...grid} />
            {x}
            <YAxis domain={[0, 'auto']} tickFormatter={small} width={48} {...axis} />
            {tip}
            <Line dataKey="loss" stroke="var(--accent)" strokeWidth={1.5} dot={false} isAnimationActive={false} />
          </LineChart>
        </ResponsiveContainer>
        <StepsTable curves={curves} />
      </figure>
      <div className="two charts-small">
        {(
          [
            ['learningRate', 'Learning rate', ''],
            ['gradientNorm', 'Gradient norm', ' before clipping'],
          ] as const
        ).map(([key, name, more]) => (
          <figure key={key}>
            <figcaption>
              <strong>{name}</strong>
              {more}
            </figcaption>
            <ResponsiveContainer width="100%" height={120}>
              <LineChart data={[...steps]} margin={{ top: 4, right: 12, bottom: 0, left: 0 }}>
                {stages(false)}
                <CartesianGrid {...grid} />
                {x}
                <YAxis domain={[0, 'auto']} tickFormatter={small} width={56} tickCount={3} {...axis} />
                {tip}
                <Line
                  dataKey={key}
                  name={name}
                  stroke="var(--second)"
                  strokeWidth={1.5}
                  dot={false}
                  isAnimationActive={false}
                />
              </LineChart>
            </ResponsiveContainer>
          </figure>
        ))}
      </div>
    </>
  );
});

/** A shape for each number of segments, so that lines can be told apart without colour. */
function Marker({
  kind,
  cx,
  cy,
  stroke,
}: {
  readonly kind: number;
  readonly cx: number;
  readonly cy: number;
  readonly stroke: string;
}) {
  if (!Number.isFinite(cx) || !Number.isFinite(cy)) return <g />;
  const common = { fill: 'var(--panel)', stroke, strokeWidth: 1.5 };
  const r = 3.5;
  switch (kind % 4) {
    case 0:
      return <circle cx={cx} cy={cy} r={r} {...common} />;
    case 1:
      return <rect x={cx - r} y={cy - r} width={2 * r} height={2 * r} {...common} />;
    case 2:
      return <path d={`M${cx} ${cy - r - 1}l${r + 1} ${2 * r}h${-2 * (r + 1)}z`} {...common} />;
    default:
      return <path d={`M${cx} ${cy - r - 1}l${r + 1} ${r + 1}l${-r - 1} ${r + 1}l${-r - 1} ${-r - 1}z`} {...common} />;
  }
}

function StepsTable({ curves }: { readonly curves: Curves }) {
  return (
    <details>
      <summary>Steps as a table (means over stretches)</summary>
      <TableScroll label="Values of the curves">
        <table>
          <thead>
            <tr>
              {['Up to step', 'Loss', 'Accuracy', 'Learning rate', 'Gradient norm'].map((name) => (
                <th key={name} scope="col" className="number">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {curves.steps.view(40).map((point) => (
              <tr key={point.x}>
                <td className="number">{whole(point.x)}</td>
                <td className="number">{small(point.loss)}</td>
                <td className="number">{percent(point.accuracy)}</td>
                <td className="number">{small(point.learningRate)}</td>
                <td className="number">{small(point.gradientNorm)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}
