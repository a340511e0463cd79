// The final answer in words, or the current prediction before the end, next to the answer without interventions.

import { shownVerdict } from '../../store/slices/stream.ts';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { integer, percent, small } from '../format.ts';
import { usePlayground } from '../playground.tsx';
import verdicts from '../styles/verdicts.module.css';

interface VerdictProps {
  readonly log: StreamLog;
  readonly current: number;
  /** What the page waits for before the first segment. */
  readonly before: string;
}

export function Verdict({ log, current, before: waiting }: VerdictProps) {
  const verdict = usePlayground(shownVerdict);
  // While the ribbon plays, the end is not given away.
  const plays = usePlayground(({ stream }) => stream.playing !== undefined);
  const isText = log.measure !== 'classes';
  const { right: correct = 0, asked = 0 } = verdict ?? {};
  // A text of the user's own has no expected answer.
  const isJudged = isText || log.expected !== '';
  const right = isText ? correct === asked : verdict?.answer === verdict?.expected;
  const unit = log.measure === 'every word' ? ` Loss ${small(log.loss)} nats per ${log.token}.` : '';
  // Another document is on its way: the answers of this one are past.
  const isPast = usePlayground(({ stream }) => stream.status === 'starting');
  const probabilities = isPast ? undefined : log.segments[current]?.probabilities;
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  const before = verdict?.untouched;
  return (
    <div className={verdicts.verdict}>
      <p
        data-verdict={
          !verdict || !isJudged || (log.measure === 'every word' && !right) ? undefined : right ? 'right' : 'wrong'
        }
        role="status"
        hidden={!verdict}
      >
        {verdict && isText && (
          <>
            <span aria-hidden="true">{right ? '✓' : log.measure === 'every word' ? '●' : '✗'}</span> Predicted{' '}
            <strong>
              {integer(correct)} of {integer(asked)}
            </strong>{' '}
            {log.measure === 'every word' ? `${log.token}s` : 'answer words'} correctly.{unit}
          </>
        )}
        {verdict && !isJudged && (
          <>
            The most probable class is <strong>{verdict.answer}</strong>.
          </>
        )}
        {verdict && !isText && isJudged && (
          <>
            <span aria-hidden="true">{right ? '✓' : '✗'}</span> The answer is <strong>{verdict.answer}</strong>:{' '}
            {right ? 'correct.' : 'wrong, expected '}
            {!right && (
              <>
                <strong>{verdict.expected}</strong>.
              </>
            )}
          </>
        )}
        {before && (
          <>
            {' '}
            Without the intervention: <strong>{isText ? integer(before.right ?? 0) : before.answer}</strong>.
          </>
        )}
      </p>
      {!verdict && !isText && !probabilities && <p>{waiting}</p>}
      {!verdict && !isText && probabilities && (
        <p>
          Current answer: <strong>{log.model.classes[best]}</strong> ({percent(probabilities[best] ?? 0)}).
          {isJudged && !plays && (
            <span data-ahead="">
              {' '}
              Expected at the end: <strong>{log.expected}</strong>.
            </span>
          )}
        </p>
      )}
    </div>
  );
}
