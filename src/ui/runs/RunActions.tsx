// The actions on one run; a disabled action says why.
import { useState } from 'react';
import { runPrefix } from '../../store/slices/models.ts';
import { isTraining } from '../../store/slices/run-state.ts';
import type { OutgoingFile, RunRecord } from '../../store/slices/runs.ts';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { saveFile } from '../save-file.ts';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './RunActions.module.css';
import { TakeHome } from './TakeHome.tsx';

const save = async (file: Promise<OutgoingFile | undefined>) => {
  const found = await file;
  if (found) saveFile(found.name, found.content);
};

export function RunActions({ record }: { readonly record: RunRecord }) {
  const { id, name, state, progress, checkpoint } = record;
  const busy = usePlayground(({ run }) => isTraining(run.status));
  const isHere = usePlayground(({ run }) => run.id === id && isTraining(run.status));
  const isElsewhere = usePlayground(({ runs }) => runs.elsewhere.has(id));
  const ready = usePlayground(({ device }) => device.status === 'ready');
  const { run, runs, experiment, stream } = useActions();
  const [isTaken, setIsTaken] = useState(false);
  const isDone = state === 'finished' || progress.step >= progress.steps;
  const model = `${runPrefix}${id}`;
  const whyNotResume = isHere
    ? 'This run is in training in this tab; see the Train view.'
    : isElsewhere
      ? 'Another tab is training this run. Stop it there first.'
      : busy
        ? 'Another run is in training in this tab. Stop it on the Train view first.'
        : isDone
          ? 'This run has completed all its steps.'
          : !ready
            ? 'Training needs a GPU.'
            : undefined;
  return (
    <div className={css.actions}>
      <p className={layout.actions}>
        <button
          type="button"
          disabled={whyNotResume !== undefined}
          onClick={() => {
            void run.resume(id);
            experiment.show('train');
          }}
        >
          {checkpoint ? `Resume at step ${integer(progress.step)}` : 'Start over'}
        </button>
        <button
          type="button"
          disabled={busy && !isHere}
          onClick={() => {
            if (!isHere) void run.show(id);
            experiment.show('train');
          }}
        >
          Show curves
        </button>
        <button
          type="button"
          disabled={!checkpoint}
          onClick={() => {
            experiment.setStream({ model, task: undefined, segments: undefined });
            stream.forget();
            experiment.show('stream');
          }}
        >
          Stream
        </button>
        <button
          type="button"
          disabled={!checkpoint}
          onClick={() => {
            experiment.setEvaluate({ model, task: undefined });
            experiment.show('extrapolate');
          }}
        >
          Evaluate
        </button>
        <button
          type="button"
          title="Copy the settings of this run to the Train view, to change some and start another run"
          onClick={() => {
            experiment.useRun(record.preset, record.config);
            experiment.show('train');
          }}
        >
          Use settings
        </button>
        <button
          type="button"
          title="Save everything in one file: settings, curves, progress and checkpoint (.json)"
          onClick={() => void save(runs.exportRun(id))}
        >
          Export run
        </button>
        <button
          type="button"
          disabled={!checkpoint}
          title="Save the model with its training state (.safetensors)"
          onClick={() => void save(runs.exportCheckpoint(id))}
        >
          Export checkpoint
        </button>
        <button
          type="button"
          title="A folder that trains this run with PyTorch, on one GPU or many"
          aria-expanded={isTaken}
          onClick={() => setIsTaken(!isTaken)}
        >
          Take to PyTorch…
        </button>
        <button
          type="button"
          className={css.delete}
          disabled={isHere || isElsewhere}
          aria-label={`Delete ${name}`}
          onClick={() => void runs.setDeleted(id, true)}
        >
          Delete
        </button>
      </p>
      {isTaken && <TakeHome id={id} onClose={() => setIsTaken(false)} />}
      {whyNotResume && <p className={typography.note}>Resuming is not possible now. {whyNotResume}</p>}
    </div>
  );
}
