// Train a model of one's own: model and task, knobs, run, curves.

import { appliesTo, type Knob, type KnobName, knobNames, knobs } from '../../experiment/config.ts';
import { isTraining } from '../../store/slices/run.ts';
import { Files } from '../controls/Files.tsx';
import { KnobControl } from '../controls/KnobControl.tsx';
import { Term } from '../glossary/Term.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { usePlayground } from '../playground.tsx';
import { Choice } from '../train/Choice.tsx';
import { RunPanel } from '../train/RunPanel.tsx';

const groups: Readonly<Record<Knob['group'], string>> = {
  task: 'Task',
  model: 'Model',
  curriculum: 'Curriculum',
  optimiser: 'Optimiser',
  run: 'Run',
};
const chosenAbove: ReadonlySet<KnobName> = new Set<KnobName>(['model', 'task']);

export function Train() {
  const missing = usePlayground(({ device }) => device.status === 'missing');
  return (
    <>
      <div className="lead">
        <h1>Train a memory</h1>
        <p>
          Pick a model and a task, or start from a preset. The <Term id="curriculum">curriculum</Term> trains on one
          segment first, then on more; keep a run for comparison, pick another model, and see who remembers.
        </p>
      </div>
      {missing && <NoGpu />}
      <Choice />
      <div className="side-by-side">
        <Configuration />
        <RunPanel />
      </div>
    </>
  );
}

function Configuration() {
  const config = usePlayground(({ experiment }) => experiment.config);
  const busy = usePlayground(({ run }) => isTraining(run.status));
  const shown = knobNames.filter((name) => !chosenAbove.has(name) && appliesTo(name, config));
  return (
    <form className="panel configuration" aria-label="Configuration" onSubmit={(event) => event.preventDefault()}>
      <Files task={config.task} disabled={busy} />
      <div className="knobs">
        {shown
          .filter((name) => knobs[name].basic)
          .map((name) => (
            <KnobControl key={name} name={name} />
          ))}
      </div>
      <details className="advanced">
        <summary>All other settings</summary>
        {Object.entries(groups).map(([group, title]) => {
          const names = shown.filter((name) => knobs[name].group === group && !knobs[name].basic);
          if (names.length === 0) return null;
          return (
            <details key={group} className="group">
              <summary>
                {title} <span className="quiet">({names.length})</span>
              </summary>
              <div className="knobs">
                {names.map((name) => (
                  <KnobControl key={name} name={name} />
                ))}
              </div>
            </details>
          );
        })}
      </details>
    </form>
  );
}
