// A teaching diagram: the recurrence unrolled, memory forward, and the gradient of a loss back through k segments.
import { integer } from '../format.ts';
import css from './Diagram.module.css';
import { Arrow, Diagram, Label } from './Diagram.tsx';
import type { TrainingNumbers } from './numbers.ts';

const height = 236;
const rows = { title: 60, box: 72, boxHeight: 56, back: 176, names: 214 } as const;

/** The segments that have a column, by number from 1; undefined stands for those left out. */
export function columnsOf(segments: number, most: number): readonly (number | undefined)[] {
  if (segments <= most) return Array.from({ length: segments }, (_, i) => i + 1);
  return [1, undefined, ...Array.from({ length: most - 2 }, (_, i) => segments - (most - 2) + i + 1)];
}

/** Whether the gradient of the last segment’s loss passes the border before a segment (from 1). */
export const passes = (before: number, { segments, depth }: Pick<TrainingNumbers, 'segments' | 'depth'>): boolean =>
  before > 1 && (depth === undefined || segments - before < depth);

/** What the diagram shows, in words. */
export function bpttInWords({ tokens, segments, depth }: TrainingNumbers): string {
  const forward = `${integer(segments)} segments in a row, read by the same weights. Forward: ${integer(tokens)} memory tokens pass from each segment to the next, and the loss is computed after segment ${integer(segments)}.`;
  const reach = depth === undefined ? segments - 1 : Math.min(depth, segments - 1);
  if (segments === 1) return `${forward} With a single segment nothing passes through memory.`;
  if (reach === 0)
    return `${forward} Backward: with a depth of 0 the gradient stays in segment ${integer(segments)}, and nothing teaches the earlier segments what to write.`;
  const through = `Backward: the gradient of the loss passes through the memory into segment${reach === 1 ? '' : 's'} ${integer(segments - reach)}${reach === 1 ? '' : ` to ${integer(segments - 1)}`}`;
  const stop =
    reach < segments - 1
      ? `; it is cut before segment ${integer(segments - reach)}, since the depth k is ${integer(reach)}`
      : ', back to the first';
  return `${forward} ${through}${stop}. The gradients of all these segments add up, because their weights are the same.`;
}

export function Bptt({ numbers }: { readonly numbers: TrainingNumbers }) {
  const { tokens, segments, depth } = numbers;
  const data = () => ({
    subject: `${segments} segments depth ${depth ?? 'all'}`,
    columns: [
      { name: 'from segment' },
      { name: 'to segment' },
      { name: 'memory passes forward' },
      { name: 'gradient passes back' },
    ],
    rows: Array.from({ length: Math.max(0, segments - 1) }, (_, i) => [i + 1, i + 2, true, passes(i + 2, numbers)]),
    about: { ...numbers },
  });
  return (
    <Diagram
      title="Backpropagation through time"
      inWords={bpttInWords(numbers)}
      height={height}
      data={data}
      draw={(available) => {
        const columns = columnsOf(segments, available < 560 ? 4 : 7);
        const room = available - 70;
        const step = Math.min(250, room / columns.length);
        const gap = Math.min(64, 0.34 * step);
        const size = step - gap;
        const left = (column: number) => 4 + column * step;
        const middle = rows.box + rows.boxHeight / 2;
        const end = left(columns.length - 1) + size;
        const loss = end + gap + 18;
        return (
          <>
            <Label x={4} y={16} anchor="start" tone="memory">
              → memory, m = {integer(tokens)}
            </Label>
            <Label x={4} y={36} anchor="start" tone="gradient">
              ⇠ gradient, k = {depth === undefined ? 'all segments' : integer(depth)}
            </Label>
            {columns.map((number, column) => (
              <Column
                key={column}
                number={number}
                x={left(column)}
                size={size}
                step={step}
                next={
                  column === columns.length - 1 ? undefined : (columns[column + 1] ?? (columns[column + 2] ?? 0) - 1)
                }
                isReached={number === undefined || number === segments || passes(number + 1, numbers)}
                numbers={numbers}
              />
            ))}
            <Arrow kind="plain" path={`M${end},${middle} H${loss - 26}`} at={[loss - 19, middle]} angle={0} />
            <circle cx={loss} cy={middle} r={18} className={css.loss} />
            <Label x={loss} y={middle + 4} tone="strong">
              loss
            </Label>
            <Arrow
              kind="backward"
              path={`M${loss},${middle + 20} V${rows.back - 8} Q${loss},${rows.back} ${loss - 8},${rows.back} H${end - size / 2 + 8} Q${end - size / 2},${rows.back} ${end - size / 2},${rows.back - 8} V${rows.box + rows.boxHeight + 9}`}
              at={[end - size / 2, rows.box + rows.boxHeight + 2]}
              angle={-90}
            />
            <Label x={4} y={rows.names + 12} anchor="start" tone="soft">
              Same weights in every segment: their gradients add up.
            </Label>
          </>
        );
      }}
    />
  );
}

interface ColumnProps {
  /** Undefined stands for segments left out. */
  readonly number: number | undefined;
  readonly x: number;
  readonly size: number;
  readonly step: number;
  /** The segment after the border on its right. */
  readonly next: number | undefined;
  readonly isReached: boolean;
  readonly numbers: TrainingNumbers;
}

function Column({ number, x, size, step, next, isReached, numbers }: ColumnProps) {
  const forwardY = rows.box + rows.boxHeight / 3;
  const backY = rows.box + (2 * rows.boxHeight) / 3;
  const [from, to] = [x + size, x + step];
  const isCut = next !== undefined && !passes(next, numbers);
  // Only the border next to what is still reached is marked.
  const isBorder = isCut && (next === numbers.segments || passes(next + 1, numbers));
  return (
    <g>
      {number === undefined ? (
        <Label x={x + size / 2} y={rows.box + rows.boxHeight / 2 + 4} tone="soft">
          …
        </Label>
      ) : (
        <>
          <rect
            x={x}
            y={rows.box}
            width={size}
            height={rows.boxHeight}
            rx={8}
            className={css.box}
            data-quiet={isReached ? undefined : ''}
          />
          <Label x={x + size / 2} y={rows.box + rows.boxHeight / 2 + 5} tone={isReached ? 'strong' : 'soft'}>
            {integer(number)}
          </Label>
        </>
      )}
      {next !== undefined && (
        <>
          <Arrow kind="forward" path={`M${from},${forwardY} H${to - 8}`} at={[to - 1, forwardY]} angle={0} />
          {!isCut && <Arrow kind="backward" path={`M${to},${backY} H${from + 8}`} at={[from + 1, backY]} angle={180} />}
          {isBorder && (
            <path
              className={css.cut}
              d={`M${(from + to) / 2 - 5},${backY - 5} l10,10 M${(from + to) / 2 + 5},${backY - 5} l-10,10`}
            />
          )}
        </>
      )}
    </g>
  );
}
