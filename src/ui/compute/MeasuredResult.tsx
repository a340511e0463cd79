// The measured result: two charts, their conclusions in words, and the numbers.

import { lazy, Suspense, useMemo } from 'react';
import { forwardFlops } from '../../analysis/flops.ts';
import { exponentOf, growthWord } from '../../analysis/growth.ts';
import { layersText } from '../../analysis/layer-shape.ts';
import type { MeasureKind, MeasurePoint } from '../../protocol/index.ts';
import { sentenceOf } from '../../store/error-text.ts';
import type { MeasureResult } from '../../store/slices/measure.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { bytes, count, duration, integer } from '../format.ts';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { useCalm } from '../use-calm.ts';
import { Legend } from './Legend.tsx';
import css from './MeasuredResult.module.css';

const LogLogChart = lazy(() => import('./LogLogChart.tsx'));

export const kindTitles: Readonly<Record<MeasureKind, string>> = {
  rmt: 'segments with memory',
  full: 'full attention',
};
const kinds = ['rmt', 'full'] as const;
const timeOf = ({ milliseconds }: MeasurePoint) => milliseconds.median;
const bytesOf = ({ gpuBytes }: MeasurePoint) => gpuBytes.working;

const power = (k: number) => `as length to the power ${k.toFixed(2)}`;

/** How a quantity grows with length, in words; undefined for a single length. */
function growth(points: readonly MeasurePoint[], value: (point: MeasurePoint) => number): string | undefined {
  const k = exponentOf(points.map((point) => ({ length: point.positions, value: value(point) })));
  if (k === undefined) return undefined;
  const word = growthWord(k);
  if (word === 'flat') return `stay the same (${power(k)})`;
  return word === 'falling' ? `fall ${power(k)}` : `grow ${power(k)}: ${word}`;
}

function Words({ result }: { readonly result: MeasureResult }) {
  const { points, request } = result;
  const of = (kind: MeasureKind) => points.filter((point) => point.kind === kind);
  const { layers, heads, width, inner } = request.shape;
  const size = { layers, heads, width, inner, vocabulary: 0 };
  const flops = exponentOf(
    of('full').map(({ positions }) => ({ length: positions, value: forwardFlops(size, positions) })),
  );
  const both = of('full').flatMap((full) => {
    const rmt = of('rmt').find(({ positions }) => positions === full.positions);
    return rmt ? [{ rmt, full }] : [];
  });
  const last = both.at(-1);
  const k = exponentOf(of('rmt').map((point) => ({ length: point.positions, value: timeOf(point) })));
  const [rmtTime, fullTime] = [growth(of('rmt'), timeOf), growth(of('full'), timeOf)];
  const [rmtBytes, fullBytes] = [growth(of('rmt'), bytesOf), growth(of('full'), bytesOf)];
  return (
    <ul className={css.words}>
      {rmtTime && (
        <li>
          <strong>Segments with memory.</strong> Milliseconds {rmtTime}. The formula gives a power of 1: each segment
          costs the same. GPU bytes {rmtBytes}.
        </li>
      )}
      {fullTime && (
        <li>
          <strong>Full attention.</strong> Milliseconds {fullTime}. The formula gives a power of {flops?.toFixed(2)} at
          these lengths, and approaches 2 as they grow. GPU bytes {fullBytes}: these kernels never store the attention
          matrix.
        </li>
      )}
      {last && (
        <li>
          At {integer(last.full.positions)} positions full attention takes{' '}
          <strong>{count(timeOf(last.full) / timeOf(last.rmt))} times</strong> as long, and{' '}
          <strong>{count(bytesOf(last.full) / bytesOf(last.rmt))} times</strong> the GPU bytes, weights excluded.
        </li>
      )}
      {k !== undefined && k < 0.75 && (
        <li>
          Every segment costs the same, but the time grows more slowly than their number: at these lengths the fixed
          cost of a pass, or noise, outweighs the layers. Measure longer passes, or more of them, to see the growth.
        </li>
      )}
      {result.limits.map(({ kind, positions, reason }) => (
        <li key={kind}>
          <strong>{kindTitles[kind] === 'full attention' ? 'Full attention' : 'Memory'} stops</strong> before{' '}
          {integer(positions)} positions. {sentenceOf(reason)}
        </li>
      ))}
    </ul>
  );
}

