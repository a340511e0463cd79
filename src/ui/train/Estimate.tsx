// The cost of a run before it starts: parameters, GPU bytes and time, each with its derivation.
import { useEffect } from 'react';
import type { RunBytes } from '../../protocol/index.ts';
import type { Estimate as Estimated } from '../../store/slices/estimate.ts';
import { isTraining } from '../../store/slices/run.ts';
import { Alert } from '../controls/Alert.tsx';
import { bytes, count, duration, whole } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import lists from '../styles/lists.module.css';
import tables from '../styles/tables.module.css';
import typography from '../styles/typography.module.css';
import css from './Estimate.module.css';

/** Debounce in milliseconds. */
const CALM = 300;

const parts: Readonly<Record<Exclude<keyof RunBytes, 'total'>, string>> = {
  weights: 'Weights',
  gradients: 'Gradients',
  optimiser: 'Moments of AdamW',
  activations: 'Activations, states and inputs of the longest batch',
  validation: 'The same for validation',
  checkpoint: 'What a checkpoint is read back through',
};

/** Request an estimate whenever the configuration changes or the GPU becomes free for a probe. */
function useEstimate(): void {
  const actions = useActions();
  const config = usePlayground(({ experiment }) => experiment.config);
  const given = usePlayground(({ materials }) => materials.given);
  const ready = usePlayground(({ device, run }) => device.status === 'ready' && !isTraining(run.status));
  const busy = usePlayground(
    ({ stream, evaluate }) =>
      stream.status === 'playing' || evaluate.status === 'running' || evaluate.status === 'starting',
  );
  useEffect(() => {
    if (!ready) return;
    const timer = setTimeout(() => actions.estimate.ask(), CALM);
    return () => clearTimeout(timer);
  }, [actions, config, given, ready, busy]);
}

export function Estimate() {
  useEstimate();
  const { status, result, error } = usePlayground(({ estimate }) => estimate);
  const run = usePlayground((state) => state.run.status);
  if (isTraining(run)) return null;
  if (status === 'failed')
    return (
      <p className={typography.note} role="status">
        What it will take could not be estimated: {error}
      </p>
    );
  if (!result) return status === 'asking' ? <p className={typography.note}>Estimating what it will take …</p> : null;
  return (
    <section className={css.estimate} aria-label="Estimate" aria-busy={status === 'asking'}>
      <h3>{run === 'idle' ? 'What it will take' : 'What another run will take'}</h3>
      <Alert>{result.obstacle}</Alert>
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
        <summary>Where these figures come from</summary>
        <Behind result={result} />
      </details>
    </section>
  );
}

function Behind({ result }: { readonly result: Estimated }) {
  return (
    <>
      <table>
        <caption>GPU memory, as it is planned before anything is allocated</caption>
        <tbody>
          {Object.entries(parts).map(([part, name]) => (
            <tr key={part}>
              <th scope="row">{name}</th>
              <td className={tables.number}>{whole(result.bytes[part as keyof RunBytes])} B</td>
            </tr>
          ))}
          <tr>
            <th scope="row">In all</th>
            <td className={tables.number}>{whole(result.bytes.total)} B</td>
          </tr>
        </tbody>
      </table>
      {result.unread && (
        <p className={typography.note}>
          Your file is not read for this: it is taken to have as many words as the vocabulary keeps at most.
        </p>
      )}
      <p className={typography.note}>
        {result.milliseconds === undefined
          ? 'The GPU is busy with something else: how long the run will take is estimated once it is free.'
          : result.fromRuns
            ? 'The time is that of the run’s matrix products, bytes and dispatches at the speed which the last run reached on this adapter.'
            : 'The time is a guess from the run’s matrix products, bytes and dispatches, at a third of the rates that this adapter was just probed at. Once a run has been measured here, the next estimates follow it.'}{' '}
        A stage that ends early shortens it; compiling the kernels of a new shape of model comes on top.
      </p>
    </>
  );
}
