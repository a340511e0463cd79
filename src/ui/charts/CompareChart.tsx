// Overlaid runs: validation accuracy and loss of the current run and of the runs chosen for comparison.
import { memo, useState } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import { sameData, whatDiffers } from '../../store/compare.ts';
import type { Curves } from '../../store/library/curves.ts';
import type { ComparedRun } from '../../store/slices/runs.ts';
import { accuracyOf, chanceOf, lossName, measureOf } from '../../tasks/measures.ts';
import { classNames } from '../class-names.ts';
import { Field } from '../controls/Field.tsx';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { count, integer, percent, small } from '../format.ts';
import badges from '../styles/badges.module.css';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import legends from '../styles/legends.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { ChartInTurn } from './ChartInTurn.tsx';
import css from './CompareChart.module.css';
import { comparedData, inFull } from './data.ts';
import { dotsOf, LineKey } from './LineKey.tsx';
import { axis, grid, lineStyle, tooltip } from './style.ts';

interface CompareChartProps {
  readonly compared: readonly ComparedRun[];
  /** The current run, with its growing curves. */
  readonly present: Omit<ComparedRun, 'validations'> | undefined;
  readonly curves: Curves | undefined;
  /** Changes when there is something new to draw. */
  readonly version: number;
  onDrop(id: string): void;
}

