// The model's answer if the document ended after this segment, next to its answer without interventions.

import { classNames } from '../class-names.ts';
import { NumberHead } from '../controls/NumberHead.tsx';
import { percent } from '../format.ts';
import badges from '../styles/badges.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './Answer.module.css';

interface AnswerProps {
  readonly classes: readonly string[];
  readonly probabilities: Float32Array;
  readonly expected: string;
  /** The probabilities without interventions, if there were any. */
  readonly untouched?: Float32Array | undefined;
}

const bestOf = (probabilities: Float32Array) => probabilities.indexOf(Math.max(...probabilities));

export function Answer({ classes, probabilities, expected, untouched }: AnswerProps) {
  const best = bestOf(probabilities);
  const bestUntouched = untouched ? bestOf(untouched) : -1;
  return (
    <>
      <table className={css.bars}>
        <caption className={typography.hidden}>Probability of each answer after this segment</caption>
        <thead className={untouched ? undefined : typography.hidden}>
          <tr>
            <th scope="col">Answer</th>
            <th scope="col">
              <span className={typography.hidden}>Bar</span>
            </th>
            <NumberHead>{untouched ? 'With' : 'Probability'}</NumberHead>
            {untouched && <NumberHead>Without</NumberHead>}
          </tr>
        </thead>
        <tbody>
          {classes.map((name, i) => (
            <tr key={name} className={i === best ? css.best : undefined}>
              <th scope="row">
                {name}
                {name === expected && <span className={classNames(badges.tag, css.expected)}>expected</span>}
              </th>
              <td className={css.bar}>
                <span style={{ inlineSize: `${100 * (probabilities[i] ?? 0)}%` }} />
                {untouched && <span className={css.hollow} style={{ inlineSize: `${100 * (untouched[i] ?? 0)}%` }} />}
              </td>
              <td className={classNames(tables.number, css.share)}>{percent(probabilities[i] ?? Number.NaN)}</td>
              {untouched && (
                <td className={classNames(tables.number, css.share, css.untouched, i === bestUntouched && css.most)}>
                  {percent(untouched[i] ?? Number.NaN)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {untouched && <p className={typography.note}>Filled bars: with the intervention. Outlined bars: without it.</p>}
    </>
  );
}
