// The figures of an attribution: tinted words, the words that count most, and the memories on the way.
import { useMemo } from 'react';
import type { AttributedSegment } from '../../../protocol/index.ts';
import type { Explained } from '../../../store/slices/attribute.ts';
import type { StreamLog } from '../../../store/slices/stream-log.ts';
import { NumberHead } from '../../controls/NumberHead.tsx';
import { TableScroll } from '../../controls/TableScroll.tsx';
import { Figure } from '../../figure/Figure.tsx';
import { integer, percent, small } from '../../format.ts';
import { heatmapData } from '../../heatmap/data.ts';
import { Heatmap } from '../../heatmap/Heatmap.tsx';
import { useActions } from '../../playground.tsx';
import { aboutStream, streamSubject } from '../../stream/data.ts';
import { shownWord } from '../../stream/words.ts';
import tables from '../../styles/tables.module.css';
import typography from '../../styles/typography.module.css';
import { TintedWords } from './TintedWords.tsx';
import css from './Why.module.css';
import { type Objective, shownSegments, topWords, totalOf } from './words.ts';

interface AttributionFiguresProps {
  readonly log: StreamLog;
  readonly current: number;
  readonly objective: Objective;
  readonly explained: Explained;
  readonly segments: readonly AttributedSegment[];
}

/** Segments whose words are shown. */
const mostShown = 64;
const mostTop = 12;

