// The head of a model on top of a segment: what it would answer now.
import type { SegmentSeen, StreamLog } from '../../../store/slices/stream-log.ts';
import { percent } from '../../format.ts';
import { shownWord } from '../../stream/words.ts';
import css from './Anatomy.module.css';

interface AnswerBoxProps {
  readonly log: StreamLog;
  readonly segment: SegmentSeen;
  readonly isLast: boolean;
}

export function AnswerBox({ log, segment, isLast }: AnswerBoxProps) {
  const { model } = log;
  const { probabilities } = segment;
  const best = model.classes
    .map((name, i) => ({ name, probability: probabilities[i] ?? 0 }))
    .sort((a, b) => b.probability - a.probability)
    .slice(0, 3);
  const scored = log.scoredWords(segment);
  const right = scored.filter((each) => each.right).length;
  return (
    <div className={css.block}>
      <h3>{model.answers === 'class' ? 'Classifier on [CLS]' : `A ${log.token} predicted at every position`}</h3>
      {best.length > 0 ? (
        <p>
          {isLast ? 'Answer' : 'Would answer now'}:{' '}
          {best.map(({ name, probability }) => `${name} ${percent(probability)}`).join(' · ')}. Expected: {log.expected}
          .
        </p>
      ) : scored.length > 0 ? (
        <p>
          {right} of {scored.length} scored {log.token}s predicted correctly, such as “
          {shownWord(scored[0]?.word ?? '', model.pieces)}” {percent(scored[0]?.guess.probability ?? Number.NaN)}.
        </p>
      ) : (
        <p>No {log.token} is scored in this segment.</p>
      )}
    </div>
  );
}
