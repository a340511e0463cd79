// The final answer in words, or the current prediction before the end, next to the answer without interventions.

import type { StreamLog } from '../../store/slices/stream-log.ts';
import { percent, small, whole } from '../format.ts';
import { usePlayground } from '../playground.tsx';
import verdicts from '../styles/verdicts.module.css';

export function Verdict({ log, current }: { readonly log: StreamLog; readonly current: number }) {
  const verdict = usePlayground(({ stream }) => stream.verdict);
  const isText = log.measure !== 'classes';
  const { right: rightly = 0, asked = 0 } = verdict ?? {};
  const right = isText ? rightly === asked : verdict?.answer === verdict?.expected;
  const unit = log.measure === 'every word' ? ` Loss ${small(log.loss)} nats a word.` : '';
  const probabilities = log.segments[current]?.probabilities;
  const best = probabilities ? probabilities.indexOf(Math.max(...probabilities)) : -1;
  const before = verdict?.untouched;
  return (
    <div className={verdicts.verdict}>
      <p
        data-verdict={!verdict || (log.measure === 'every word' && !right) ? undefined : right ? 'right' : 'wrong'}
        role="status"
        hidden={!verdict}
      >
        {verdict && isText && (
          <>
            <span aria-hidden="true">{right ? '✓' : log.measure === 'every word' ? '●' : '✗'}</span> It expected{' '}
            <strong>
              {whole(rightly)} of {whole(asked)}
            </strong>{' '}
            {log.measure === 'every word' ? 'words' : 'words of the answer'} rightly.{unit}
          </>
        )}
        {verdict && !isText && (
          <>
            <span aria-hidden="true">{right ? '✓' : '✗'}</span> It answered <strong>{verdict.answer}</strong>:{' '}
            {right ? 'right.' : 'wrong, expected '}
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
            With its memory left alone it{' '}
            {isText ? (
              <>
                expected <strong>{whole(before.right ?? 0)}</strong> rightly.
              </>
            ) : (
              <>
                answered <strong>{before.answer}</strong>.
              </>
            )}
          </>
        )}
      </p>
      {!verdict && !isText && probabilities && (
        <p>
          If it were asked now it would answer <strong>{log.model.classes[best]}</strong> (
          {percent(probabilities[best] ?? 0)}); expected at the end: <strong>{log.expected}</strong>
        </p>
      )}
    </div>
  );
}
