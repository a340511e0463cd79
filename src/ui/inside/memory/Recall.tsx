// Where what is recalled was written: for each segment that asks, the share of every earlier write.
import { useMemo } from 'react';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { Figure } from '../../figure/Figure.tsx';
import { percent } from '../../format.ts';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import typography from '../../styles/typography.module.css';
import { type LayerSeen, rangeName } from './associations-data.ts';

interface RecallProps {
  readonly log: StreamLog;
  readonly segments: readonly LayerSeen[];
  readonly layer: number;
}

/** Shares beyond this are drawn as this: writes that cancel each other can exceed the whole many times. */
const MOST_SHARE = 1.5;

export function Recall({ log, segments, layer }: RecallProps) {
  const asking = useMemo(() => segments.filter(({ shares }) => shares.length > 0), [segments]);
  const columns = segments.length - 1;
  const grid = useMemo(() => {
    const values = new Float32Array(asking.length * Math.max(0, columns)).fill(Number.NaN);
    asking.forEach(({ shares }, row) => {
      values.set(shares.subarray(0, columns), row * columns);
    });
    return { rows: asking.length, columns, values };
  }, [asking, columns]);
  if (asking.length === 0 || columns < 1) return null;
  const written = segments.slice(0, -1).map(({ segment }, i) => rangeName(segment, segments[i + 1]?.segment));
  const rows = asking.map(({ segment }) => String(segment + 1));
  const high = Math.min(
    MOST_SHARE,
    grid.values.reduce((most, value) => (Number.isFinite(value) ? Math.max(most, Math.abs(value)) : most), 0) || 1,
  );
  const position = log.model.answers === 'class' ? '[CLS]' : 'the position before the answer, or the last of the text,';
  const title = `Where layer ${layer + 1} recalls from`;
  return (
    <>
      <h3>{title}</h3>
      <p className={typography.note}>
        What {position} recalls in a segment, split by the segment that wrote it. The split is exact: for the query and
        normaliser at hand, recall is linear in A, and A is the sum of what each segment changed, φ(key) ⊗ β(v − v̄)
        summed over its memory tokens, where v̄ is what was stored under the key. A share is the projection of that part
        onto the whole, so that the shares of a row add up to 100 %. A write that takes something back is negative. What
        a changed memory has from an intervention counts for the segment before it.
      </p>
      <Figure
        title={title}
        data={() =>
          heatmapData({
            subject: streamSubject(log),
            grid,
            rowLabels: rows,
            columnLabels: written,
            rowAxis: 'segment that recalls',
            columnAxis: 'segment that wrote',
            quantity: 'share of what is recalled',
            about: { ...aboutStream(log), layer: layer + 1 },
          })
        }
      >
        <Heatmap
          label={`${title}: share of each earlier segment`}
          grid={grid}
          rowLabels={rows}
          columnLabels={written}
          rowAxis="segment that recalls"
          columnAxis="segment that wrote"
          low={-high}
          high={high}
          palette="diverging"
          dense
          format={percent}
          quantity="Share"
          describe={({ row, column }, value) =>
            Number.isFinite(grid.values[row * columns + column])
              ? `Segment ${rows[row]} recalls ${value} from segment ${written[column]}.`
              : `Segment ${written[column]} comes after segment ${rows[row]}.`
          }
          largestTitle="Largest shares as a table"
        />
      </Figure>
    </>
  );
}
