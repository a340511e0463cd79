// The words of a document, tinted by what each contributes to the answer: towards it or against it.
import type { AttributedSegment } from '../../../protocol/index.ts';
import type { PieceStyle } from '../../../text/pieces/spelling.ts';
import { integer, small } from '../../format.ts';
import { shownWords } from '../../stream/words.ts';
import typography from '../../styles/typography.module.css';
import css from './Why.module.css';
import type { Objective } from './words.ts';

interface TintedWordsProps {
  readonly segments: readonly AttributedSegment[];
  readonly objective: Objective;
  /** The contribution with the full tint. */
  readonly high: number;
  readonly pieces: PieceStyle | undefined;
  readonly current: number;
  onChoose(segment: number): void;
}

export function TintedWords({ segments, objective, high, pieces, current, onChoose }: TintedWordsProps) {
  return (
    <ol className={css.document} aria-label="Words of the document, tinted by their contribution">
      {segments.map(({ index, words, marks, [objective]: { words: values } }) => {
        const shown = shownWords(words, pieces);
        const kindAt = (i: number) => marks.find(({ start, end }) => i >= start && i < end)?.kind;
        return (
          <li key={index} aria-current={index === current || undefined}>
            <button type="button" className={css.number} onClick={() => onChoose(index)}>
              <span className={typography.hidden}>Segment </span>
              {integer(index + 1)}
            </button>
            <span>
              {shown.map(({ gap, text }, i) => {
                const value = values[i] ?? 0;
                const strength = Math.round((40 * Math.abs(value)) / high);
                return (
                  <span key={i}>
                    {i === 0 ? '' : gap}
                    <span
                      className={css.tint}
                      data-direction={strength < 1 ? undefined : value > 0 ? 'towards' : 'against'}
                      data-mark={kindAt(i)}
                      style={{ '--strength': `${strength}%` } as object}
                      title={`${text}: ${small(value)}`}
                    >
                      {text}
                    </span>
                  </span>
                );
              })}
            </span>
          </li>
        );
      })}
    </ol>
  );
}
