// The segments around the current one, as frames to click; as many as fit.
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { useWidth } from '../canvas.ts';
import { percent } from '../format.ts';
import badges from '../styles/badges.module.css';
import { around } from './around.ts';
import { changeNames } from './change-words.ts';
import css from './FilmStrip.module.css';
import { namesOf, scoresOf } from './operations.ts';
import { sentence } from './words.ts';

interface FilmStripProps {
  readonly log: StreamLog;
  readonly seen: number;
  readonly current: number;
  onJump(segment: number): void;
}

export function FilmStrip({ log, seen, current, onJump }: FilmStripProps) {
  const [box, width] = useWidth<HTMLOListElement>();
  const frames = around(current, Math.floor((width + 8) / 148), log.total);
  return (
    <ol ref={box} className={css.film} aria-label="Segments near the current one">
      {frames.map((index) => {
        const segment = index < seen ? log.segments[index] : undefined;
        const kinds = [...new Set(segment?.marks.map(({ kind }) => kind))];
        // Less text where more stands above or below it.
        const lines = 3 - (kinds.length > 1 ? 1 : 0) - (segment && segment.interventions.length > 0 ? 1 : 0);
        return (
          <li key={index}>
            <button
              type="button"
              disabled={index >= seen}
              aria-current={index === current ? 'true' : undefined}
              onClick={() => onJump(index)}
            >
              <span className={css.head}>
                <span>{index + 1}</span>
                {kinds.map((kind) => (
                  <span key={kind} className={badges.tag} data-kind={kind}>
                    {{ fact: '▼ fact', question: '◆ question', answer: '● answer' }[kind]}
                  </span>
                ))}
                {segment && kinds.length === 0 && log.hasNoise && <span className={badges.tag}>noise</span>}
              </span>
              <span className={css.text} style={{ WebkitLineClamp: lines }}>
                {segment
                  ? segment.hasText
                    ? sentence(segment.words, log.model.pieces)
                    : 'text no longer kept'
                  : 'not read yet'}
              </span>
              {segment?.decision && (
                <span className={css.operation}>
                  {namesOf(segment.decision)} {scoresOf(segment.decision)}
                </span>
              )}
              {segment && segment.interventions.length > 0 && (
                <span className={css.changed}>
                  {segment.interventions.map(({ kind }) => changeNames[kind]).join(', ')}
                </span>
              )}
              <span className={css.foot}>
                {segment && Number.isFinite(log.expectedProbability[index])
                  ? `${log.measure === 'classes' ? log.expected : 'mean p'} ${percent(log.expectedProbability[index] ?? Number.NaN)}`
                  : ''}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}
