// Why a run could not be saved, and what to do about it.
import { useActions, usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import notices from '../styles/notices.module.css';

export function SaveProblem({ withRuns = false }: { readonly withRuns?: boolean }) {
  const actions = useActions();
  const problem = usePlayground(({ runs }) => runs.saveProblem);
  if (!problem) return null;
  return (
    <div className={notices.alert} role="alert">
      <p>{problem}</p>
      <p className={layout.actions}>
        <button type="button" onClick={() => void actions.runs.saveAgain()}>
          Save again
        </button>
        {withRuns && (
          <button type="button" onClick={() => actions.experiment.show('runs')}>
            Open Runs
          </button>
        )}
      </p>
    </div>
  );
}
