// The curves of a run. Loaded only when there is something to draw, because the chart library is large.
import { memo } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceArea, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import type { RunConfig } from '../../experiment/config.ts';
import type { Curves } from '../../store/library/curves.ts';
import { accuracyOf, chanceOf, lossName, measureOf } from '../../tasks/measures.ts';
import { type CurveMetric, curveMetrics, type MetricChart } from '../../train/metrics.ts';
import { classNames } from '../class-names.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { count, formatOf, integer, percent, small } from '../format.ts';
import layout from '../styles/layout.module.css';
import legends from '../styles/legends.module.css';
import tables from '../styles/tables.module.css';
import { ChartInTurn } from './ChartInTurn.tsx';
import { curvesData, stepsData } from './data.ts';
import { BatchKey, batchLine, dotsOf, LineKey } from './LineKey.tsx';
import { axis, grid, lineStyle, tooltip } from './style.ts';

interface TrainChartsProps {
  readonly curves: Curves;
  readonly config: RunConfig;
  /** Changes when there is something new to draw. */
  readonly version: number;
}

const most = 300;
/** More points than this are drawn without marks: each mark is a DOM element. */
const mostMarks = 40;
const stepsText = (step: number) => count(step);

const drawnIn = (kind: MetricChart['kind']) => curveMetrics.filter(({ curve }) => curve.chart.kind === kind);

/** The lines of the batches. */
const batchLines = (metrics: readonly CurveMetric[]) =>
  metrics.map(({ key, curve }, i) => (
    <Line
      key={key}
      dataKey={key}
      name={`batch ${curve.column}`}
      {...batchLine(i)}
      strokeWidth={1}
      dot={false}
      isAnimationActive={false}
    />
  ));

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
  /** Every other stage shaded and all of them labelled, to make the stage borders visible. */
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
  return (
    <>
      <Figure title="Accuracy by training step" data={() => curvesData(curves, config)}>
        <figure>
          <figcaption>
            <strong>Accuracy</strong>, the share of {accuracyOf[measure]}, by training step: batches (thin) and
            validation (with markers)
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
            <LineChart data={[...steps]} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
              {stages(true)}
              <CartesianGrid {...grid} />
              {x}
              <YAxis domain={[0, 1.12]} ticks={[0, 0.25, 0.5, 0.75, 1]} tickFormatter={percent} width={48} {...axis} />
              {chance !== undefined && <ReferenceLine y={chance} stroke="var(--ink-soft)" strokeDasharray="2 3" />}
              {tipOf('share')}
              {batchLines(drawnIn('accuracy'))}
              {validations.map(([segments, series], i) => (
                <Line
                  key={segments}
                  data={[...series.view(mostMarks)]}
                  dataKey="accuracy"
                  name={`validation accuracy, ${segments} seg.`}
                  strokeWidth={2}
                  {...lineStyle(i)}
                  dot={dotsOf(i)}
                  isAnimationActive={false}
                />
              ))}
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
            <strong>Loss</strong> in nats{measure === 'classes' ? '' : ' per word'}: batches (thin) and validation (with
            markers); curriculum stages as bands{unit && `; the table of validations also lists ${unit.name}`}
          </figcaption>
          <ChartInTurn height={200}>
            <LineChart data={[...steps]} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
              {stages(false)}
              <CartesianGrid {...grid} />
              {x}
              <YAxis domain={[0, 'auto']} tickFormatter={small} width={48} {...axis} />
              {tipOf('number')}
              {batchLines(drawnIn('loss'))}
              {validations.map(([segments, series], i) => (
                <Line
                  key={segments}
                  data={[...series.view(mostMarks)]}
                  dataKey="loss"
                  name={`validation loss, ${segments} seg.`}
                  strokeWidth={1.5}
                  {...lineStyle(i)}
                  dot={dotsOf(i)}
                  isAnimationActive={false}
                />
              ))}
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
                <ChartInTurn height={120}>
                  <LineChart data={[...steps]} margin={{ top: 4, right: 12, bottom: 0, left: 0 }}>
                    {stages(false)}
                    <CartesianGrid {...grid} />
                    {x}
                    <YAxis
                      domain={[...chart.axis]}
                      tickFormatter={formatOf[format]}
                      width={56}
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
