// The bench's results: one row per case, the details of a case, and its time by kernel.

import { type BenchShape, type BenchShapeName, benchShapes, positionsOf } from '../../analysis/segment-flops.ts';
import type { BenchRow, KernelRow } from '../../protocol/index.ts';
import { sentenceOf } from '../../store/error-text.ts';
import type { BenchResult } from '../../store/slices/bench.ts';
import { classNames } from '../class-names.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { bytes, count, duration, integer, percent, small } from '../format.ts';
import lists from '../styles/lists.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './BenchTables.module.css';
import { kernelsData } from './data.ts';

export const modeTitles = { forward: 'forward', train: 'training step' } as const;

/** 2 layers, width 64, 4 heads, 32 × 32 positions */
export function shapeText(name: BenchShapeName): string {
  const shape: BenchShape = benchShapes[name];
  return `${shape.title}, ${shape.heads} heads, ${shape.batch} × ${positionsOf(shape)} positions`;
}

const total = (numbers: Readonly<Record<string, number>>) => Object.values(numbers).reduce((sum, n) => sum + n, 0);

export function BenchTable({ result }: { readonly result: BenchResult }) {
  return (
    <TableScroll label="Time, rate and bytes of each case">
      <table>
        <thead>
          <tr>
            <th scope="col">Shape</th>
            <th scope="col">Mode</th>
            <NumberHead>Time</NumberHead>
            <NumberHead>GFLOP/s</NumberHead>
            <NumberHead>of product peak</NumberHead>
            <NumberHead>GB/s</NumberHead>
            <NumberHead>of copy peak</NumberHead>
            <NumberHead>Dispatches</NumberHead>
            <NumberHead>per layer</NumberHead>
            <NumberHead>GPU bytes</NumberHead>
          </tr>
        </thead>
        <tbody>
          {result.rows.map((row) => (
            <Row key={`${row.shape} ${row.mode}`} row={row} />
          ))}
          {result.refused.map(({ shape, mode, reason }) => (
            <tr key={`${shape} ${mode}`}>
              <th scope="row">{shape}</th>
              <td>{modeTitles[mode]}</td>
              <td colSpan={8}>Not measured. {sentenceOf(reason)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}

function Row({ row }: { readonly row: BenchRow }) {
  const { milliseconds: ms, perLayer, mode } = row;
  return (
    <tr>
      <th scope="row" title={shapeText(row.shape)}>
        {row.shape}
      </th>
      <td>{modeTitles[mode]}</td>
      <td className={tables.number}>
        {duration(ms.median)}{' '}
        <span className={typography.quiet}>
          ({duration(ms.low)}–{duration(ms.high)}, n = {integer(row.runs)})
        </span>
      </td>
      <td className={tables.number}>{count(row.gflops)}</td>
      <td className={tables.number}>{percent(row.peakShare)}</td>
      <td className={tables.number}>{small(row.gigabytesPerSecond)}</td>
      <td className={tables.number}>{percent(row.copyShare)}</td>
      <td className={tables.number}>{integer(total(row.dispatches))}</td>
      <td className={tables.number}>
        {perLayer.forward}
        {mode === 'train' && ` + ${perLayer.backward}`}
      </td>
      <td className={tables.number}>{bytes(row.gpuBytes.total)}</td>
    </tr>
  );
}

/** The figures of one case in detail. */
export function BenchDetails({ row }: { readonly row: BenchRow }) {
  const { gpuBytes } = row;
  const sections = Object.entries(row.dispatches).map(([section, n]) => `${section} ${integer(n)}`);
  return (
    <details>
      <summary>
        {row.shape}, {modeTitles[row.mode]}: details
      </summary>
      <dl className={lists.facts}>
        <dt>Model</dt>
        <dd>{shapeText(row.shape)}</dd>
        <dt>Run</dt>
        <dd>
          {row.segmentsPerRun === 1 ? 'one segment' : `a document of ${row.segmentsPerRun} segments`},{' '}
          {integer(row.runs)} timed after two warm-up runs
        </dd>
        <dt>FLOPs per segment</dt>
        <dd>{count(row.flops)}</dd>
        <dt>Bytes bound per segment</dt>
        <dd>{bytes(row.bytesMoved)}</dd>
        <dt>Dispatches</dt>
        <dd>{sections.join(', ')}</dd>
        <dt>Cold start</dt>
        <dd>
          {integer(row.start.pipelines)} kernels compiled, {duration(row.start.preparing)} until it could run; first run{' '}
          {duration(row.start.firstRun)}
        </dd>
        <dt>GPU bytes</dt>
        <dd>
          {bytes(gpuBytes.parameters)} parameters
          {gpuBytes.training > 0 && `, ${bytes(gpuBytes.training)} gradients and moments`},{' '}
          {bytes(gpuBytes.activations)} activations; {bytes(gpuBytes.total)} with inputs and results
        </dd>
      </dl>
      {row.kernels && (
        <Figure title={`Time by kernel, ${row.shape} ${modeTitles[row.mode]}`} data={() => kernelsData(row)}>
          <KernelTable kernels={row.kernels} />
        </Figure>
      )}
    </details>
  );
}

function KernelTable({ kernels }: { readonly kernels: readonly KernelRow[] }) {
  const all = kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  return (
    <TableScroll label="Time by kernel">
      <table className={css.kernels}>
        <caption>
          Time between timestamps around every dispatch; each kernel with its parameters, for one segment
        </caption>
        <thead>
          <tr>
            <th scope="col">Kernel</th>
            <th scope="col">Section</th>
            <NumberHead>×</NumberHead>
            <NumberHead>Time</NumberHead>
            <NumberHead>Share</NumberHead>
            <th scope="col">Parameters</th>
          </tr>
        </thead>
        <tbody>
          {kernels.map(({ kernel, section, params, dispatches, milliseconds }) => {
            const values = Object.entries(params).map(([name, value]) => `${name}=${value}`);
            return (
              <tr key={`${kernel} ${section} ${values}`}>
                <th scope="row">{kernel}</th>
                <td>{section}</td>
                <td className={tables.number}>{count(dispatches)}</td>
                <td className={tables.number}>{duration(milliseconds)}</td>
                <td className={classNames(tables.number, css.share)}>
                  {percent(milliseconds / all)}
                  <span style={{ inlineSize: `${(100 * milliseconds) / all}%` }} />
                </td>
                <td className={typography.quiet}>{values.join(' ')}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </TableScroll>
  );
}
