// What the answer depends on, at a press: words tinted by their contribution, and the gradient at each memory.
import { useMemo } from 'react';
import type { StreamLog } from '../../store/slices/stream-log.ts';
import { Alert } from '../controls/Alert.tsx';
import { integer, small } from '../format.ts';
import { topWords } from '../inside/why/words.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { shownWord } from '../stream/words.ts';
import buttons from '../styles/buttons.module.css';
import typography from '../styles/typography.module.css';
import { contributionsOf } from './contributions.ts';
import type { Contributions } from './film.ts';
import css from './Ribbon.module.css';

/** The contributions to the answer of the document on show, once they have been computed. */
export function useContributions(log: StreamLog): Contributions | undefined {
  const { status, segments } = usePlayground(({ attribute }) => attribute);
  const isShown = usePlayground(({ stream }) => stream.log === log);
  const isThere = isShown && status === 'ended' && segments.size > 0;
  return useMemo(() => (isThere ? contributionsOf(segments, log.total) : undefined), [isThere, segments, log]);
}

export function WhyButton() {
  const { attribute } = useActions();
  const status = usePlayground((state) => state.attribute.status);
  const ended = usePlayground(({ stream }) => stream.status === 'ended' && stream.playing === undefined);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const isChanged = usePlayground(({ experiment }) => (experiment.stream.changes ?? []).length > 0);
  if (status === 'running')
    return (
      <button type="button" title="Stop computing the contributions" onClick={() => attribute.stop()}>
        Stop explaining
      </button>
    );
  if (status === 'ended')
    return (
      <button
        type="button"
        title="Show the words and the memory without contributions"
        onClick={() => attribute.clear()}
      >
        Hide contributions
      </button>
    );
  return (
    <button
      type="button"
      disabled={!ended || !ready || isChanged}
      title={
        isChanged
          ? 'Contributions are those of the document without interventions. Remove them first'
          : 'Follow the gradient of the answer back through all segments, as in training: how much each word contributes, and how strongly the answer depends on each memory'
      }
      onClick={() => void attribute.start()}
    >
      Why this answer?
    </button>
  );
}

const mostNamed = 4;

/** The contributions in words. */
export function WhyInWords({ log, found }: { readonly log: StreamLog; readonly found: Contributions | undefined }) {
  const { experiment } = useActions();
  const { status, error, progress, explained, segments } = usePlayground(({ attribute }) => attribute);
  const top = useMemo(() => topWords(segments.values(), 'margin', mostNamed), [segments]);
  if (status === 'running')
    return (
      <p role="status" className={typography.note}>
        {progress
          ? `${progress.phase === 'backward' ? 'Following the gradient back' : 'Reading'}: ${integer(progress.segments)} of ${integer(log.total)} segments …`
          : 'Preparing the model …'}
      </p>
    );
  if (!found || !explained) return <Alert>{error}</Alert>;
  const quoted = (word: string) => `“${shownWord(word, log.model.pieces)}”`;
  const { answer, than, baseline } = explained;
  const { norms, largest = 0 } = found.gradient ?? {};
  const faded = log.marked.findLast(
    ({ index, kinds }) => kinds.includes('fact') && (norms?.[index] ?? 0) < largest / 1e3,
  );
  return (
    <p role="status" className={typography.note}>
      Why {quoted(answer.word)} and not {quoted(than.word)}: words (in narrow segments bars) are tinted where they{' '}
      <span className={css.swatch} style={{ background: 'var(--series-1)' }} /> raise or{' '}
      <span className={css.swatch} style={{ background: 'var(--series-2)' }} /> lower (dotted) the difference of their
      logits, by {baseline ? 'integrated gradients' : 'gradient × input'}. Most:{' '}
      {top
        .map(({ word, segment, value }) => `${quoted(word)} in segment ${integer(segment + 1)} (${small(value)})`)
        .join(', ')}
      .
      {norms &&
        ` The area above the threads is the norm of ∂answer/∂memory, on a logarithmic scale; it is largest at the memory that segment ${integer(norms.indexOf(largest) + 1)} receives.`}
      {norms &&
        faded &&
        ` At the fact in segment ${integer(faded.index + 1)} it has faded: a small change there hardly moves the answer. Patching, in Inside, replaces a fact as a whole.`}{' '}
      <button
        type="button"
        className={buttons.plain}
        data-aside=""
        title="All words, each memory token, other answers and integrated gradients"
        onClick={() => {
          experiment.setInside({ section: 'why' });
          experiment.show('inside');
        }}
      >
        More in Inside
      </button>
    </p>
  );
}
