// The ribbon in brief, below the header while the ribbon itself is out of sight: its threads, and the verdict.
import { type RefObject, useEffect, useRef, useState } from 'react';
import { shownVerdict } from '../../store/slices/stream.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { useWidth } from '../canvas.ts';
import { usePlayground } from '../playground.tsx';
import css from './Ribbon.module.css';
import { usePlayer } from './use-player.ts';

interface BriefProps {
  readonly log: StreamLog;
  readonly seen: number;
  readonly current: number;
  /** What it stands for while this is above the window. */
  readonly panel: RefObject<HTMLElement | null>;
}

/** Whether an element has been scrolled out at the top. */
function useIsAbove(element: RefObject<HTMLElement | null>): boolean {
  const [above, setAbove] = useState(false);
  useEffect(() => {
    if (!element.current) return;
    const observer = new IntersectionObserver(
      ([entry]) => entry && setAbove(!entry.isIntersecting && entry.boundingClientRect.bottom < 200),
      { rootMargin: '-140px 0px 0px 0px' },
    );
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return above;
}

export function RibbonBrief({ log, seen, current, panel }: BriefProps) {
  const above = useIsAbove(panel);
  if (!above) return null;
  return (
    <aside className={css.bar} data-aside="" aria-label="The ribbon in brief">
      <Threads log={log} seen={seen} current={current} />
      <Outcome log={log} current={current} />
      <button
        type="button"
        onClick={() => {
          panel.current?.scrollIntoView({ block: 'start' });
          panel.current?.querySelector<HTMLElement>('[role="slider"]')?.focus({ preventScroll: true });
        }}
      >
        ↑ Ribbon
      </button>
    </aside>
  );
}

function Threads({ log, seen, current }: Omit<BriefProps, 'panel'>) {
  const [box, width] = useWidth<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  usePlayer(canvas, {
    log,
    seen,
    current,
    width,
    size: 'brief',
    span: undefined,
    still: true,
    reading: false,
    from: 0,
  });
  return (
    <div ref={box} className={css.brief}>
      <canvas ref={canvas} />
    </div>
  );
}

/** The most probable answer after a segment. */
function answerAfter(log: StreamLog, index: number): string {
  const probabilities = log.segments[index]?.probabilities ?? new Float32Array(0);
  const best = probabilities.indexOf(Math.max(...probabilities));
  return log.measure === 'classes' && best >= 0 ? `Now: ${log.model.classes[best]}` : 'Reading …';
}

/** The verdict in a few words, or the answer so far. */
function Outcome({ log, current }: Pick<BriefProps, 'log' | 'current'>) {
  const verdict = usePlayground(shownVerdict);
  if (!verdict) return <p className={css.outcome}>{answerAfter(log, current)}</p>;
  const isText = log.measure !== 'classes';
  const right = isText ? verdict.right === verdict.asked : verdict.answer === verdict.expected;
  // A text of the user's own has no expected answer.
  const neutral = !right && (log.measure === 'every word' || log.expected === '');
  return (
    <p className={css.outcome} data-outcome={neutral ? undefined : right ? 'right' : 'wrong'}>
      <span aria-hidden="true">{neutral ? '●' : right ? '✓' : '✗'}</span>{' '}
      {isText ? `${verdict.right ?? 0} of ${verdict.asked ?? 0} words` : verdict.answer}
      {!isText && !right && !neutral && ` (expected ${verdict.expected})`}
      {verdict.untouched && ` · without intervention: ${verdict.untouched.right ?? verdict.untouched.answer}`}
    </p>
  );
}