export function AttributionFigures({ log, current, objective, explained, segments: all }: AttributionFiguresProps) {
  const actions = useActions();
  const segments = useMemo(() => [...all].sort((a, b) => a.index - b.index), [all]);
  const top = useMemo(() => topWords(segments, objective, mostTop), [segments, objective]);
  const shown = useMemo(() => shownSegments(segments, objective, mostShown), [segments, objective]);
  const { answer, than, right } = explained;
  const { pieces } = log.model;
  const inText = (word: string) => shownWord(word, pieces);
  const of =
    objective === 'margin'
      ? `the logit of “${inText(answer.word)}” minus that of “${inText(than.word)}”`
      : `the log-probability of “${inText(answer.word)}”`;
  const high = Math.abs(top[0]?.value ?? 0) || 1;
  const about = { ...aboutStream(log), answer: answer.word, than: than.word, objective };
  const words = () => ({
    subject: streamSubject(log),
    columns: [
      { name: 'segment' },
      { name: 'position' },
      { name: 'word' },
      { name: explained.baseline ? 'integrated gradient' : 'gradient times input' },
    ],
    rows: segments.flatMap(({ index, words: texts, [objective]: { words: values } }) =>
      texts.map((word, i) => [index + 1, i + 1, word, values[i]]),
    ),
    about,
  });
  return (
    <>
      <p className={css.found}>
        The model answers “{inText(answer.word)}” with {percent(answer.probability)}, “{inText(than.word)}” with{' '}
        {percent(than.probability)}
        {right === undefined ? '' : right === answer.word ? '; that is right' : `; right would be “${inText(right)}”`}.
      </p>
      <Figure title="Contributions of words" data={words}>
        <ul className={css.key} aria-label="Tints">
          <li>
            <span className={css.tint} data-direction="towards">
              towards
            </span>{' '}
            raises {of}
          </li>
          <li>
            <span className={css.tint} data-direction="against">
              against
            </span>{' '}
            lowers it
          </li>
          <li>full tint: {small(high)}</li>
        </ul>
        <TintedWords
          {...{ objective, high, pieces, current }}
          segments={shown}
          onChoose={(segment) => actions.stream.jump(segment)}
        />
        {shown.length < segments.length && (
          <p className={typography.note}>
            The {integer(shown.length)} segments with the largest contributions, of {integer(segments.length)}. The CSV
            has all.
          </p>
        )}
        <details>
          <summary>Largest contributions as a table</summary>
          <TableScroll label="Largest contributions">
            <table>
              <thead>
                <tr>
                  <th scope="col">Word</th>
                  <NumberHead>Segment</NumberHead>
                  <NumberHead>Contribution</NumberHead>
                </tr>
              </thead>
              <tbody>
                {top.map(({ segment, at, word, value }) => (
                  <tr key={`${segment} ${at}`}>
                    <td>{inText(word)}</td>
                    <td className={tables.number}>{integer(segment + 1)}</td>
                    <td className={tables.number}>{small(value)}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </TableScroll>
        </details>
      </Figure>
      <p className={typography.note}>{balanceOf(segments, objective, explained)}</p>
      <MemoryGradients {...{ log, segments, objective, about, of }} />
    </>
  );
}

/** What the contributions sum to, beside what they explain. */
function balanceOf(
  segments: readonly AttributedSegment[],
  objective: Objective,
  { answer, than, baseline }: Explained,
): string {
  const sum = `The contributions of all words sum to ${small(totalOf(segments, objective))}`;
  const margin = answer.logit - than.logit;
  if (baseline) {
    const special = segments.reduce((total, each) => total + each[objective].special, 0);
    const change = margin - (baseline.answer.logit - baseline.than.logit);
    const both = `${sum}, those of special tokens to ${small(special)}`;
    if (objective !== 'margin') return `${both}.`;
    const isClose = Math.abs(totalOf(segments, objective) + special - change) <= 0.05 * Math.abs(change);
    const advice = isClose ? '' : ' The sums differ: the answer turns between two points. Take more of them.';
    return `${both}; from word embeddings of zero to the document the logit difference changes by ${small(change)}.${advice}`;
  }
  const own = objective === 'margin' ? `; the logit difference is ${small(margin)}` : '';
  return `${sum}${own}. Gradient × input describes small changes of the embeddings: its contributions need not sum to the logit difference or to the log-probability.`;
}

interface MemoryGradientsProps {
  readonly log: StreamLog;
  readonly segments: readonly AttributedSegment[];
  readonly objective: Objective;
  readonly about: Readonly<Record<string, unknown>>;
  readonly of: string;
}

/** The norm of the gradient at each memory that a segment receives. */
function MemoryGradients({ log, segments, objective, about, of }: MemoryGradientsProps) {
  const actions = useActions();
  const parts = segments[0]?.[objective].norms.length ?? 0;
  if (parts === 0) return null;
  const isTokens = parts === log.model.memTokens && log.isMemoryTokens;
  const rowLabels = Array.from({ length: parts }, (_, i) => `${isTokens ? 'mem' : 'layer'} ${i + 1}`);
  const columnLabels = segments.map(({ index }) => String(index + 1));
  const columns = segments.length;
  const values = new Float32Array(parts * columns);
  segments.forEach(({ [objective]: { norms } }, column) => {
    norms.forEach((norm, row) => {
      values[row * columns + column] = norm;
    });
  });
  const grid = { rows: parts, columns, values };
  const high = values.reduce((most, value) => Math.max(most, value), 0);
  const data = () => {
    const map = heatmapData({
      subject: streamSubject(log),
      ...{ grid, rowLabels, columnLabels, about },
      ...{ rowAxis: isTokens ? 'memory token' : 'layer', columnAxis: 'segment', quantity: 'gradient norm' },
    });
    const products = rowLabels.flatMap((_, row) => segments.map(({ [objective]: each }) => each.products[row]));
    return {
      ...map,
      columns: [...map.columns, { name: 'gradient times memory' }],
      rows: map.rows.map((row, i) => [...row, products[i]]),
    };
  };
  return (
    <Figure title="Gradient at each memory" data={data}>
      <p className={typography.note}>
        ‖∂ answer / ∂ memory‖: how strongly {of} depends on{' '}
        {isTokens ? 'each memory token' : 'the memory of each layer'} that a segment receives. Segment 1 receives the
        initial memory.
      </p>
      <Heatmap
        label="Norm of the gradient at each memory, by segment"
        {...{ grid, rowLabels, columnLabels, high }}
        rowAxis={isTokens ? 'Memory token' : 'Layer'}
        columnAxis="Segment"
        low={0}
        format={small}
        describe={({ row, column }, value) =>
          `${rowLabels[row]} before segment ${columnLabels[column]}: gradient norm ${value}`
        }
        largestTitle="Largest gradients as a table"
        quantity="Norm"
        onPick={({ column }) => actions.stream.jump(segments[column]?.index ?? 0)}
      />
    </Figure>
  );
}