export function MeasuredResult({ result: newest }: { readonly result: MeasureResult }) {
  const result = useCalm(newest, 200);
  const { request, points } = result;
  const series = useMemo(() => {
    const lines = (value: (point: MeasurePoint) => number) =>
      kinds.map((kind) => ({
        name: kindTitles[kind],
        look: kind === 'rmt' ? 0 : 1,
        dashed: kind === 'full',
        points: points.filter((point) => point.kind === kind).map((point) => ({ x: point.positions, y: value(point) })),
      }));
    return { time: lines(timeOf), bytes: lines(bytesOf) };
  }, [points]);
  const axes = { xLabel: 'positions (logarithmic)', unit: 'positions' } as const;
  return (
    <>
      <p className={typography.note}>
        {request.shape.kind === 'encoder' ? 'Encoder' : 'Decoder'} of {layersText(request.shape)}, segments of{' '}
        {integer(request.segment)} positions, random weights, one document.
      </p>
      {points.length > 0 && (
        <>
          <Legend models={[]} />
          <Suspense fallback={<p className={sections.placeholder}>Loading the charts …</p>}>
            <div className={layout.two}>
              <LogLogChart
                title="Time"
                detail="of a forward pass, median"
                series={series.time}
                format={duration}
                {...axes}
              />
              <LogLogChart
                title="GPU bytes"
                detail="without the weights: activations, memory, inputs and results"
                series={series.bytes}
                format={bytes}
                {...axes}
              />
            </div>
          </Suspense>
          <Words result={result} />
          <Numbers points={points} lengths={result.lengths} />
        </>
      )}
    </>
  );
}

const timeText = ({ milliseconds: { median, low, high }, runs }: MeasurePoint) => (
  <>
    {duration(median)}
    <br />
    <span className={typography.quiet}>
      {duration(low)}–{duration(high)}, n = {integer(runs)}
    </span>
  </>
);

function Numbers({
  points,
  lengths,
}: {
  readonly points: readonly MeasurePoint[];
  readonly lengths: readonly number[];
}) {
  const at = (kind: MeasureKind, positions: number) =>
    points.find((point) => point.kind === kind && point.positions === positions);
  return (
    <details open>
      <summary>As a table</summary>
      <TableScroll label="Time and bytes by length">
        <table>
          <thead>
            <tr>
              <th scope="col" rowSpan={2} className={tables.number}>
                Positions
              </th>
              <th scope="colgroup" colSpan={4}>
                Segments with memory
              </th>
              <th scope="colgroup" colSpan={4}>
                Full attention
              </th>
              <th scope="col" rowSpan={2} className={tables.number}>
                Time,
                <br />
                full / memory
              </th>
            </tr>
            <tr>
              {kinds.flatMap((kind) =>
                ['Text', 'Time', 'Bytes', 'Weights'].map((title) => (
                  <NumberHead key={`${kind} ${title}`}>{title}</NumberHead>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {lengths.map((positions) => {
              const [rmt, full] = [at('rmt', positions), at('full', positions)];
              if (!rmt && !full) return null;
              return (
                <tr key={positions}>
                  <th scope="row" className={tables.number}>
                    {integer(positions)}
                  </th>
                  {[rmt, full].flatMap((point, i) => [
                    <td key={`${i} text`} className={tables.number}>
                      {point ? integer(point.text) : '–'}
                    </td>,
                    <td key={`${i} time`} className={tables.number}>
                      {point ? timeText(point) : '–'}
                    </td>,
                    <td key={`${i} bytes`} className={tables.number}>
                      {point ? bytes(point.gpuBytes.working) : '–'}
                    </td>,
                    <td key={`${i} weights`} className={tables.number}>
                      {point ? bytes(point.gpuBytes.parameters) : '–'}
                    </td>,
                  ])}
                  <td className={tables.number}>
                    {rmt && full ? `${(timeOf(full) / timeOf(rmt)).toFixed(2)} ×` : '–'}
                  </td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </TableScroll>
      <p className={typography.note}>
        Both read the same number of positions. Memory and special tokens take some positions of each segment; “text” is
        the number that remain for words. With full attention the weights grow with its position embeddings. The
        vocabulary has only 16 words, so that the output layer hardly counts.
      </p>
    </details>
  );
}
