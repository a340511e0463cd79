// The similarity of the memory states after any two segments.
import { memo, useMemo, useState } from 'react';
import type { Grid } from '../../analysis/memory-attention.ts';
import type { SimilarityMeasure } from '../../analysis/similarity.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { classNames } from '../class-names.ts';
import { Field } from '../controls/Field.tsx';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { Figure } from '../figure/Figure.tsx';
import { bytes } from '../format.ts';
import { heatmapData } from '../heatmap/data.ts';
import type { Cell } from '../heatmap/geometry.ts';
import { Heatmap } from '../heatmap/Heatmap.tsx';
import controls from '../styles/controls.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { aboutStream, streamSubject } from './data.ts';

interface SimilarityMapProps {
  readonly log: StreamLog;
  /** The number of segments kept so far: the map is rebuilt when it grows. */
  readonly kept: number;
  onJump(segment: number): void;
}

const twoDigits = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '–');

export const SimilarityMap = memo(function SimilarityMap({ log, kept, onJump }: SimilarityMapProps) {
  const [wanted, setMeasure] = useState<SimilarityMeasure>('flat');
  const { similarity, isMemoryTokens } = log;
  // The mean is meaningful for memory tokens only, not for caches or associations.
  const measure = isMemoryTokens ? wanted : 'flat';
  const { grid, low } = useMemo(() => {
    const values = new Float32Array(kept * kept);
    let least = 1;
    for (let i = 0; i < kept; i++)
      for (let j = 0; j < kept; j++) {
        const cosine = similarity.at(measure, i, j);
        values[i * kept + j] = cosine;
        if (cosine < least) least = cosine;
      }
    const square: Grid = { rows: kept, columns: kept, values };
    return { grid: square, low: Math.max(-1, Math.min(0.9, Math.floor(least * 10) / 10)) };
  }, [similarity, measure, kept]);
  const labels = similarity.kept.map((segment) => String(segment + 1));
  return (
    <>
      {isMemoryTokens && (
        <div className={classNames(controls.row, controls.tight)}>
          <Field
            label="Compare"
            help="The cosine of the angle between two memory states: 1 means the same direction, 0 unrelated. Computed over all memory tokens concatenated, or over their mean."
          >
            {(ids) => (
              <select
                {...ids}
                value={measure}
                onChange={({ target }) => setMeasure(target.value === 'mean' ? 'mean' : 'flat')}
              >
                <option value="flat">All memory tokens</option>
                <option value="mean">Mean of memory tokens</option>
              </select>
            )}
          </Field>
        </div>
      )}
      {kept < 2 ? (
        <p className={typography.note}>The map appears once two segments have been read.</p>
      ) : (
        <Figure
          title="Similarity of memory states"
          data={() =>
            heatmapData({
              subject: streamSubject(log),
              grid,
              rowLabels: labels,
              columnLabels: labels,
              rowAxis: 'segment',
              columnAxis: 'segment',
              quantity: 'cosine similarity',
              about: {
                ...aboutStream(log),
                compared: measure === 'mean' ? 'mean of memory tokens' : 'the whole memory state',
              },
            })
          }
        >
          <Heatmap
            label="Cosine similarity between the memory states after any two segments"
            grid={grid}
            rowLabels={labels}
            columnLabels={labels}
            rowAxis="segment"
            columnAxis="segment"
            low={low}
            high={1}
            format={twoDigits}
            describe={({ row, column }, value) =>
              `After segments ${labels[row]} and ${labels[column]}: cosine ${value}.`
            }
            square
            largestTitle=""
            onPick={({ column }: Cell) => {
              const segment = similarity.kept[column];
              if (segment !== undefined) onJump(segment);
            }}
          />
        </Figure>
      )}
      {similarity.stride > 1 && (
        <p className={typography.note}>
          1 in {similarity.stride} segments is compared: at most {similarity.limit} memory states and at most{' '}
          {bytes(similarity.budget)} are kept.
        </p>
      )}
      {kept >= 2 && (
        <details>
          <summary>Similarity to the first and the last segment as a table</summary>
          <SimilarityTable log={log} kept={kept} measure={measure} />
        </details>
      )}
    </>
  );
});

function SimilarityTable({
  log,
  kept,
  measure,
}: {
  readonly log: StreamLog;
  readonly kept: number;
  readonly measure: SimilarityMeasure;
}) {
  const { similarity } = log;
  const every = Math.ceil(kept / 32);
  const rows = Array.from({ length: kept }, (_, i) => i).filter((i) => i % every === 0 || i === kept - 1);
  return (
    <TableScroll label="Similarity">
      <table>
        <thead>
          <tr>
            <NumberHead>After segment</NumberHead>
            <NumberHead>to the first</NumberHead>
            <NumberHead>to the last</NumberHead>
          </tr>
        </thead>
        <tbody>
          {rows.map((i) => (
            <tr key={i}>
              <td className={tables.number}>{(similarity.kept[i] ?? 0) + 1}</td>
              <td className={tables.number}>{twoDigits(similarity.at(measure, i, 0))}</td>
              <td className={tables.number}>{twoDigits(similarity.at(measure, i, kept - 1))}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </TableScroll>
  );
}
