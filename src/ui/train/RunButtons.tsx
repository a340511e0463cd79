// The buttons of a run: start, pause, step, stop and resume, and what can be taken out of it.
import { useState } from 'react';
import { isTraining } from '../../store/slices/run-state.ts';
import { OpenFile } from '../controls/OpenFile.tsx';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { TakeHome } from '../runs/TakeHome.tsx';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './RunButtons.module.css';
import { usePlan } from './use-plan.ts';

export function RunButtons() {
  const status = usePlayground(({ run }) => run.status);
  const checkpoint = usePlayground(({ run }) => run.checkpoint);
  const onGpu = usePlayground(({ run }) => run.onGpu);
  const finished = usePlayground(({ run }) => run.finished);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const id = usePlayground(({ run }) => (run.status === 'idle' ? undefined : run.id));
  const { run } = useActions();
  const [isTaken, setIsTaken] = useState(false);
  const busy = isTraining(status);
  return (
    <fieldset className={layout.actions}>
      <legend className={typography.hidden}>Run</legend>
      <MainButton />
      <button
        type="button"
        disabled={!ready || !(status === 'idle' || status === 'running' || status === 'paused')}
        onClick={run.step}
        title="One training step, then pause"
      >
        Step
      </button>
      <button
        type="button"
        title={
          status === 'starting'
            ? 'Cancel the preparation; nothing is changed'
            : 'Stop the run. The model can be streamed and evaluated, and the run can be resumed'
        }
        disabled={!busy}
        onClick={run.stop}
      >
        {status === 'starting' ? 'Cancel' : 'Stop'}
      </button>
      {checkpoint && status === 'ended' && !finished && checkpoint.progress.step < checkpoint.progress.steps && (
        <button type="button" title="Continue from the last checkpoint" onClick={() => void run.resume()}>
          Resume at step {integer(checkpoint.progress.step)}
        </button>
      )}
      {checkpoint && (status === 'lost' || status === 'failed') && (
        <button type="button" onClick={() => void run.resume()}>
          Resume from the last checkpoint
        </button>
      )}
      <span className={css.spring} />
      <button
        type="button"
        disabled={!onGpu && !checkpoint}
        onClick={run.save}
        title="Save the model with its training state as a .safetensors file"
      >
        Download checkpoint
      </button>
      <button
        type="button"
        disabled={busy && !checkpoint}
        title={
          id === undefined
            ? 'A folder that trains these settings from the start with PyTorch, on one GPU or many'
            : 'A folder that continues this run with PyTorch, on one GPU or many'
        }
        aria-expanded={isTaken}
        onClick={() => setIsTaken(!isTaken)}
      >
        Take to PyTorch…
      </button>
      {!busy && (
        <OpenFile
          title="Continue from a training checkpoint (.safetensors) saved by this page, or drop one here"
          onFile={(file) => void run.resumeFile(file)}
        >
          Resume from file…
        </OpenFile>
      )}
      {isTaken && <TakeHome id={id} onClose={() => setIsTaken(false)} />}
    </fieldset>
  );
}

/** Start, pause and continue as one element, so that keyboard focus stays on it. */
function MainButton() {
  const status = usePlayground(({ run }) => run.status);
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const from = usePlayground(({ start }) => start.model?.name);
  const { run, queue } = useActions();
  const { isSweep, left } = usePlan();
  const isQueued = usePlayground((state) => state.queue.status === 'running');
  const [sign, name, act, what] =
    status === 'running' || status === 'starting'
      ? (['❚❚', 'Pause', run.pause, 'Pause after the current step'] as const)
      : status === 'paused'
        ? (['▶', 'Continue', run.continue, 'Continue with the next step'] as const)
        : isSweep
          ? ([
              '▶',
              left.length === 1 ? 'Start 1 run' : `Start ${integer(left.length)} runs`,
              () => void queue.addSweep(),
              left.length === 0
                ? 'All runs of this sweep are in your runs already'
                : 'Train the runs of the sweep, one after the other',
            ] as const)
          : ([
              '▶',
              status === 'idle' ? 'Start' : 'New run',
              () => run.start(),
              `Train with the current settings, from ${from ?? 'random weights'}`,
            ] as const);
  return (
    <button
      type="button"
      className={buttons.primary}
      title={what}
      disabled={!isTraining(status) && (!ready || (isSweep && (left.length === 0 || isQueued)))}
      aria-disabled={status === 'starting'}
      onClick={() => status !== 'starting' && act()}
    >
      <span aria-hidden="true">{sign}</span> {name}
    </button>
  );
}
