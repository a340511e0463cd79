// A chart as wide as its container, drawn from a queue: each takes tens of milliseconds, and several in one
// task would block the page.
import {
  Children,
  cloneElement,
  isValidElement,
  memo,
  type ReactElement,
  type ReactNode,
  useEffect,
  useRef,
  useState,
} from 'react';
import { flushSync } from 'react-dom';
import { ResponsiveContainer, XAxis, YAxis } from 'recharts';

/** Charts waiting to be drawn, one at a time so that other work can run in between. */
const due: (() => void)[] = [];
/** At least a frame in milliseconds, and twice as long as drawing took: on a slow machine training goes on beside it. */
const pauseAfter = (drawing: number) => Math.max(16, 2 * drawing);
let isRunning = false;

function next(): void {
  const draw = due.shift();
  isRunning = draw !== undefined;
  if (!draw) return;
  const begun = performance.now();
  flushSync(draw);
  setTimeout(next, pauseAfter(performance.now() - begun));
}

function queue(draw: () => void): void {
  due.push(draw);
  if (isRunning) return;
  isRunning = true;
  setTimeout(next, 0);
}

type Chart = ReactElement<{ readonly children?: ReactNode }>;

interface ChartProps {
  /** In pixels; the space is reserved until the chart is drawn. */
  readonly height: number;
  readonly children: Chart;
}

/** The chart with its axes only: drawn first, because drawing everything at once takes too long. */
const axesOf = (chart: Chart): Chart =>
  cloneElement(
    chart,
    {},
    Children.toArray(chart.props.children).filter(
      (child) => isValidElement(child) && (child.type === XAxis || child.type === YAxis),
    ),
  );

export function ChartInTurn({ height, children }: ChartProps) {
  const [shown, setShown] = useState<Chart>();
  const newest = useRef(children);
  const waiting = useRef<() => void>(undefined);
  useEffect(() => {
    newest.current = children;
    // It is already in the queue.
    if (children === shown || waiting.current) return;
    waiting.current = () => {
      waiting.current = undefined;
      setShown((before) => (before ? newest.current : axesOf(newest.current)));
    };
    queue(waiting.current);
  }, [children, shown]);
  useEffect(
    () => () => {
      const at = waiting.current ? due.indexOf(waiting.current) : -1;
      if (at >= 0) due.splice(at, 1);
      waiting.current = undefined;
    },
    [],
  );
  return shown ? <Drawn height={height}>{shown}</Drawn> : <div style={{ blockSize: height }} />;
}

/** Not drawn again while it waits in the queue. */
const Drawn = memo(({ height, children }: ChartProps) => (
  <ResponsiveContainer width="100%" height={height}>
    {children}
  </ResponsiveContainer>
));