export default memo(function CompareChart({ compared: chosen, present, curves, onDrop }: CompareChartProps) {
  const [wanted, setWanted] = useState<number | undefined>();
  const compared = chosen.filter(({ id }) => id !== present?.id);
  const isDrawn = present && curves && curves.validations.size > 0;
  const runs: readonly ComparedRun[] = isDrawn ? [...compared, { ...present, validations: new Map() }] : compared;
  if (runs.length === 0) return null;
  const valuesOf = (run: ComparedRun, n: number) =>
    run.id === present?.id ? (curves?.validations.get(n)?.view(100) ?? []) : (run.validations.get(n) ?? []);
  const lengths = [
    ...new Set([...compared.flatMap((run) => [...run.validations.keys()]), ...(curves?.validations.keys() ?? [])]),
  ].sort((a, b) => a - b);
  const shared = lengths.filter((n) => runs.every((run) => valuesOf(run, n).length > 0));
  const segments = wanted !== undefined && lengths.includes(wanted) ? wanted : (shared.at(-1) ?? lengths.at(-1) ?? 1);
  const labels = runs.map(({ name }) => name);
  const differing = whatDiffers(runs);
  const sorts = new Set(runs.map((run) => measureOf(run.config.task)));
  const [sort] = sorts;
  const chances = new Set(runs.map((run) => chanceOf(run.config.task, run.config)));
  const [chance] = chances;
  const unitOf = (run: ComparedRun) =>
    lossName(measureOf(run.config.task) === 'every word' ? run.config.unit : undefined);
  const data = () =>
    comparedData(runs.map((run) => (run.id === present?.id && curves ? { ...run, validations: inFull(curves) } : run)));
  const chart = (key: 'accuracy' | 'loss', title: string) => (
    <Figure title={`Validation ${title.toLowerCase()} of compared runs`} data={data}>
      <ul className={classNames(legends.legend, legends.onlyExported)}>
        {runs.map((run, i) => (
          <li key={run.id}>
            <LineKey i={i} /> {i + 1}. {labels[i]}
          </li>
        ))}
      </ul>
      <figure>
        <figcaption>
          <strong>Validation {title.toLowerCase()}</strong>, {segments} {segments === 1 ? 'segment' : 'segments'}
        </figcaption>
        <ChartInTurn height={210}>
          <LineChart margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
            <CartesianGrid {...grid} />
            <XAxis
              dataKey="x"
              type="number"
              domain={[0, 'dataMax']}
              tickFormatter={count}
              allowDuplicatedCategory={false}
              {...axis}
            />
            {key === 'accuracy' ? (
              <YAxis domain={[0, 1]} ticks={[0, 0.25, 0.5, 0.75, 1]} tickFormatter={percent} width={48} {...axis} />
            ) : (
              <YAxis domain={[0, 'auto']} tickFormatter={small} width={48} {...axis} />
            )}
            {key === 'accuracy' && chances.size === 1 && chance !== undefined && (
              <ReferenceLine y={chance} stroke="var(--ink-soft)" strokeDasharray="2 3" />
            )}
            <Tooltip
              {...tooltip}
              labelFormatter={(step) => `step ${integer(Number(step))}`}
              formatter={(value) => (key === 'accuracy' ? percent : small)(Number(value))}
            />
            {runs.map((run, i) => (
              <Line
                key={run.id}
                data={[...valuesOf(run, segments)]}
                dataKey={key}
                name={`${i + 1}. ${labels[i]}`}
                strokeWidth={run.id === present?.id ? 2.5 : 1.5}
                {...lineStyle(i)}
                dot={dotsOf(i)}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ChartInTurn>
      </figure>
    </Figure>
  );
  return (
    <>
      <header className={sections.head}>
        <h2>Compared runs</h2>
        {lengths.length > 1 && (
          <Field
            label="Validated on"
            help="The number of segments of the validations shown."
            className={controls.inline}
          >
            {(ids) => (
              <select {...ids} value={segments} onChange={({ target }) => setWanted(Number(target.value))}>
                {lengths.map((n) => (
                  <option key={n} value={n}>
                    {n} {n === 1 ? 'segment' : 'segments'}
                  </option>
                ))}
              </select>
            )}
          </Field>
        )}
      </header>
      <ul className={classNames(legends.legend, css.runs)}>
        {runs.map((run, i) => (
          <li key={run.id}>
            <LineKey i={i} /> {i + 1}. {labels[i]}
            {differing[i] && <span className={typography.quiet}> ({differing[i]})</span>}
            {run.id === present?.id ? (
              <span className={classNames(badges.tag, css.beside)}>this run</span>
            ) : (
              <button
                type="button"
                className={classNames(buttons.plain, css.beside)}
                aria-label={`Remove ${labels[i]}`}
                onClick={() => onDrop(run.id)}
              >
                Remove
              </button>
            )}
          </li>
        ))}
      </ul>
      {sorts.size === 1 && sort && <p className={typography.note}>Accuracy is the share of {accuracyOf[sort]}.</p>}
      {!sameData(runs) && (
        <p className={typography.note}>
          These runs differ in their task or its data, so their figures are not comparable.
        </p>
      )}
      <div className={layout.two}>
        {chart('accuracy', 'Accuracy')}
        {chart('loss', 'Loss in nats')}
      </div>
      <details>
        <summary>Last and best validations as a table</summary>
        <TableScroll label="Validations compared">
          <table>
            <thead>
              <tr>
                <th scope="col">Run</th>
                {['Step', 'Accuracy', 'Best accuracy', 'Loss', 'Lowest loss'].map((name) => (
                  <NumberHead key={name}>{name}</NumberHead>
                ))}
              </tr>
            </thead>
            <tbody>
              {runs.map((run, i) => {
                const values = valuesOf(run, segments);
                const last = values.at(-1);
                const lowest = Math.min(...values.map(({ loss }) => loss));
                const unit = unitOf(run);
                return (
                  <tr key={run.id}>
                    <th scope="row">
                      {i + 1}. {labels[i]}
                    </th>
                    <td className={tables.number}>{last ? integer(last.x) : '–'}</td>
                    <td className={tables.number}>{percent(last?.accuracy ?? Number.NaN)}</td>
                    <td className={tables.number}>{percent(Math.max(...values.map(({ accuracy }) => accuracy)))}</td>
                    <td className={tables.number}>{small(last?.loss ?? Number.NaN)}</td>
                    <td className={tables.number}>
                      {small(lowest)}
                      {unit && ` (${small(unit.of(lowest))} ${unit.name})`}
                    </td>
                  </tr>
                );
              })}
            </tbody>
          </table>
        </TableScroll>
      </details>
    </>
  );
});
