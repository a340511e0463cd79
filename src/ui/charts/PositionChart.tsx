// Language modelling: the loss at every position of a sequence, which shows what memory gains after each segment border.
import { memo, useState } from 'react';
import { CartesianGrid, Line, LineChart, ReferenceLine, Tooltip, XAxis, YAxis } from 'recharts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { lossName, tokenName } from '../../tasks/measures.ts';
import { Field } from '../controls/Field.tsx';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { integer, small } from '../format.ts';
import controls from '../styles/controls.module.css';
import legends from '../styles/legends.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { ChartInTurn } from './ChartInTurn.tsx';
import { positionsData } from './data.ts';
import { nameOf } from './names.ts';
import { meanOver, smoothed } from './positions.ts';
import { axis, below, grid, lineStyle, tooltip } from './style.ts';

/** Most points per line. */
const most = 600;
/** Most segment borders drawn. */
const mostBorders = 64;

export default memo(function PositionChart({ results }: { readonly results: readonly EvaluateResult[] }) {
  const [wanted, setWanted] = useState<number | undefined>();
  const [isSmooth, setSmooth] = useState(true);
  const measured = results.flatMap(({ points }) => points.filter(({ positions }) => positions !== undefined));
  const lengths = [...new Set(measured.map(({ segments }) => segments))].sort((a, b) => a - b);
  const segments = wanted !== undefined && lengths.includes(wanted) ? wanted : lengths.at(-1);
  if (segments === undefined)
    return <p className={typography.note}>Loss by position appears once all documents of one length are evaluated.</p>;
  const shown = results.flatMap((result) => {
    const i = result.id - 1;
    const positions = result.points.find((point) => point.segments === segments)?.positions;
    return positions ? [{ result, i, positions, size: result.model.segmentSize }] : [];
  });
  const longest = Math.max(...shown.map(({ positions }) => positions.length));
  const sizes = new Set(shown.map(({ size }) => size));
  const [size = 1] = sizes;
  const borders =
    sizes.size === 1 && segments <= mostBorders ? Array.from({ length: segments - 1 }, (_, n) => (n + 1) * size) : [];
  return (
    <Figure title="Loss by position" data={() => positionsData(results, segments)}>
      <figure>
        <header className={sections.head}>
          <figcaption>
            <strong>Loss by position</strong> in sequences of {integer(segments)}{' '}
            {segments === 1 ? 'segment' : 'segments'}, nats per {tokenName(shown[0]?.result.unit)}
            {borders.length > 0 && '; vertical lines are segment borders'}
          </figcaption>
          <label className={controls.check} title="Average neighbouring positions to show the trend">
            <input type="checkbox" checked={isSmooth} onChange={({ target }) => setSmooth(target.checked)} /> smoothed
          </label>
          {lengths.length > 1 && (
            <Field label="Segments" help="The length of the sequences shown." className={controls.inline}>
              {(ids) => (
                <select {...ids} value={segments} onChange={({ target }) => setWanted(Number(target.value))}>
                  {lengths.map((n) => (
                    <option key={n} value={n}>
                      {integer(n)}
                    </option>
                  ))}
                </select>
              )}
            </Field>
          )}
        </header>
        <ul className={legends.legend}>
          {shown.map(({ result, i }) => (
            <li key={result.id}>
              <svg className={legends.drawn} viewBox="0 0 34 12" aria-hidden="true">
                <line x1="0" y1="6" x2="34" y2="6" strokeWidth="2.5" {...lineStyle(i)} />
              </svg>{' '}
              {nameOf(result)}
            </li>
          ))}
        </ul>
        <ChartInTurn height={280}>
          <LineChart margin={{ top: 8, right: 20, bottom: 18, left: 0 }}>
            <CartesianGrid {...grid} />
            <XAxis
              dataKey="at"
              type="number"
              domain={[1, longest]}
              tickFormatter={integer}
              {...(borders.length > 0 && borders.length <= 16 ? { ticks: [1, ...borders, longest] } : {})}
              allowDuplicatedCategory={false}
              label={below('position in the sequence')}
              {...axis}
            />
            <YAxis domain={['auto', 'auto']} tickFormatter={small} width={48} {...axis} />
            <Tooltip
              {...tooltip}
              labelFormatter={(at) => `position ${integer(Number(at))}`}
              formatter={(value) => small(Number(value))}
            />
            {borders.map((border) => (
              <ReferenceLine key={border} x={border + 0.5} stroke="var(--line-strong)" strokeDasharray="2 3" />
            ))}
            {shown.map(({ result, i, positions }) => (
              <Line
                key={result.id}
                data={smoothed(positions, isSmooth ? Math.max(3, Math.ceil(positions.length / 60)) : 1, most)}
                dataKey="loss"
                name={nameOf(result)}
                strokeWidth={1.75}
                {...lineStyle(i)}
                dot={false}
                isAnimationActive={false}
              />
            ))}
          </LineChart>
        </ChartInTurn>
        <details>
          <summary>Mean loss of each segment as a table</summary>
          <TableScroll label="Loss by segment">
            <table>
              <thead>
                <tr>
                  <NumberHead>Segment</NumberHead>
                  {shown.map(({ result }) => (
                    <NumberHead key={result.id}>{nameOf(result)}</NumberHead>
                  ))}
                </tr>
              </thead>
              <tbody>
                {Array.from({ length: Math.min(segments, 256) }, (_, n) => (
                  <tr key={n}>
                    <th scope="row" className={tables.number}>
                      {n + 1}
                    </th>
                    {shown.map(({ result, positions, size: own }) => {
                      const loss = meanOver(positions, n * own, (n + 1) * own);
                      const unit = lossName(result.unit);
                      return (
                        <td key={result.id} className={tables.number}>
                          {small(loss)}
                          {unit && ` (${small(unit.of(loss))} ${unit.name})`}
                        </td>
                      );
                    })}
                  </tr>
                ))}
              </tbody>
            </table>
          </TableScroll>
        </details>
      </figure>
    </Figure>
  );
});
