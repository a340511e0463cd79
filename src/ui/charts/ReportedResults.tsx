// The results of RMT (Bulatov et al. 2022) next to those of the user's models, which differ in size and are labelled with it.

import { catalogue } from '../../models/catalogue.ts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { lossName } from '../../tasks/measures.ts';
import { classNames } from '../class-names.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { integer, percent, small } from '../format.ts';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { reportedData } from './data.ts';
import { GeneralisationPanel } from './GeneralisationPanel.tsx';
import css from './ReportedResults.module.css';
import { algorithms, type Family, families, hyperpartisan, languages } from './reported.ts';

const familyIds = Object.keys(families) as Family[];
const titlesOf = (family: Family): readonly string[] => families[family].models.map((id) => catalogue[id].title);

interface Here {
  readonly value: string;
  readonly size: string;
}

const sizeOf = ({ model }: EvaluateResult) =>
  `${model.layers} layers of ${model.hiddenSize}, segments of ${model.segmentSize}${
    model.memTokens > 0 ? `, memory ${model.memTokens}` : ''
  }${model.cacheSize > 0 ? `, cache ${model.cacheSize}` : ''}`;

/** The newest measurement of a task at this number of segments with a model of this family. */
function here(results: readonly EvaluateResult[], task: string, segments: number, family: Family): Here | undefined {
  const titles = titlesOf(family);
  for (const result of [...results].reverse()) {
    const point = result.points.find((each) => each.segments === segments && each.samples > 0);
    if (result.task !== task || !titles.includes(result.model.kind) || !point) continue;
    return { value: percent(point.right / point.asked), size: `${result.id}. ${sizeOf(result)}` };
  }
  return undefined;
}

/** One decimal, as in the tables of RMT. */
const oneDecimal = (share: number) => `${Number((100 * share).toFixed(1))}\u202f%`;

const Measured = ({ found }: { readonly found: Here | undefined }) =>
  found ? (
    <>
      <strong>{found.value}</strong>
      <br />
      <span className={classNames(typography.quiet, css.small)}>{found.size}</span>
    </>
  ) : (
    <span className={classNames(typography.quiet, css.small)}>–</span>
  );

