// What the memory tokens of the segment on show write: their gates, and the size of key and change.
import { NumberHead } from '../../controls/NumberHead.tsx';
import { TableScroll } from '../../controls/TableScroll.tsx';
import { integer, percent, small } from '../../format.ts';
import tables from '../../styles/tables.module.css';
import type { LayerSeen } from './associations-data.ts';

interface WritesProps {
  readonly segments: readonly LayerSeen[];
  readonly current: number;
}

export function Writes({ segments, current }: WritesProps) {
  const seen = segments.find(({ segment }) => segment === current);
  if (!seen) return null;
  return (
    <details>
      <summary>What each memory token writes in segment {integer(current + 1)}</summary>
      <TableScroll label="Writes of the memory tokens">
        <table>
          <thead>
            <tr>
              <th scope="col">Memory token</th>
              <NumberHead>β, share of the difference written</NumberHead>
              <NumberHead>γ, share of the key that is new</NumberHead>
              <NumberHead>‖φ(key)‖</NumberHead>
              <NumberHead>‖β(v − v̄)‖</NumberHead>
            </tr>
          </thead>
          <tbody>
            {seen.writes.map(({ beta, gamma, key, change }, i) => (
              <tr key={i}>
                <th scope="row">{i + 1}</th>
                <td className={tables.number}>{percent(beta)}</td>
                <td className={tables.number}>{percent(gamma)}</td>
                <td className={tables.number}>{small(key)}</td>
                <td className={tables.number}>{small(change)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </TableScroll>
      <p>
        The answering position recalls a vector of length {small(seen.recalled)}, which is added to a state of length{' '}
        {small(seen.state)}.
      </p>
    </details>
  );
}
