// Continues a finished run for a number of further steps.
import { useState } from 'react';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import css from './MoreSteps.module.css';

export function MoreSteps() {
  const actions = useActions();
  const { status, finished, checkpoint, config } = usePlayground(({ run }) => run);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const [wanted, setWanted] = useState<number | undefined>();
  if (status !== 'ended' || !finished || !checkpoint || !config) return null;
  const { progress } = checkpoint;
  const steps = wanted ?? config.stage_steps.at(-1) ?? 100;
  return (
    <form
      className={css.form}
      aria-label="Continue for more steps"
      onSubmit={(event) => {
        event.preventDefault();
        void actions.run.extend(steps);
      }}
    >
      <IntegerInput
        label="Additional steps"
        help={`Starts a new run: this one with one more stage, on up to ${progress.segments} segments. Like every stage it begins with a fresh optimiser and a new warm-up of the learning rate, so the result is bit-identical to a run configured with this stage from the start.`}
        className={css.steps}
        value={steps}
        min={1}
        max={1_000_000}
        onChange={(more) => setWanted(more)}
      />
      <button type="submit" disabled={!ready}>
        Continue for {integer(steps)} more steps
      </button>
    </form>
  );
}
