// A map of effects: how far each patch moves the answer towards that of the other document.
import { useMemo, useState } from 'react';
import type { EffectMap as Effects } from '../../../store/slices/patch.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { Figure } from '../../figure/Figure.tsx';
import { integer, percent, small } from '../../format.ts';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import { sentence, shownWord } from '../../stream/words.ts';
import typography from '../../styles/typography.module.css';
import { effectOf, layOut } from './effects.ts';
import css from './Why.module.css';

const titles = {
  memory: 'Effect of memory',
  heads: 'Effect of heads',
  hidden: 'Effect of hidden states',
} as const;

export function EffectMap({ log, map }: { readonly log: StreamLog; readonly map: Effects }) {
  const [picked, setPicked] = useState<{ readonly row: number; readonly column: number } | undefined>();
  const laidOut = useMemo(() => layOut(log, map), [log, map]);
  const { grid, rowLabels, columnLabels, rowAxis, columnAxis } = laidOut;
  const { settings, reading } = map;
  const { answer, than, other, differs, texts } = reading;
  const { pieces } = log.model;
  const inText = (word: string) => `“${shownWord(word, pieces)}”`;
  const [low, high] = useMemo(() => {
    const ends = differs ? [0, 1] : [0, 0];
    for (const value of grid.values)
      if (Number.isFinite(value)) {
        ends[0] = Math.min(ends[0] ?? 0, value);
        ends[1] = Math.max(ends[1] ?? 0, value);
      }
    return ends as [number, number];
  }, [grid, differs]);
  const format = differs ? percent : small;
  const title = titles[settings.sweep.kind];
  const at = (values: Float32Array, row: number, column: number) => values[laidOut.indexOf(row, column)] ?? Number.NaN;
  const cell = picked && picked.row < grid.rows && picked.column < grid.columns ? picked : undefined;
  const data = () => {
    const about = { ...aboutStream(log), patch: settings, answer: answer.word, than: than.word };
    const table = heatmapData({
      subject: streamSubject(log),
      ...{ grid, rowLabels, columnLabels, about },
      rowAxis: rowAxis.toLowerCase(),
      columnAxis: columnAxis.toLowerCase(),
      quantity: differs ? 'effect' : 'change of the logit difference',
    });
    const more = ['logit difference', 'probability of the answer', 'probability of the other answer'];
    return {
      ...table,
      columns: [...table.columns, ...more.map((name) => ({ name }))],
      rows: table.rows.map((row, i) => {
        const [r, c] = [Math.floor(i / grid.columns), i % grid.columns];
        return [...row, ...[map.margins, map.answer, map.than].map((values) => at(values, r, c))];
      }),
    };
  };
  return (
    <>
      <p className={css.found}>
        This document: {inText(answer.word)} {percent(answer.probability)}, {inText(than.word)}{' '}
        {percent(than.probability)}. The other document: {inText(other.own)}, with {inText(answer.word)}{' '}
        {percent(other.answer.probability)}, {inText(than.word)} {percent(other.than.probability)}.
        {!differs && ' Both have the same answer, so the map shows changes of the logit difference.'}
      </p>
      {texts.length > 0 && (
        <details>
          <summary>
            {texts.length === 1 ? 'The segment that differs' : `${integer(texts.length)} segments that differ`}
          </summary>
          <ul>
            {texts.map(({ index, own, other: theirs }) => (
              <li key={index}>
                Segment {integer(index + 1)}: “{sentence(own.words, pieces)}” and “{sentence(theirs.words, pieces)}”
              </li>
            ))}
          </ul>
        </details>
      )}
      <Figure title={title} data={data}>
        <p className={typography.note}>
          {differs
            ? `0 %: the answer does not move. 100 %: the logit of ${inText(answer.word)} minus that of ${inText(than.word)} is that of the other document.`
            : `The change of the logit of ${inText(answer.word)} minus that of ${inText(than.word)}.`}
        </p>
        <Heatmap
          label={`${title} on the answer`}
          {...{ grid, rowLabels, columnLabels, rowAxis, columnAxis, low, high, format }}
          describe={({ row, column }, value) => `${laidOut.describe(row, column)}: ${value}`}
          largestTitle="Largest effects as a table"
          quantity="Effect"
          onPick={setPicked}
        />
      </Figure>
      <p role="status" className={css.found}>
        {cell
          ? `${laidOut.describe(cell.row, cell.column)}: ${inText(answer.word)} ${percent(at(map.answer, cell.row, cell.column))}, ${inText(than.word)} ${percent(at(map.than, cell.row, cell.column))}; effect ${format(effectOf(map, at(map.margins, cell.row, cell.column)))}.`
          : 'Choose a cell for the probabilities under that patch.'}
      </p>
    </>
  );
}
