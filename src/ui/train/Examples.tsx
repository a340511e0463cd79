// A few validation samples with the model's latest answers, to read one by one.

import type { Example } from '../../protocol/index.ts';
import { measureOf, tokenOf } from '../../tasks/measures.ts';
import type { PieceStyle } from '../../text/pieces/spelling.ts';
import { TableScroll } from '../controls/TableScroll.tsx';
import type { FigureData } from '../figure/data.ts';
import { Figure } from '../figure/Figure.tsx';
import { integer, percent } from '../format.ts';
import { usePlayground } from '../playground.tsx';
import { sentence, shownWords } from '../stream/words.ts';
import sections from '../styles/sections.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './Examples.module.css';

const isRight = ({ expected, predicted }: Example) => expected.every((word, i) => word === predicted[i]);
/** The mean over the expected words. */
const meanOf = ({ probabilities }: Example) =>
  probabilities.reduce((sum, probability) => sum + probability, 0) / probabilities.length;

export function Examples() {
  const latest = usePlayground(({ examples }) => examples.latest);
  const config = usePlayground(({ run }) => run.config);
  const pieces = usePlayground(({ run }) => run.model?.pieces);
  if (!latest || !config) return null;
  const { items, progress, segments } = latest;
  const right = items.filter(isRight).length;
  const token = tokenOf(measureOf(config.task), pieces ? 'pieces' : config.unit);
  const isText = items.some(({ expected }) => expected.length > 1);
  const data = (): FigureData => ({
    subject: `${config.task} ${config.model} seed ${config.seed} step ${progress.step}`,
    columns: [
      { name: 'sample' },
      { name: 'prompt' },
      { name: 'expected' },
      { name: 'predicted' },
      { name: 'correct' },
      { name: 'mean probability of the expected answer', unit: '0 to 1' },
    ],
    rows: items.map((item, i) => [
      i + 1,
      sentence(item.prompt, pieces),
      sentence(item.expected, pieces),
      sentence(item.predicted, pieces),
      isRight(item),
      meanOf(item),
    ]),
    about: { configuration: config, step: progress.step, segments, samples: items },
    experiment: { view: 'train', config },
  });
  return (
    <section className={sections.panel} aria-label="Examples">
      <header className={sections.head}>
        <h2>Examples</h2>
        <p className={typography.note}>
          From the validation after step {integer(progress.step)}, {integer(segments)}{' '}
          {segments === 1 ? 'segment' : 'segments'}: {right} of {items.length} correct. These samples are not used in
          training.
        </p>
      </header>
      <Figure title="Examples from validation" data={data}>
        <TableScroll label="Examples">
          <table className={css.examples}>
            <thead>
              <tr>
                <th scope="col">{isText ? 'Prompt' : 'Facts and question'}</th>
                <th scope="col">Expected</th>
                <th scope="col">Answer</th>
                <th
                  scope="col"
                  className={tables.number}
                  title="The probability that the model gives to the expected answer; mean over its words"
                >
                  p of expected
                </th>
              </tr>
            </thead>
            <tbody>
              {items.map((item, i) => (
                <tr key={i}>
                  <td className={css.prompt}>
                    {item.skipped > 0 && '… '}
                    <Prompt item={item} pieces={pieces} />
                  </td>
                  <td>{sentence(item.expected, pieces)}</td>
                  <td>
                    <Predicted item={item} pieces={pieces} />
                  </td>
                  <td className={tables.number}>{percent(meanOf(item))}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
      </Figure>
      {isText && (
        <p className={typography.note}>
          Each {token} of the answer is the most probable one, given the correct ones before it. Wrong {token}s are
          struck out.
        </p>
      )}
    </section>
  );
}

interface ItemProps {
  readonly item: Example;
  readonly pieces: PieceStyle | undefined;
}

function Prompt({ item: { prompt, ids }, pieces }: ItemProps) {
  if (!pieces) return sentence(prompt);
  return shownWords(prompt, pieces).map(({ gap, text }, i) => (
    <span key={i} title={`piece “${prompt[i]}”, id ${ids?.[i]}`}>
      {i > 0 && gap}
      {text}
    </span>
  ));
}

function Predicted({ item, pieces }: ItemProps) {
  const { expected, predicted } = item;
  const right = isRight(item);
  const single = expected.length === 1;
  const shown = shownWords(predicted, pieces);
  return (
    <>
      <span className={right ? css.right : css.wrong}>{right ? '✓' : '✗'}</span>
      <span className={typography.hidden}>{right ? 'correct: ' : 'wrong: '}</span>{' '}
      {predicted.map((word, i) => {
        const wrong = word !== expected[i];
        return (
          <span key={i}>
            {i > 0 && shown[i]?.gap}
            {wrong && !single ? (
              <>
                <span className={typography.hidden}>wrong: </span>
                <s>{shown[i]?.text}</s>
              </>
            ) : (
              shown[i]?.text
            )}
          </span>
        );
      })}
    </>
  );
}
