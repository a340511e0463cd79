// What could not be saved of a run, and what helps.
import { getPlayground, usePlayground } from '../../platform/client.ts';

export function SaveProblem({ withRuns = false }: { readonly withRuns?: boolean }) {
  const problem = usePlayground(({ runs }) => runs.saveProblem);
  if (!problem) return null;
  return (
    <div className="alert" role="alert">
      <p>{problem}</p>
      <p className="actions">
        <button type="button" onClick={() => void getPlayground().runs.saveAgain()}>
          Save again
        </button>
        {withRuns && (
          <button type="button" onClick={() => getPlayground().experiment.show('runs')}>
            Open Runs
          </button>
        )}
      </p>
    </div>
  );
}
