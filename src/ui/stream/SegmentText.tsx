// The text of one segment: facts, question and answer marked, words shaded, and the model's predictions.
import type { ReactNode } from 'react';
import type { ScoredWord, SegmentSeen } from '../../store/slices/stream-log.ts';
import type { Measure } from '../../tasks/measures.ts';
import type { Mark } from '../../tasks/task.ts';
import type { PieceStyle } from '../../text/pieces/spelling.ts';
import { isSpelt } from '../../text/vocabulary.ts';
import { classNames } from '../class-names.ts';
import { percent } from '../format.ts';
import typography from '../styles/typography.module.css';
import { PieceText } from './PieceText.tsx';
import css from './SegmentText.module.css';
import { shownWord, shownWords, visible } from './words.ts';

/** The quantity that words are shaded by. */
export type ShadedBy = 'attention' | 'probability' | 'nothing';

interface SegmentTextProps {
  readonly segment: SegmentSeen;
  readonly shadedBy: ShadedBy;
  /** Share of the memory's attention on each word. */
  readonly attention: Float32Array | undefined;
  /** The scored words. */
  readonly scored: readonly ScoredWord[];
  readonly measure: Measure;
  /** How its words are written, if they are pieces of a tokenizer. */
  readonly pieces: PieceStyle | undefined;
}

const kindNames: Readonly<Record<Mark['kind'], string>> = {
  fact: '▼ fact',
  question: '◆ question',
  answer: '● answer',
};

export function SegmentText({ segment, shadedBy, attention, scored, measure, pieces }: SegmentTextProps) {
  // If every word is scored, most are mispredicted, so only correct ones are marked.
  const everyWord = measure === 'every word';
  const { words, ids, marks, guesses, behind } = segment;
  const spelt = pieces === undefined && isSpelt(words);
  const shown = shownWords(behind ? [...words, behind.word] : words, pieces);
  const inText = (word: string) => shownWord(word, pieces);
  const highest = attention ? Math.max(...attention, 1e-9) : 1;
  const scoredAt = new Map(scored.map((each) => [each.at, each]));
  const word = (i: number): ReactNode => {
    const text = words[i] ?? behind?.word ?? '';
    const guess = guesses?.[i] ?? (i === words.length ? behind?.guess : undefined);
    const answer = scoredAt.get(i);
    const weight = attention?.[i];
    const strength =
      shadedBy === 'attention' && weight !== undefined
        ? (60 * weight) / highest
        : shadedBy === 'probability' && guess
          ? 60 * guess.probability
          : undefined;
    const details = [
      guess && guess.word !== ''
        ? `${inText(text)}: probability ${percent(guess.probability)}; ${
            guess.word === text ? 'predicted correctly' : `prediction: “${inText(guess.word)}”`
          }`
        : undefined,
      weight !== undefined ? `${inText(text)}: ${percent(weight)} of the attention of memory` : undefined,
      pieces && i < words.length ? `piece “${text}”, id ${ids?.[i]}` : undefined,
    ].filter(Boolean);
    const verdict = !answer ? '' : answer.right ? 'right' : everyWord ? '' : 'wrong';
    return (
      <span key={i}>
        {i === 0 ? '' : shown[i]?.gap}
        <span
          className={classNames(css.word, strength !== undefined && css.shaded)}
          data-verdict={verdict || undefined}
          data-piece={pieces && i < words.length ? i : undefined}
          data-behind={i === words.length || undefined}
          style={strength === undefined ? undefined : ({ '--strength': `${Math.round(strength)}%` } as object)}
          title={details.join('\n') || undefined}
        >
          {text === '[PAD]' || (/^\s$/.test(shown[i]?.text ?? '') && guess) ? visible(text) : shown[i]?.text}
          {verdict === 'wrong' && (
            <sup>
              <span className={typography.hidden}>, wrong prediction: </span>✗{inText(answer?.guess.word ?? '')}
            </sup>
          )}
          {verdict === 'right' && <span className={typography.hidden}> (correct)</span>}
        </span>
      </span>
    );
  };
  const end = words.length + (behind ? 1 : 0);
  const all =
    behind && !everyWord && !marks.some(({ kind }) => kind === 'answer')
      ? [...marks, { kind: 'answer' as const, start: words.length, end }]
      : marks.map((mark) => (mark.kind === 'answer' && mark.end === words.length ? { ...mark, end } : mark));
  const parts: ReactNode[] = [];
  let at = 0;
  for (const { kind, start, end: stop } of [...all].sort((a, b) => a.start - b.start)) {
    for (; at < start; at++) parts.push(word(at));
    const inside: ReactNode[] = [];
    for (; at < stop; at++) inside.push(word(at));
    parts.push(
      ' ',
      <mark key={`${kind} ${start}`} className={css.mark} data-kind={kind}>
        <span className={css.label}>{kindNames[kind]}</span>
        {inside}
      </mark>,
    );
  }
  for (; at < end; at++) parts.push(word(at));
  const text = <p className={classNames(css.text, spelt && css.spelt)}>{parts}</p>;
  return (
    <>
      {pieces ? (
        <PieceText pieces={words} ids={ids}>
          {text}
        </PieceText>
      ) : (
        text
      )}
      {behind && (
        <p className={typography.note}>
          The word in the dashed frame follows the end of the document: the model predicts it but does not read it.
        </p>
      )}
      {everyWord && <p className={typography.note}>Correctly predicted words are underlined.</p>}
    </>
  );
}
