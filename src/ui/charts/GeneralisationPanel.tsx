// Generalisation as in RMT-1M: how accuracy falls beyond the trained length, one task at a time, next to local results.
import { lazy, Suspense, useState } from 'react';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import { Field } from '../controls/Field.tsx';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { percent } from '../format.ts';
import controls from '../styles/controls.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { generalisationData } from './data.ts';
import css from './GeneralisationPanel.module.css';
import { generalisation, mostEvaluated } from './generalisation.ts';
import { nameOf } from './names.ts';

const GeneralisationChart = lazy(() => import('./GeneralisationChart.tsx'));
const ids = [...new Set(generalisation.map(({ task }) => task))];
const lengths = Array.from({ length: mostEvaluated }, (_, i) => i + 1);

export function GeneralisationPanel({ results }: { readonly results: readonly EvaluateResult[] }) {
  const [chosen, choose] = useState<TaskId | undefined>();
  // Until the user chooses, the task that was measured last.
  const measured = ids.filter((id) => results.some(({ task }) => task === id)).at(-1);
  const task = chosen ?? measured ?? 'memorize';
  const curves = generalisation.filter((curve) => curve.task === task);
  const own = results.filter((result) => result.task === task);
  return (
    <section className={sections.panel} aria-label="By trained length">
      <header className={sections.head}>
        <h2>RMT-1M: accuracy by trained length</h2>
        <Field label="Task" help="The three tasks of RMT-1M (Bulatov et al. 2023)." className={controls.inline}>
          {(idsOf) => (
            <select {...idsOf} value={task} onChange={({ target }) => choose(ids.find((id) => id === target.value))}>
              {ids.map((id) => (
                <option key={id} value={id}>
                  {tasks[id].title}
                </option>
              ))}
            </select>
          )}
        </Field>
      </header>
      <Suspense fallback={<p className={sections.placeholder}>Loading the chart …</p>}>
        <Figure title="Accuracy by trained length" data={() => generalisationData(task, curves, own)}>
          <GeneralisationChart curves={curves} results={own} />
        </Figure>
      </Suspense>
      <details>
        <summary>As a table</summary>
        <TableScroll label="Accuracy by trained length">
          <table className={css.table}>
            <caption>Accuracy in per cent, by number of segments in evaluation</caption>
            <thead>
              <tr>
                <th scope="col">Model</th>
                {lengths.map((n) => (
                  <NumberHead key={n}>{n}</NumberHead>
                ))}
              </tr>
            </thead>
            <tbody>
              {curves.map(({ trained, percent: cells }) => (
                <tr key={trained}>
                  <th scope="row">RMT-1M, trained on {trained}</th>
                  {lengths.map((n) => (
                    <td key={n} className={tables.number}>
                      {cells[n - 1] ?? '–'}
                    </td>
                  ))}
                </tr>
              ))}
              {own.map((result) => (
                <tr key={result.id}>
                  <th scope="row">{nameOf(result)}</th>
                  {lengths.map((n) => {
                    const point = result.points.find(({ segments, asked }) => segments === n && asked > 0);
                    return (
                      <td key={n} className={tables.number}>
                        {point ? percent(point.right / point.asked) : '–'}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
      </details>
      <p className={typography.note}>
        RMT-1M (Bulatov et al. 2023, arXiv:2304.11062), read off the plot to about 0.3 percentage points; some curves
        are readable at a few points only. Its reasoning models trained on two segments or more fall to about 50 % on
        one segment.
      </p>
    </section>
  );
}
