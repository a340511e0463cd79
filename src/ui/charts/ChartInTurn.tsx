// A chart as wide as its place that is drawn when it is its turn: each takes tens of milliseconds, and several in one
// task would hold the page up.
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
import { ResponsiveContainer, XAxis, YAxis } from 'recharts';

/** Charts that are due, and the time of a frame between two of them for everything else. */
const due: (() => void)[] = [];
const pause = 16;
let isRunning = false;

function next(): void {
  const draw = due.shift();
  isRunning = draw !== undefined;
  if (!draw) return;
  draw();
  setTimeout(next, pause);
}

function queue(draw: () => void): void {
  due.push(draw);
  if (isRunning) return;
  isRunning = true;
  setTimeout(next, 0);
}

type Chart = ReactElement<{ readonly children?: ReactNode }>;

interface ChartProps {
  /** In pixels; the place is kept until the chart comes. */
  readonly height: number;
  readonly children: Chart;
}

/** The chart with nothing but its axes: what is drawn first, as all of it at once takes too long. */
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
    // One that waits already keeps its place.
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

/** Not drawn again while it waits for its next turn. */
const Drawn = memo(({ height, children }: ChartProps) => (
  <ResponsiveContainer width="100%" height={height}>
    {children}
  </ResponsiveContainer>
));
