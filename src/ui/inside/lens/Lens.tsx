// Lens: what the model would answer if its head read the states of an earlier layer.
import { useMemo } from 'react';
import { Alert } from '../../controls/Alert.tsx';
import { Figure } from '../../figure/Figure.tsx';
import { integer, percent } from '../../format.ts';
import { Term } from '../../glossary/Term.tsx';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { useActions, usePlayground } from '../../playground.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import buttons from '../../styles/buttons.module.css';
import layout from '../../styles/layout.module.css';
import sections from '../../styles/sections.module.css';
import typography from '../../styles/typography.module.css';
import type { SectionProps } from '../section.ts';
import { columnNames, columnsOf, layerNames, rightGrid } from './lens-data.ts';
import { SegmentLens } from './SegmentLens.tsx';

export default function Lens({ log, current }: SectionProps) {
  const { status, error, found, asked, ...state } = usePlayground(({ lens }) => lens);
  const device = usePlayground((all) => all.device.status);
  const isReading = usePlayground(({ stream }) => stream.status === 'playing');
  const { lens, stream } = useActions();
  const isBusy = status === 'starting' || status === 'reading';
  const isOwn = state.log === log;
  const columns = useMemo(() => (isOwn ? columnsOf(asked, found) : []), [isOwn, asked, found]);
  const grid = useMemo(() => rightGrid(columns), [columns]);
  const names = columnNames(columns);
  const layers = layerNames(log.model.layers);
  const isPerWord = columns.some(({ word }) => word !== undefined);
  const isClass = log.model.answers === 'class';
  const title = 'Probability of the right answer by layer';
  return (
    <section className={sections.panel} aria-label="Logit lens">
      <header className={sections.head}>
        <h2>Logit lens</h2>
      </header>
      <p className={typography.note}>
        The head reads the output of the last layer. The <Term id="logitLens">logit lens</Term> lets it read the output
        of every layer instead:{' '}
        {isClass ? 'pooler and classifier at [CLS] after each segment' : readBy(log.measure === 'every word')}. An
        approximation: the head was trained for the last layer only, and what an earlier layer holds in another form
        looks undecided through it. The last row is the model’s own answer.
      </p>
      <p className={layout.actions}>
        <button
          type="button"
          className={buttons.primary}
          disabled={isBusy || isReading || device !== 'ready'}
          onClick={() => void lens.start()}
        >
          {columns.length > 0 && !isBusy ? 'Look again' : 'Look through the lens'}
        </button>
        {isBusy && (
          <button type="button" onClick={() => lens.stop()}>
            Stop
          </button>
        )}
        {isBusy && (
          <span role="status">
            {status === 'starting'
              ? 'Preparing the GPU and the model …'
              : `${integer(found.size)} of ${integer(asked.length)} segments`}
          </span>
        )}
      </p>
      <Alert>{status === 'failed' ? error : undefined}</Alert>
      {!isBusy && isOwn && found.size > 0 && columns.length === 0 && (
        <p className={typography.note}>None of these segments has a word to predict.</p>
      )}
      {columns.length > 0 && (
        <>
          <Figure
            title={title}
            data={() => ({
              ...heatmapData({
                subject: streamSubject(log),
                grid,
                rowLabels: layers,
                columnLabels: names,
                rowAxis: 'layer',
                columnAxis: isPerWord ? 'word' : 'segment',
                quantity: 'probability of the right answer',
                unit: '0 to 1',
                about: { ...aboutStream(log), columns },
              }),
            })}
          >
            <Heatmap
              label={title}
              grid={grid}
              rowLabels={layers}
              columnLabels={names}
              rowAxis="layer whose output the head reads"
              columnAxis={isPerWord ? 'word of the answer' : 'segment'}
              low={0}
              high={1}
              dense
              format={percent}
              quantity="Probability"
              describe={({ row, column }, value) => describe(columns[column], layers[row] ?? '', row, value)}
              largestTitle="Largest probabilities as a table"
              onPick={({ column }) => {
                const picked = columns[column];
                if (picked) stream.jump(picked.segment);
              }}
            />
          </Figure>
          <SegmentLens
            columns={columns.filter(({ segment }) => segment === current)}
            layers={layers}
            current={current}
          />
        </>
      )}
    </section>
  );
}

/** What the head of a decoder reads. */
function readBy(isEveryWord: boolean): string {
  return isEveryWord
    ? 'final layer norm and output embedding at every word, as the mean over a segment'
    : 'final layer norm, if the model has one, and output embedding at the positions that predict the answer';
}

function describe(
  column: ReturnType<typeof columnsOf>[number] | undefined,
  layer: string,
  row: number,
  value: string,
): string {
  if (!column) return '';
  const where = `Segment ${column.segment + 1}${column.word === undefined ? '' : `, “${column.word}”`}, ${layer}`;
  const top = column.top?.[row];
  return top
    ? `${where}: right answer ${value}; most likely “${top.answer}” (${percent(top.probability)}).`
    : `${where}: ${value} on average over ${integer(column.count)} words; ${percent(column.hits[row] ?? 0)} have the right word as the most likely.`;
}
