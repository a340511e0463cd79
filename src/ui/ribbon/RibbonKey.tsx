// What the colours of the ribbon stand for, with the probability of each answer after a segment.
import { classNames } from '../class-names.ts';
import { percent } from '../format.ts';
import { css as colourOf, hueOf } from './colour.ts';
import type { Film } from './film.ts';
import css from './Ribbon.module.css';

export function RibbonKey({ film, at }: { readonly film: Film; readonly at: number }) {
  const probabilities = film.log.segments[at]?.probabilities;
  const best = film.best[at];
  if (film.answers.length === 0)
    return (
      <ul className={css.key} aria-label="Colours">
        <li>
          <span className={css.swatch} style={{ background: colourOf(hueOf(0)) }} /> probability of the right{' '}
          {film.log.token}s
        </li>
      </ul>
    );
  return (
    <ul className={css.key} aria-label={`Probability of each answer after segment ${at + 1}`}>
      {film.answers.map((name, i) => (
        <li key={name} className={classNames(i === best && css.best)}>
          <span className={css.swatch} style={{ background: colourOf(hueOf(i)) }} /> {name}{' '}
          <span className={css.share}>{percent(probabilities?.[i] ?? Number.NaN)}</span>
        </li>
      ))}
    </ul>
  );
}
