// The curves of a run. Loaded only when there is something to draw, because the chart library is large.
import { memo } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, YAxis } from 'recharts';
import type { RunConfig } from '../../experiment/config.ts';
import type { Curves } from '../../store/library/curves.ts';
import { accuracyOf, chanceOf, lossName, measureOf, tokenOf } from '../../tasks/measures.ts';
import { type CurveMetric, curveMetrics, type MetricChart } from '../../train/metrics.ts';
import { classNames } from '../class-names.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { formatOf, integer, percent, small } from '../format.ts';
import layout from '../styles/layout.module.css';
import legends from '../styles/legends.module.css';
import tables from '../styles/tables.module.css';
import { ChartInTurn } from './ChartInTurn.tsx';
import { curvesData, stepsData } from './data.ts';
import { BatchKey, batchLine, dotsOf, LineKey } from './LineKey.tsx';
import { smoothKey, stagesOn, stepsOn, useStepAxis } from './step-axis.tsx';
import { axis, axisWidth, beside, grid, lineStyle, shares, tooltip } from './style.ts';

interface TrainChartsProps {
  readonly curves: Curves;
  readonly config: RunConfig;
  /** Changes when there is something new to draw. */
  readonly version: number;
}

/** More points than this are drawn without marks: each mark is a DOM element. */
const mostMarks = 40;
const drawnIn = (kind: MetricChart['kind']) => curveMetrics.filter(({ curve }) => curve.chart.kind === kind);

/** The lines of the batches: themselves, faint behind their averages if they are smoothed. */
const batchLines = (metrics: readonly CurveMetric[], smooth: number) =>
  metrics.flatMap(({ key, curve }, i) => [
    <Line
      key={key}
      dataKey={key}
      name={`batch ${curve.column}`}
      {...batchLine(i)}
      strokeWidth={1}
      strokeOpacity={smooth > 1 ? 0.35 : 1}
      dot={false}
      isAnimationActive={false}
    />,
    ...(smooth > 1
      ? [
          <Line
            key={smoothKey(key)}
            dataKey={smoothKey(key)}
            name={`batch ${curve.column}, smoothed`}
            {...batchLine(i)}
            stroke="var(--ink-soft)"
            strokeWidth={2}
            dot={false}
            isAnimationActive={false}
          />,
        ]
      : []),
  ]);

const tipOf = (format: CurveMetric['format']) => (
  <Tooltip
    {...tooltip}
    labelFormatter={(step) => `step ${integer(Number(step))}`}
    formatter={(value) => formatOf[format](Number(value))}
  />
);

