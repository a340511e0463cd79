// The cost of a run before it starts: parameters, GPU bytes and time, each with its derivation.
import { useEffect } from 'react';
import type { RunBytes } from '../../protocol/index.ts';
import { type Estimate as Estimated, settingOf } from '../../store/slices/estimate.ts';
import { isTraining } from '../../store/slices/run-state.ts';
import { Alert } from '../controls/Alert.tsx';
import { bytes, count, duration, integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import lists from '../styles/lists.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './Estimate.module.css';
import { usePlan } from './use-plan.ts';

/** Debounce in milliseconds. */
const CALM = 300;

const parts: Readonly<Record<Exclude<keyof RunBytes, 'total'>, string>> = {
  weights: 'Weights',
  gradients: 'Gradients',
  optimiser: 'AdamW moments',
  activations: 'Activations, states and inputs of the longest batch',
  validation: 'Activations, states and inputs of validation',
  checkpoint: 'Checkpoint read-back buffer',
};

/** Request an estimate whenever the configuration changes or the GPU becomes free. */
function useEstimate(): void {
  const actions = useActions();
  const config = usePlayground(({ experiment }) => experiment.config);
  const given = usePlayground(({ materials }) => materials.given);
  const start = usePlayground((state) => state.start.status);
  const model = usePlayground((state) => state.start.model);
  const ready = usePlayground(({ device, run }) => device.status === 'ready' && !isTraining(run.status));
  const busy = usePlayground(
    ({ stream, evaluate }) =>
      stream.status === 'playing' || evaluate.status === 'running' || evaluate.status === 'starting',
  );
  const { left } = usePlan();
  useEffect(() => {
    if (!ready) return;
    const settings = new Map(left.map(({ config: each }) => [settingOf(each), each]));
    const timer = setTimeout(() => actions.estimate.ask([...settings.values()]), CALM);
    return () => clearTimeout(timer);
  }, [actions, config, given, start, model, ready, busy, left]);
}

/** How many runs a sweep makes, and what they take together. */
function Total() {
  const { isSweep, runs, left, milliseconds } = usePlan();
  if (!isSweep || runs.length === 0) return null;
  const done = runs.length - left.length;
  return (
    <p role="status">
      <strong>
        {integer(runs.length)} {runs.length === 1 ? 'run' : 'runs'}
      </strong>
      {done > 0 && `, of which ${integer(done)} ${done === 1 ? 'is' : 'are'} in your runs already`}
      {left.length > 0 &&
        (milliseconds === undefined
          ? '. The time is being estimated, or cannot be.'
          : `. Training takes about ${duration(milliseconds)} in all, evaluation not included.`)}
      {left.length === 0 && '. Nothing is left to train.'}
    </p>
  );
}

export function Estimate() {
  useEstimate();
  const { status, result, error, mismatch } = usePlayground(({ estimate }) => estimate);
  const run = usePlayground((state) => state.run.status);
  if (isTraining(run)) return null;
  // What is wrong with the model to start from is said beside it.
  if (mismatch !== undefined) return null;
  if (status === 'failed')
    return (
      <p className={typography.note} role="status">
        The cost of this run could not be estimated. {error} You can start it anyway.
      </p>
    );
  if (!result) return status === 'asking' ? <p className={typography.note}>Estimating the cost …</p> : null;
  return (
    <section className={css.estimate} aria-label="Estimate" aria-busy={status === 'asking'}>
      <h3>{run === 'idle' ? 'Estimated cost' : 'Estimated cost of another run'}</h3>
      <Alert>{result.obstacle}</Alert>
      <Total />
      <dl className={lists.figures}>
        <div>
          <dt>Parameters</dt>
          <dd>
            {result.unread && 'up to '}
            {count(result.parameters)}
          </dd>
        </div>
        <div>
          <dt>GPU memory</dt>
          <dd>
            {result.unread && 'up to '}
            {bytes(result.bytes.total)}
          </dd>
        </div>
        <div>
          <dt>Steps · tokens read</dt>
          <dd>
            {count(result.steps)} · {count(result.tokens)}
          </dd>
        </div>
        <div>
          <dt>Time, estimated</dt>
          <dd>{result.milliseconds === undefined ? '–' : `about ${duration(result.milliseconds)}`}</dd>
        </div>
      </dl>
      <details>
        <summary>How these figures are computed</summary>
        <Derivation result={result} />
      </details>
    </section>
  );
}

function Derivation({ result }: { readonly result: Estimated }) {
  return (
    <>
      <table>
        <caption>Planned GPU memory</caption>
        <tbody>
          {Object.entries(parts).map(([part, name]) => (
            <tr key={part}>
              <th scope="row">{name}</th>
              <td className={tables.number}>{integer(result.bytes[part as keyof RunBytes])} B</td>
            </tr>
          ))}
          <tr>
            <th scope="row">Total</th>
            <td className={tables.number}>{integer(result.bytes.total)} B</td>
          </tr>
        </tbody>
      </table>
      {result.unread && (
        <p className={typography.note}>
          Your file is not read for the estimate, which assumes a vocabulary of the maximum size.
        </p>
      )}
      <p className={typography.note}>
        {result.milliseconds === undefined
          ? 'The GPU is busy. The time is estimated once it is free.'
          : result.fromRuns
            ? 'The time follows from the matrix products, bytes and dispatches of the run, at the speed that the last run reached on this adapter.'
            : 'The time is a rough estimate from the matrix products, bytes and dispatches of the run, at a third of the measured peak rates of this adapter. Once a run has been measured here, estimates use its speed.'}{' '}
        Stages that end early shorten it; compiling kernels for a new model shape takes extra time.
      </p>
    </>
  );
}