export function ReportedResults({ results }: { readonly results: readonly EvaluateResult[] }) {
  const texts = results.filter(({ measure }) => measure === 'every word');
  const judged = results.filter(({ task }) => task === 'documents');
  return (
    <>
      <GeneralisationPanel results={results} />
      <section className={sections.panel} aria-label="Results of RMT">
        <header className={sections.head}>
          <h2>RMT (Bulatov et al. 2022) and this page</h2>
        </header>
        <p className={typography.note}>
          RMT (arXiv:2207.06881) was trained on GPUs for hundreds of thousands of steps. The columns “here” show the
          evaluations above for the same task and number of segments. Model sizes and segment lengths differ from those
          of RMT.
        </p>
        <Figure title="Algorithmic tasks, RMT and here" data={() => reportedData(results)}>
          <h3>Algorithmic tasks: accuracy of the answer’s words</h3>
          <TableScroll label="Algorithmic tasks, RMT and here" isTall>
            <table className={css.reported}>
              <thead>
                <tr>
                  <th scope="col" rowSpan={2}>
                    Task
                  </th>
                  <th scope="col" rowSpan={2} className={tables.number}>
                    Segments
                  </th>
                  {familyIds.map((family) => (
                    <th key={family} scope="colgroup" colSpan={2}>
                      {families[family].title}
                    </th>
                  ))}
                </tr>
                <tr>
                  {familyIds.map((family) => [
                    <NumberHead key={`${family} paper`}>reported</NumberHead>,
                    <th key={`${family} here`} scope="col">
                      here
                    </th>,
                  ])}
                </tr>
              </thead>
              <tbody>
                {algorithms.map(({ task, name, segments, accuracy }, i) => {
                  // A local result is shown once, in the first row with this task and number of segments.
                  const isFirst = algorithms.findIndex((row) => row.task === task && row.segments === segments) === i;
                  return (
                    <tr
                      key={`${name} ${segments}`}
                      className={algorithms[i - 1]?.name === name ? undefined : css.first}
                    >
                      <th scope="row">
                        {algorithms[i - 1]?.name === name ? (
                          <span className={classNames(typography.quiet, css.small)}>{name}</span>
                        ) : (
                          name
                        )}
                      </th>
                      <td className={tables.number}>{segments}</td>
                      {familyIds.map((family) => {
                        const value = accuracy[family];
                        return [
                          <td key={`${family} paper`} className={tables.number}>
                            {value === undefined ? '–' : oneDecimal(value)}
                          </td>,
                          <td key={`${family} here`} className={css.here}>
                            <Measured found={isFirst ? here(results, task, segments, family) : undefined} />
                          </td>,
                        ];
                      })}
                    </tr>
                  );
                })}
              </tbody>
            </table>
          </TableScroll>
        </Figure>
        <div className={layout.two}>
          <Figure title="Language modelling, RMT and here" data={() => reportedData(results)}>
            <h3>Language modelling</h3>
            <TableScroll label="Language modelling, RMT and here" isTall>
              <table className={css.reported}>
                <thead>
                  <tr>
                    <th scope="col">Text</th>
                    <NumberHead>Segment</NumberHead>
                    <th scope="col">Model</th>
                    <NumberHead>Figure</NumberHead>
                  </tr>
                </thead>
                <tbody>
                  {languages.map(({ text, unit, segment, model, value }) => (
                    <tr key={`${text} ${segment} ${model}`}>
                      <th scope="row">{text}</th>
                      <td className={tables.number}>{segment}</td>
                      <td>{model}</td>
                      <td className={tables.number}>
                        {value} {unit === 'words' ? 'perplexity' : 'bits per character'}
                      </td>
                    </tr>
                  ))}
                  {texts.flatMap((result) => {
                    const point = result.points.at(-1);
                    const unit = lossName(result.unit);
                    if (!point || !unit) return [];
                    return (
                      <tr key={result.id} className={css.first}>
                        <th scope="row">here: {result.files[0] ?? 'built-in stories'}</th>
                        <td className={tables.number}>{result.model.segmentSize}</td>
                        <td>
                          {result.model.kind}, {sizeOf(result)}, {integer(point.segments)} segments
                        </td>
                        <td className={tables.number}>
                          <strong>{small(unit.of(point.loss))}</strong> {unit.name}
                        </td>
                      </tr>
                    );
                  })}
                </tbody>
              </table>
            </TableScroll>
          </Figure>
          <Figure title="Hyperpartisan news, RMT and here" data={() => reportedData(results)}>
            <h3>Hyperpartisan news: F1 by number of segments</h3>
            <TableScroll label="Hyperpartisan news, RMT and here" isTall>
              <table className={css.reported}>
                <thead>
                  <tr>
                    <th scope="col">Model</th>
                    {[1, 2, 3, 4].map((n) => (
                      <NumberHead key={n}>{n}</NumberHead>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {hyperpartisan.map(({ model, f1 }) => (
                    <tr key={model}>
                      <th scope="row">{model}</th>
                      {f1.map((value, i) => (
                        <td key={i} className={tables.number}>
                          {value.toFixed(2)}
                        </td>
                      ))}
                    </tr>
                  ))}
                  {judged.map((result) => (
                    <tr key={result.id} className={css.first}>
                      <th scope="row">
                        here, macro F1: {result.files[0] ?? 'built-in reviews'}
                        <br />
                        <span className={classNames(typography.quiet, css.small)}>
                          {result.model.kind}, {sizeOf(result)}
                        </span>
                      </th>
                      {[1, 2, 3, 4].map((n) => {
                        const point = result.points.find(({ segments }) => segments === n);
                        return (
                          <td key={n} className={tables.number}>
                            {point?.f1 === undefined ? '–' : percent(point.f1)}
                          </td>
                        );
                      })}
                    </tr>
                  ))}
                </tbody>
              </table>
            </TableScroll>
          </Figure>
        </div>
      </section>
    </>
  );
}
