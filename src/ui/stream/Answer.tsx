// What the model would answer if it were asked after this segment.
import { percent } from '../format.ts';

interface AnswerProps {
  readonly classes: readonly string[];
  readonly probabilities: Float32Array;
  readonly expected: string;
}

export function Answer({ classes, probabilities, expected }: AnswerProps) {
  const best = probabilities.indexOf(Math.max(...probabilities));
  return (
    <table className="bars">
      <caption className="hidden">Probability of each answer after this segment</caption>
      <thead className="hidden">
        <tr>
          <th scope="col">Answer</th>
          <th scope="col">Bar</th>
          <th scope="col">Probability</th>
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
            </td>
            <td className="number">{percent(probabilities[i] ?? Number.NaN)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
