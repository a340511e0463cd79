// ARMT's associative memory: the matrix of a layer after a segment, its rank and size over segments, and where what is
// recalled was written.
import { lazy, Suspense, useMemo, useState } from 'react';
import type { Grid } from '../../../analysis/memory-attention.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { Alert } from '../../controls/Alert.tsx';
import { Field } from '../../controls/Field.tsx';
import { Figure } from '../../figure/Figure.tsx';
import { integer, small } from '../../format.ts';
import { Term } from '../../glossary/Term.tsx';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { useActions, usePlayground } from '../../playground.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import buttons from '../../styles/buttons.module.css';
import controls from '../../styles/controls.module.css';
import layout from '../../styles/layout.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import { rankData, segmentsOf } from './associations-data.ts';
import { Recall } from './Recall.tsx';
import { largestOf } from './values.ts';
import { Writes } from './Writes.tsx';

const RankChart = lazy(() => import('./RankChart.tsx'));

interface AssociationsProps {
  readonly log: StreamLog;
  readonly current: number;
}

/** The associations of a layer after a segment (K, D), without the normaliser; undefined if they are no longer kept. */
function associationsOf(log: StreamLog, segment: number, layer: number): Grid | undefined {
  const { hiddenSize: columns, associationRows: rows = 0 } = log.model;
  const width = columns + 4;
  const part = log.passedOn(segment)?.subarray(layer * rows * width, (layer + 1) * rows * width);
  if (part?.length !== rows * width) return undefined;
  const values = new Float32Array(rows * columns);
  for (let k = 0; k < rows; k++) values.set(part.subarray(k * width, k * width + columns), k * columns);
  return { rows, columns, values };
}

export function Associations({ log, current }: AssociationsProps) {
  const [wanted, setLayer] = useState(0);
  const { layers } = log.model;
  const layer = Math.min(wanted, layers - 1);
  const seen = log.length;
  const grid = useMemo(() => (seen > 0 ? associationsOf(log, current, layer) : undefined), [log, seen, current, layer]);
  const high = largestOf(grid?.values ?? []) || 1;
  const rows = Array.from({ length: grid?.rows ?? 0 }, (_, i) => `feature ${i + 1}`);
  const channels = Array.from({ length: grid?.columns ?? 0 }, (_, i) => String(i + 1));
  return (
    <section className={sections.panel} aria-label="Associations">
      <header className={sections.head}>
        <h2>Associations</h2>
      </header>
      <p className={typography.note}>
        Each layer of ARMT (Rodkin et al. 2024) keeps an <Term id="associative">associative memory</Term>, a matrix A:
        memory tokens write a value under the features φ of a key, and every position recalls φᵀA / (zᵀφ + 10⁻⁵) with
        the features of its query, where z is the normaliser.
      </p>
      <div className={controls.row}>
        <Field label="Layer" help="Every layer has associations of its own.">
          {(ids) => (
            <select {...ids} value={layer} onChange={({ target }) => setLayer(Number(target.value))}>
              {Array.from({ length: layers }, (_, i) => (
                <option key={i} value={i}>
                  {i + 1}
                </option>
              ))}
            </select>
          )}
        </Field>
      </div>
      {grid ? (
        <Figure
          title={`Associations of layer ${layer + 1} after segment ${current + 1}`}
          data={() =>
            heatmapData({
              subject: streamSubject(log),
              grid,
              rowLabels: rows,
              columnLabels: channels,
              rowAxis: 'feature of the key',
              columnAxis: 'channel',
              quantity: 'value',
              about: { ...aboutStream(log), layer: layer + 1, segment: current + 1 },
            })
          }
        >
          <Heatmap
            label={`Associations of layer ${layer + 1} after segment ${current + 1}`}
            grid={grid}
            rowLabels={rows}
            columnLabels={channels}
            rowAxis="feature of the key"
            columnAxis="channel"
            low={-high}
            high={high}
            palette="diverging"
            dense
            format={small}
            quantity="Value"
            describe={({ row, column }, value) => `Feature ${row + 1}, channel ${column + 1}: ${value}.`}
            largestTitle="Largest values as a table"
          />
        </Figure>
      ) : (
        <p className={typography.note}>The associations after this segment are no longer kept. Choose a later one.</p>
      )}
      <Examined log={log} current={current} layer={layer} />
    </section>
  );
}

/** What the job found, and the button that starts it. */
function Examined({ log, current, layer }: AssociationsProps & { readonly layer: number }) {
  const { status, error, found, asked, ...state } = usePlayground(({ associations }) => associations);
  const device = usePlayground((all) => all.device.status);
  const isReading = usePlayground(({ stream }) => stream.status === 'playing');
  const { associations } = useActions();
  const isBusy = status === 'starting' || status === 'reading';
  const isOwn = state.log === log;
  const segments = useMemo(() => (isOwn ? segmentsOf(asked, found, layer) : []), [isOwn, asked, found, layer]);
  return (
    <>
      <p className={layout.actions}>
        <button
          type="button"
          className={buttons.primary}
          disabled={isBusy || isReading || device !== 'ready'}
          onClick={() => void associations.start()}
        >
          Measure rank and recall
        </button>
        {isBusy && (
          <button type="button" onClick={() => associations.stop()}>
            Stop
          </button>
        )}
        {isBusy && isOwn && (
          <span role="status">
            {integer(found.size)} of {integer(asked.length)} segments
          </span>
        )}
      </p>
      <Alert>{status === 'failed' ? error : undefined}</Alert>
      {segments.length > 0 && (
        <>
          <Figure
            title={`Rank and norm of the associations of layer ${layer + 1}`}
            data={() => rankData(log, segments, layer)}
          >
            <Suspense fallback={<p role="status">Opening the chart …</p>}>
              <RankChart segments={segments} />
            </Suspense>
          </Figure>
          <Recall log={log} segments={segments} layer={layer} />
          <Writes segments={segments} current={current} />
        </>
      )}
    </>
  );
}
