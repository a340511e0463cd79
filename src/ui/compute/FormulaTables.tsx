// The numbers behind the FLOPs figure: the length from which memory is cheaper, and the cost at every length.
import {
  crossover,
  type FlopsComparison,
  figureSegment,
  figureSegments,
  optNames,
  reportedRatios,
  segmentsForRatio,
  type TransformerSize,
} from '../../analysis/flops.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { integer } from '../format.ts';
import tables from '../styles/tables.module.css';

/** 8.93354e13: more digits than a chart can show. */
const digits = (n: number) => n.toExponential(5).replace('e+', 'e');
const times = (n: number) => n.toLocaleString('en', { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const ratios = [2, 10, 100] as const;

const reportedFor = (name: string) => reportedRatios[optNames.find((each) => name === `OPT-${each}`) ?? '13B'];

/** One model in the formula, with its cost at each length. */
export interface Costed {
  readonly name: string;
  readonly look: number;
  readonly size: TransformerSize;
  /** Positions of a segment, and those of them that hold text. */
  readonly segment: number;
  readonly text: number;
  readonly points: readonly ({ readonly segments: number; readonly tokens: number } & FlopsComparison)[];
}

export function FormulaTables({ models }: { readonly models: readonly Costed[] }) {
  return (
    <>
      <TableScroll label="Length from which memory is cheaper">
        <table>
          <caption>
            Lengths in tokens from which full attention costs more. “Memory is cheaper from” includes memory and special
            tokens, which take {figureSegment - 499} of the {figureSegment} positions of a segment in RMT-1M
          </caption>
          <thead>
            <tr>
              <th scope="col">Model</th>
              <NumberHead>Segment</NumberHead>
              <NumberHead>Memory is cheaper from</NumberHead>
              {ratios.map((ratio) => (
                <NumberHead key={ratio}>{ratio} × from</NumberHead>
              ))}
              <NumberHead>At {integer(figureSegments)} segments</NumberHead>
              <NumberHead>in RMT-1M</NumberHead>
            </tr>
          </thead>
          <tbody>
            {models.map(({ name, size, segment, text, points }) => {
              const reported = reportedFor(name);
              const last = points.find(({ segments }) => segments === figureSegments);
              return (
                <tr key={name}>
                  <th scope="row">{name}</th>
                  <td className={tables.number}>{integer(segment)}</td>
                  <td className={tables.number}>{integer(Math.ceil(crossover(size, segment, text)))}</td>
                  {ratios.map((ratio) => (
                    <td key={ratio} className={tables.number}>
                      {integer(Math.ceil(segment * segmentsForRatio(size, ratio, segment)))}
                    </td>
                  ))}
                  <td className={tables.number}>
                    {last && segment === figureSegment ? `${times(last.ratio)} ×` : '–'}
                  </td>
                  <td className={tables.number}>{reported === undefined ? '–' : `${times(reported)} ×`}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableScroll>
      <details>
        <summary>FLOPs at every length as a table</summary>
        <TableScroll label="FLOPs by length">
          <table>
            <thead>
              <tr>
                <th scope="col">Model</th>
                {['Segments', 'Tokens', 'With memory', 'Full attention', 'Full / memory'].map((title) => (
                  <NumberHead key={title}>{title}</NumberHead>
                ))}
              </tr>
            </thead>
            <tbody>
              {models.flatMap(({ name, points }) =>
                points.map(({ segments, tokens, rmt, full, ratio }) => (
                  <tr key={`${name} ${segments}`}>
                    <th scope="row">{name}</th>
                    <td className={tables.number}>{integer(segments)}</td>
                    <td className={tables.number}>{integer(tokens)}</td>
                    <td className={tables.number}>{digits(rmt)}</td>
                    <td className={tables.number}>{digits(full)}</td>
                    <td className={tables.number}>{times(ratio)}</td>
                  </tr>
                )),
              )}
            </tbody>
          </table>
        </TableScroll>
      </details>
    </>
  );
}
