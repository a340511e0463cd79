// A teaching diagram: the associative memory of ARMT in one layer, written by memory tokens and read by every position.
import { integer } from '../format.ts';
import css from './Diagram.module.css';
import { Arrow, Diagram, Label } from './Diagram.tsx';

export interface AssociativeNumbers {
  readonly tokens: number;
  /** Rows of the matrix: features of a key. */
  readonly features: number;
  /** Columns of the matrix: numbers of a value. */
  readonly width: number;
  readonly layers: number;
}

/** What the diagram shows, in words. */
export const associativeInWords = ({ tokens, features, width, layers }: AssociativeNumbers): string =>
  `Each of the ${integer(layers)} layers has a matrix A of ${integer(features)} × ${integer(width)} numbers. At the end of a segment each of the ${integer(tokens)} memory tokens writes a pair into it: what A returned for its key is replaced by the new value (the delta rule), by a share β that the token sets. In the next segment every position reads A with a query of its own before the layer attends. The matrices pass on; the memory tokens are the same at the beginning of every segment.`;

const height = 236;

export function Associative({ numbers }: { readonly numbers: AssociativeNumbers }) {
  const { tokens, features, width } = numbers;
  const data = () => ({
    subject: `${features} x ${width}`,
    columns: [{ name: 'step' }, { name: 'formula' }, { name: 'by' }],
    rows: [
      ['read', 'A·φ(q) / (z·φ(q))', 'every position'],
      ['write', 'A += β (v − A·φ(k)) φ(k)ᵀ', 'memory tokens'],
    ],
    about: { ...numbers },
  });
  return (
    <Diagram
      title="An associative memory"
      inWords={associativeInWords(numbers)}
      height={height}
      data={data}
      draw={(available) => {
        const isNarrow = available < 560;
        const cell = isNarrow ? 12 : 17;
        const [rows, columns] = [7, isNarrow ? 4 : 6];
        const left = available / 2 - (columns * cell) / 2;
        const top = 52;
        const right = left + columns * cell;
        const middle = top + (rows * cell) / 2;
        const box = isNarrow ? 98 : 150;
        const [from, to] = [4, available - 4 - box];
        return (
          <>
            <Label x={available / 2} y={18} tone="memory">
              matrix A
            </Label>
            <Label x={available / 2} y={38} tone="soft">
              {integer(features)} × {integer(width)}
            </Label>
            {Array.from({ length: rows * columns }, (_, i) => (
              <rect
                key={i}
                x={left + (i % columns) * cell}
                y={top + Math.floor(i / columns) * cell}
                width={cell - 2}
                height={cell - 2}
                rx={2}
                className={css.cell}
                // Any pattern: the matrix holds many pairs at once.
                data-part={(i * 7 + Math.floor(i / columns) * 3) % 5 < 2 ? 'memory' : 'output'}
              />
            ))}
            <rect x={from} y={middle - 32} width={box} height={64} rx={8} className={css.box} />
            <Label x={from + box / 2} y={middle - 4} tone="strong">
              {integer(tokens)} memory
            </Label>
            <Label x={from + box / 2} y={middle + 16} tone="strong">
              tokens
            </Label>
            <Arrow
              kind="forward"
              path={`M${from + box + 4},${middle} H${left - 14}`}
              at={[left - 6, middle]}
              angle={0}
            />
            <Label x={(from + box + left) / 2} y={middle - 10} tone="memory">
              write
            </Label>
            <rect x={to} y={middle - 32} width={box} height={64} rx={8} className={css.box} />
            <Label x={to + box / 2} y={middle - 4} tone="strong">
              {isNarrow ? 'positions' : 'every position'}
            </Label>
            <Label x={to + box / 2} y={middle + 16} tone="soft">
              next segment
            </Label>
            <Arrow kind="forward" path={`M${right + 4},${middle} H${to - 12}`} at={[to - 4, middle]} angle={0} />
            <Label x={(right + to) / 2} y={middle - 10} tone="memory">
              read
            </Label>
            <Label x={4} y={height - 34} anchor="start" tone="soft">
              write: A += β (v − A φ(k)) φ(k)ᵀ
            </Label>
            <Label x={4} y={height - 12} anchor="start" tone="soft">
              read: A φ(q) / zᵀφ(q)
            </Label>
          </>
        );
      }}
    />
  );
}
