// What the model would answer if it were asked after this segment; and, beside it, with its memory left alone.
import { NumberHead } from '../controls/NumberHead.tsx';
import { percent } from '../format.ts';

interface AnswerProps {
  readonly classes: readonly string[];
  readonly probabilities: Float32Array;
  readonly expected: string;
  /** Without interventions, where there were any. */
  readonly untouched?: Float32Array | undefined;
}

const bestOf = (probabilities: Float32Array) => probabilities.indexOf(Math.max(...probabilities));

export function Answer({ classes, probabilities, expected, untouched }: AnswerProps) {
  const best = bestOf(probabilities);
  const bestUntouched = untouched ? bestOf(untouched) : -1;
  return (
    <>
      <table className="bars">
        <caption className="hidden">Probability of each answer after this segment</caption>
        <thead className={untouched ? '' : 'hidden'}>
          <tr>
            <th scope="col">Answer</th>
            <th scope="col">
              <span className="hidden">Bar</span>
            </th>
            <NumberHead>{untouched ? 'Changed' : 'Probability'}</NumberHead>
            {untouched && <NumberHead>Untouched</NumberHead>}
          </tr>
        </thead>
        <tbody>
          {classes.map((name, i) => (
            <tr key={name} className={i === best ? 'best' : ''}>
              <th scope="row">
                {name}
                {name === expected && <span className="tag expected">expected</span>}
              </th>
              <td className="bar">
                <span style={{ inlineSize: `${100 * (probabilities[i] ?? 0)}%` }} />
                {untouched && <span className="untouched" style={{ inlineSize: `${100 * (untouched[i] ?? 0)}%` }} />}
              </td>
              <td className="number">{percent(probabilities[i] ?? Number.NaN)}</td>
              {untouched && (
                <td className={`number untouched ${i === bestUntouched ? 'most' : ''}`}>
                  {percent(untouched[i] ?? Number.NaN)}
                </td>
              )}
            </tr>
          ))}
        </tbody>
      </table>
      {untouched && (
        <p className="note">Filled bars: with the memory changed. Hollow bars: with the memory left alone.</p>
      )}
    </>
  );
}
