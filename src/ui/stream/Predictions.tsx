// The predictions of a generative model at each word: in figures, and as a table.

import type { ScoredWord } from '../../store/slices/stream-log.ts';
import type { Measure } from '../../tasks/measures.ts';
import type { PieceStyle } from '../../text/pieces/spelling.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { TableScroll } from '../controls/TableScroll.tsx';
import { integer, percent, small } from '../format.ts';
import lists from '../styles/lists.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import { shownWord } from './words.ts';

const most = 200;

interface PredictionsProps {
  readonly scored: readonly ScoredWord[];
  readonly measure: Measure;
  /** What is predicted: a word, or a unit of a text. */
  readonly token: string;
  readonly pieces: PieceStyle | undefined;
}

export function Predictions({ scored, measure, token, pieces }: PredictionsProps) {
  const of = measure === 'every word' ? `${token}s` : 'words of the answer';
  if (scored.length === 0)
    return (
      <p className={typography.note}>
        {measure === 'every word'
          ? `There is no prediction before the first ${token}.`
          : 'This segment contains no word of the answer, so no prediction is scored here.'}
      </p>
    );
  const right = scored.filter((each) => each.right).length;
  const nats = scored.reduce((sum, { guess }) => sum - Math.log(Math.max(guess.probability, 1e-30)), 0) / scored.length;
  return (
    <>
      <dl className={lists.figures}>
        <div>
          <dt>Predicted correctly</dt>
          <dd>
            {integer(right)} of {integer(scored.length)} {of}
          </dd>
        </div>
        <div>
          <dt title={`Mean cross-entropy of these ${token}s`}>Loss</dt>
          <dd>
            {small(nats)} nats per {token}
          </dd>
        </div>
      </dl>
      <details>
        <summary>Predictions as a table</summary>
        <TableScroll label="Predictions">
          <table>
            <thead>
              <tr>
                <NumberHead>Position</NumberHead>
                <th scope="col">{token.replace(/^./, (first) => first.toUpperCase())}</th>
                <th scope="col">Prediction</th>
                <th scope="col">Correct</th>
                <NumberHead>Probability of the {token}</NumberHead>
              </tr>
            </thead>
            <tbody>
              {scored.slice(0, most).map(({ at, word, guess, right: isRight }) => (
                <tr key={at}>
                  <td className={tables.number}>{at + 1}</td>
                  <td>{shownWord(word, pieces)}</td>
                  <td>{shownWord(guess.word, pieces)}</td>
                  <td>{isRight ? '✓ yes' : '✗ no'}</td>
                  <td className={tables.number}>{percent(guess.probability)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </TableScroll>
        {scored.length > most && <p className={typography.note}>Only the first {most} are shown.</p>}
      </details>
    </>
  );
}
