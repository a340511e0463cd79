// The positions of a segment in order: special tokens, memory, and the words, shaded by the attention of memory.

import { blocksOf } from '../../../analysis/attention-figure.ts';
import { kindsOf, usedOf } from '../../../analysis/head-view.ts';
import { positionLabels, wordWeights } from '../../../analysis/memory-attention.ts';
import { percent } from '../../format.ts';
import { shownWord } from '../../stream/words.ts';
import type { SectionProps } from '../section.ts';
import css from './Anatomy.module.css';

/** Words drawn at most. */
const most = 160;

export function InputRow({ log, current, segment }: SectionProps) {
  const { model } = log;
  const { words } = segment;
  const { rows } = usedOf(model, words.length);
  const kinds = kindsOf(blocksOf(model, segment), rows);
  const labels = positionLabels(
    model,
    words.map((word) => shownWord(word, model.pieces)),
  );
  const attention = log.shelf.get(current);
  const weights = attention && wordWeights(attention, model, model.layers - 1, 'average', words.length);
  const highest = Math.max(1e-9, ...(weights ?? []));
  const { front } = model;
  // Of a long segment both ends are drawn.
  const left = Math.min(rows, front + most);
  const behind = rows - front - words.length;
  const shown =
    rows > front + most + behind ? [...range(0, left), ...range(front + words.length, rows)] : range(0, rows);
  return (
    <div className={css.block}>
      <h3>
        Input: {rows} positions{model.cacheSize > 0 ? `, which also attend to ${model.cacheSize} cached inputs` : ''}
      </h3>
      {segment.hasText ? (
        <ol className={css.tokens} aria-label="Positions of the segment">
          {shown.map((at) => {
            const weight = at >= front && at < front + words.length ? weights?.[at - front] : undefined;
            return (
              <li
                key={at}
                data-kind={kinds[at]}
                title={
                  weight === undefined ? undefined : `${labels[at]}: ${percent(weight)} of the attention of memory`
                }
                style={
                  weight === undefined
                    ? undefined
                    : ({ '--strength': `${Math.round((60 * weight) / highest)}%` } as object)
                }
              >
                {labels[at]}
              </li>
            );
          })}
          {shown.length < rows && <li>… {rows - shown.length} more words</li>}
        </ol>
      ) : (
        <p>The text is no longer kept.</p>
      )}
    </div>
  );
}

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);
