// Takes a run to PyTorch: asks for the number of samples, then downloads the folder as an archive.
import { useState } from 'react';
import type { RunId } from '../../store/library/record.ts';
import { Alert } from '../controls/Alert.tsx';
import { DraftInput } from '../controls/DraftInput.tsx';
import { parseInteger } from '../controls/integer.ts';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import typography from '../styles/typography.module.css';
import css from './TakeHome.module.css';

const mostSamples = 10_000_000;

interface TakeHomeProps {
  /** Undefined for the settings of the Train view, from the start. */
  readonly id: RunId | undefined;
  readonly onClose: () => void;
}

export function TakeHome({ id, onClose }: TakeHomeProps) {
  const { takeHome } = useActions();
  const state = usePlayground(({ takeHome: all }) => all);
  const [samples, setSamples] = useState<number | undefined>();
  const isMine = state.id === id;
  const { status, error, facts } = isMine ? state : { status: 'idle' as const, error: undefined, facts: undefined };
  return (
    <form
      className={css.form}
      aria-label="Take to PyTorch"
      onSubmit={(event) => {
        event.preventDefault();
        void takeHome.take(id, samples);
      }}
    >
      <p className={typography.note}>
        A folder with the model, its data and the programs that train it with PyTorch and accelerate, on one GPU or
        many. Its README says how to start, and how to bring the run back.
      </p>
      <DraftInput
        label="Samples for training"
        help="All that the run still reads, at most 100,000, if this is empty. Fewer are read again."
        className={css.samples}
        value={samples === undefined ? '' : String(samples)}
        inputMode="numeric"
        accept={(text) => {
          const wanted = text.trim() === '' ? undefined : parseInteger(text, 1, mostSamples);
          setSamples(wanted);
          return wanted === undefined ? '' : String(wanted);
        }}
      />
      <button type="submit" disabled={status === 'working'}>
        {status === 'working' ? 'Packing …' : 'Download folder (.zip)'}
      </button>
      <button type="button" onClick={onClose}>
        Close
      </button>
      <p role="status" className={css.outcome}>
        {facts &&
          `${integer(facts.steps)} steps to train${facts.step > 0 ? ` after step ${integer(facts.step)}` : ''}, ${integer(facts.samples)} samples.`}
      </p>
      <Alert>{error}</Alert>
    </form>
  );
}
