// The actions on one run; a disabled action says why.

import { runPrefix } from '../../store/slices/models.ts';
import { isTraining } from '../../store/slices/run.ts';
import type { OutgoingFile, RunRecord } from '../../store/slices/runs.ts';
import { whole } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { saveFile } from '../save-file.ts';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './RunActions.module.css';

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
  const isDone = state === 'finished' || progress.step >= progress.steps;
  const model = `${runPrefix}${id}`;
  const whyNotResume = isHere
    ? 'It is in training here: see Train.'
    : isElsewhere
      ? 'Another tab is training it: stop it there first.'
      : busy
        ? 'Another run is in training here: stop it on Train first.'
        : isDone
          ? 'It has made all its steps.'
          : !ready
            ? 'Training takes a GPU.'
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
          {checkpoint ? `Resume at step ${whole(progress.step)}` : 'Begin again'}
        </button>
        <button
          type="button"
          disabled={busy && !isHere}
          onClick={() => {
            if (!isHere) void run.show(id);
            experiment.show('train');
          }}
        >
          Show its curves
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
          Watch it stream
        </button>
        <button
          type="button"
          disabled={!checkpoint}
          onClick={() => {
            experiment.setEvaluate({ model, task: undefined });
            experiment.show('extrapolate');
          }}
        >
          Extrapolate
        </button>
        <button
          type="button"
          title="Take its settings to Train, to change some and start another run"
          onClick={() => {
            experiment.choosePreset(record.preset);
            experiment.setConfig(record.config);
            experiment.show('train');
          }}
        >
          Use its settings
        </button>
        <button
          type="button"
          title="One file with everything: settings, curves, progress and checkpoint (.json)"
          onClick={() => void save(runs.exportRun(id))}
        >
          Export run
        </button>
        <button
          type="button"
          disabled={!checkpoint}
          title="The model with the state of its training (.safetensors)"
          onClick={() => void save(runs.exportCheckpoint(id))}
        >
          Checkpoint only
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
      {whyNotResume && <p className={typography.note}>No resuming now: {whyNotResume}</p>}
    </div>
  );
}
