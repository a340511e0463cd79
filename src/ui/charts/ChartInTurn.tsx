// A chart as wide as its place that is drawn when it is its turn: each takes tens of milliseconds, and several in one
// task would hold the page up.
import { memo, type ReactElement, useEffect, useRef, useState } from 'react';
import { ResponsiveContainer } from 'recharts';

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

interface ChartProps {
  /** In pixels; the place is kept until the chart comes. */
  readonly height: number;
  readonly children: ReactElement;
}

export function ChartInTurn({ height, children }: ChartProps) {
  const [shown, setShown] = useState<ReactElement>();
  const newest = useRef(children);
  const waiting = useRef<() => void>(undefined);
  useEffect(() => {
    newest.current = children;
    // One that waits already keeps its place.
    if (children === shown || waiting.current) return;
    waiting.current = () => {
      waiting.current = undefined;
      setShown(newest.current);
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
