// Every measured figure by number of segments, next to the values of RMT-1M.

import { intervalOf } from '../../analysis/wilson.ts';
import type { AccuracyPoint, EvaluateResult } from '../../store/slices/evaluate.ts';
import { lossName, tokenName } from '../../tasks/measures.ts';
import { classNames } from '../class-names.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { integer, percent, small } from '../format.ts';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { nameOf } from './names.ts';
import { type Published, publishedSegments } from './published.ts';
import css from './ResultTable.module.css';

interface Column {
  readonly name: string;
  cell(point: AccuracyPoint): string;
}

const share = (right: number, of: number, samples: number) => {
  const { low, high } = intervalOf(right / of, samples);
  return `${percent(right / of)} (${percent(low)}–${percent(high)}, n = ${integer(samples)})`;
};

/** The columns that apply to one result. */
function columnsOf(result: EvaluateResult): readonly Column[] {
  const accuracy = (name: string): Column => ({
    name,
    cell: ({ right, asked, samples }) => share(right, asked, samples),
  });
  const commonest: Column = {
    name: 'commonest answer',
    cell: ({ commonest: count, asked }) => (count === undefined ? '–' : percent(count / asked)),
  };
  if (result.measure === 'classes') {
    const f1: Column = { name: 'macro F1', cell: (point) => (point.f1 === undefined ? '–' : percent(point.f1)) };
    return [accuracy('accuracy'), ...(result.task === 'documents' ? [f1] : []), commonest];
  }
  const unit = lossName(result.unit);
  const loss: Column = { name: `loss, nats per ${tokenName(result.unit)}`, cell: ({ loss: nats }) => small(nats) };
  if (result.measure === 'every word')
    return [
      ...(unit ? [{ name: unit.name, cell: ({ loss: nats }: AccuracyPoint) => small(unit.of(nats)) }] : []),
      loss,
      { name: `${tokenName(result.unit)}s correct`, cell: ({ right, asked }) => percent(right / asked) },
      commonest,
    ];
  const written = result.points.some(({ generated }) => generated !== undefined);
  return [
    accuracy('words of the answer'),
    { name: 'whole answers', cell: (point) => percent(point.whole / point.samples) },
    commonest,
    ...(written
      ? [
          {
            name: 'generated correctly',
            cell: ({ generated, samples }: AccuracyPoint) =>
              generated === undefined ? '–' : share(generated, samples, samples),
          },
        ]
      : []),
    loss,
  ];
}

interface ResultTableProps {
  readonly results: readonly EvaluateResult[];
  readonly published: readonly Published[];
}

export function ResultTable({ results, published }: ResultTableProps) {
  const columns = results.map((result) => ({ result, own: columnsOf(result) }));
  const segments = [
    ...new Set([
      ...results.flatMap(({ points }) => points.map((point) => point.segments)),
      ...published.flatMap(({ percent: values }) => values.map((_, i) => publishedSegments(i))),
    ]),
  ].sort((a, b) => a - b);
  return (
    <details open={results.length > 0}>
      <summary>As a table</summary>
      <TableScroll label="Results by number of segments">
        <table>
          <thead>
            <tr>
              <th scope="col" rowSpan={2} className={tables.number}>
                Segments
              </th>
              {columns.map(({ result, own }) => (
                <th
                  key={result.id}
                  scope="colgroup"
                  colSpan={own.length}
                  className={classNames(tables.number, css.named)}
                >
                  {nameOf(result)}
                </th>
              ))}
              {published.map(({ title }) => (
                <th key={title} scope="col" rowSpan={2} className={classNames(tables.number, typography.quiet)}>
                  RMT-1M, {title}
                </th>
              ))}
            </tr>
            <tr>
              {columns.flatMap(({ result, own }) =>
                own.map(({ name }) => <NumberHead key={`${result.id} ${name}`}>{name}</NumberHead>),
              )}
            </tr>
          </thead>
          <tbody>
            {segments.map((n) => (
              <tr key={n}>
                <th scope="row" className={tables.number}>
                  {integer(n)}
                </th>
                {columns.flatMap(({ result, own }) =>
                  own.map(({ name, cell }) => {
                    const point = result.points.find((each) => each.segments === n);
                    return (
                      <td key={`${result.id} ${name}`} className={tables.number}>
                        {point ? cell(point) : '–'}
                      </td>
                    );
                  }),
                )}
                {published.map(({ title, percent: values }) => {
                  const value = values.find((_, i) => publishedSegments(i) === n);
                  return (
                    <td key={title} className={classNames(tables.number, typography.quiet)}>
                      {value === undefined ? '–' : `${value} %`}
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
    </details>
  );
}