export default memo(function TrainCharts({ curves, config }: TrainChartsProps) {
  const measure = measureOf(config.task);
  const chance = chanceOf(config.task, config);
  const unit = measure === 'every word' ? lossName(config.unit) : undefined;
  const token = tokenOf(measure, config.unit);
  const on = useStepAxis(curves);
  const { steps, smooth, shown, zoom, logLoss } = on;
  const validations = [...curves.validations.entries()].sort(([a], [b]) => a - b);
  const x = stepsOn(on);
  const smoothed = smooth > 1 ? `, smoothed over ${smooth} steps (exponential moving average)` : '';
  const frame = { margin: { top: 8, right: 12, bottom: 18, left: 0 }, ...zoom.handlers };
  /** A logarithmic axis has no zero. */
  const lossAt = (point: { readonly loss?: number }) => (logLoss && !((point.loss ?? 0) > 0) ? undefined : point.loss);
  return (
    <>
      {on.tools}
      <Figure title="Accuracy by training step" data={() => curvesData(curves, config)}>
        <figure>
          <figcaption>
            <strong>Accuracy</strong>, the share of {accuracyOf(measure, config.unit)}, by training step: batches (thin
            {smoothed}) and validation (with markers)
          </figcaption>
          <ul className={legends.legend}>
            {drawnIn('accuracy').map(({ key, curve }, i) => (
              <li key={key}>
                <BatchKey i={i} /> {i === 0 ? 'batch' : `batch, ${curve.column}`}
              </li>
            ))}
            {chance !== undefined && (
              <li>
                <span className={classNames(legends.key, legends.dotted)} /> chance
              </li>
            )}
            {validations.map(([segments], i) => (
              <li key={segments}>
                <LineKey i={i} /> validation, {segments} {segments === 1 ? 'segment' : 'segments'}
              </li>
            ))}
          </ul>
          <ChartInTurn height={240}>
            <LineChart data={[...steps]} {...frame}>
              {stagesOn(curves, on, true)}
              <CartesianGrid {...grid} />
              {x}
              <YAxis {...shares} domain={[0, 1.12]} label={beside('accuracy')} />
              {chance !== undefined && <ReferenceLine y={chance} stroke="var(--ink-soft)" strokeDasharray="2 3" />}
              {tipOf('share')}
              {batchLines(drawnIn('accuracy'), smooth)}
              {validations.map(([segments, series], i) => (
                <Line
                  key={segments}
                  data={shown(series.view(zoom.stretch ? undefined : mostMarks))}
                  dataKey="accuracy"
                  name={`validation accuracy, ${segments} seg.`}
                  strokeWidth={2}
                  {...lineStyle(i)}
                  dot={dotsOf(i)}
                  isAnimationActive={false}
                />
              ))}
              {zoom.dragged}
            </LineChart>
          </ChartInTurn>
          <details>
            <summary>Validations as a table</summary>
            <TableScroll label="Values of the curves">
              <table>
                <thead>
                  <tr>
                    <NumberHead>Step</NumberHead>
                    <NumberHead>Segments</NumberHead>
                    <NumberHead>Accuracy</NumberHead>
                    <NumberHead>Loss</NumberHead>
                    {measure === 'answer words' && <NumberHead>Whole answers</NumberHead>}
                    {unit && <NumberHead>{unit.name}</NumberHead>}
                  </tr>
                </thead>
                <tbody>
                  {validations.flatMap(([segments, series]) =>
                    series.view(40).map((point) => (
                      <tr key={`${segments} ${point.x}`}>
                        <td className={tables.number}>{integer(point.x)}</td>
                        <td className={tables.number}>{segments}</td>
                        <td className={tables.number}>{percent(point.accuracy)}</td>
                        <td className={tables.number}>{small(point.loss)}</td>
                        {measure === 'answer words' && <td className={tables.number}>{percent(point.whole)}</td>}
                        {unit && <td className={tables.number}>{small(unit.of(point.loss))}</td>}
                      </tr>
                    )),
                  )}
                </tbody>
              </table>
            </TableScroll>
          </details>
        </figure>
      </Figure>
      <Figure title="Loss by training step" data={() => curvesData(curves, config)}>
        <figure>
          <figcaption>
            <strong>Loss</strong> in nats{measure === 'classes' ? '' : ` per ${token}`}: batches (thin{smoothed}) and
            validation (with markers); curriculum stages as bands
            {unit && `; the table of validations also lists ${unit.name}`}
          </figcaption>
          <ChartInTurn height={200}>
            <LineChart data={[...steps]} {...frame}>
              {stagesOn(curves, on, false)}
              <CartesianGrid {...grid} />
              {x}
              <YAxis
                scale={logLoss ? 'log' : 'linear'}
                domain={logLoss ? ['auto', 'auto'] : [0, 'auto']}
                tickFormatter={small}
                width={axisWidth}
                label={beside(logLoss ? 'loss (nats, logarithmic)' : 'loss (nats)')}
                {...axis}
              />
              {tipOf('number')}
              {batchLines(drawnIn('loss'), smooth)}
              {validations.map(([segments, series], i) => (
                <Line
                  key={segments}
                  data={shown(series.view(zoom.stretch ? undefined : mostMarks))}
                  dataKey={lossAt}
                  name={`validation loss, ${segments} seg.`}
                  strokeWidth={1.5}
                  {...lineStyle(i)}
                  dot={dotsOf(i)}
                  isAnimationActive={false}
                />
              ))}
              {zoom.dragged}
            </LineChart>
          </ChartInTurn>
          <StepsTable curves={curves} />
        </figure>
      </Figure>
      <div className={layout.two}>
        {curveMetrics.map(({ key, label, format, curve: { chart } }) =>
          // Curves saved before the metric was added have nothing to draw.
          chart.kind !== 'own' || !steps.some((point) => Number.isFinite(point[key])) ? null : (
            <Figure key={key} title={`${label} by training step`} data={() => stepsData(curves, config)}>
              <figure>
                <figcaption>
                  <strong>{label}</strong>
                  {chart.caption}
                </figcaption>
                <ChartInTurn height={140}>
                  <LineChart data={[...steps]} {...frame}>
                    {stagesOn(curves, on, false)}
                    <CartesianGrid {...grid} />
                    {x}
                    <YAxis
                      domain={[...chart.axis]}
                      tickFormatter={formatOf[format]}
                      width={axisWidth}
                      label={beside(label.toLowerCase())}
                      tickCount={3}
                      {...axis}
                    />
                    {tipOf(format)}
                    <Line
                      dataKey={key}
                      name={label}
                      stroke="var(--second)"
                      strokeWidth={1.5}
                      dot={false}
                      isAnimationActive={false}
                    />
                    {zoom.dragged}
                  </LineChart>
                </ChartInTurn>
              </figure>
            </Figure>
          ),
        )}
      </div>
    </>
  );
});

function StepsTable({ curves }: { readonly curves: Curves }) {
  return (
    <details>
      <summary>Steps as a table (averaged over intervals)</summary>
      <TableScroll label="Values of the curves">
        <table>
          <thead>
            <tr>
              <NumberHead>Up to step</NumberHead>
              {curveMetrics.map(({ key, label }) => (
                <NumberHead key={key}>{label}</NumberHead>
              ))}
            </tr>
          </thead>
          <tbody>
            {curves.steps.view(40).map((point) => (
              <tr key={point.x}>
                <td className={tables.number}>{integer(point.x)}</td>
                {curveMetrics.map(({ key, format }) => (
                  <td key={key} className={tables.number}>
                    {formatOf[format](point[key])}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}
