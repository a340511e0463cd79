// Every measured figure by number of segments, next to the values of RMT-1M.

import { intervalOf } from '../../analysis/wilson.ts';
import type { AccuracyPoint, EvaluateResult } from '../../store/slices/evaluate.ts';
import { lossName, tokenName } from '../../tasks/measures.ts';
import { integer, percent, small } from '../format.ts';
import { ByTable } from './ByTable.tsx';
import { nameOf } from './names.ts';
import { type Published, publishedSegments } from './published.ts';

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
  const values = [
    ...new Set([
      ...results.flatMap(({ points }) => points.map((point) => point.segments)),
      ...published.flatMap(({ percent: values }) => values.map((_, i) => publishedSegments(i))),
    ]),
  ].sort((a, b) => a - b);
  const groups = [
    ...results.map((result) => ({
      key: result.id,
      name: nameOf(result),
      columns: columnsOf(result).map(({ name, cell }) => ({
        name,
        cell(n: number) {
          const point = result.points.find(({ segments }) => segments === n);
          return point && cell(point);
        },
      })),
    })),
    ...published.map(({ title, percent: cells }) => ({
      key: title,
      name: `RMT-1M, ${title}`,
      isQuiet: true,
      columns: [
        {
          name: '',
          cell(n: number) {
            const value = cells.find((_, i) => publishedSegments(i) === n);
            return value === undefined ? undefined : `${value} %`;
          },
        },
      ],
    })),
  ];
  return (
    <ByTable
      label="Results by number of segments"
      by="Segments"
      values={values}
      groups={groups}
      isOpen={results.length > 0}
    />
  );
}
