// Training: model and task, knobs, run, curves.

import { appliesTo, type Knob, type KnobName, knobNames, knobs } from '../../experiment/config.ts';
import { isTraining } from '../../store/slices/run-state.ts';
import { classNames } from '../class-names.ts';
import { Files } from '../controls/Files.tsx';
import { KnobControl } from '../controls/KnobControl.tsx';
import { Term } from '../glossary/Term.tsx';
import { NoGpu } from '../NoGpu.tsx';
import { usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { Choice } from '../train/Choice.tsx';
import { RunPanel } from '../train/RunPanel.tsx';
import { StartFrom } from '../train/StartFrom.tsx';
import { Sweep } from '../train/Sweep.tsx';
import { TokenizerFile } from '../train/TokenizerFile.tsx';
import css from './Train.module.css';

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
      <div className={layout.lead}>
        <h1>Train a model with memory</h1>
        <p>
          Pick a model and a task, or start from a preset. The <Term id="curriculum">curriculum</Term> trains on one
          segment first, then on more. Keep a run for comparison and train another model.
        </p>
      </div>
      {missing && <NoGpu />}
      <Choice />
      <StartFrom />
      <Sweep />
      <div className={layout.sideBySide}>
        <Configuration />
        <RunPanel />
      </div>
    </>
  );
}

function Configuration() {
  const config = usePlayground(({ experiment }) => experiment.config);
  const busy = usePlayground(({ run }) => isTraining(run.status));
  const model = usePlayground(({ start }) => start.model);
  // What to train of a model is asked beside it.
  const isElsewhere = (name: KnobName) =>
    chosenAbove.has(name) || (model && (name === 'trained' || model.unused.includes(name)));
  const shown = knobNames.filter((name) => !isElsewhere(name) && appliesTo(name, config));
  return (
    <form
      className={classNames(sections.panel, css.configuration)}
      aria-label="Configuration"
      onSubmit={(event) => event.preventDefault()}
    >
      <Files task={config.task} disabled={busy} />
      {config.tokenizer === 'file' && appliesTo('tokenizer', config) && <TokenizerFile disabled={busy} />}
      <div className={controls.knobs}>
        {shown
          .filter((name) => knobs[name].basic)
          .map((name) => (
            <KnobControl key={name} name={name} />
          ))}
      </div>
      <details className={css.advanced}>
        <summary>All other settings</summary>
        {Object.entries(groups).map(([group, title]) => {
          const names = shown.filter((name) => knobs[name].group === group && !knobs[name].basic);
          if (names.length === 0) return null;
          return (
            <details key={group} className={css.group}>
              <summary>
                {title} <span className={typography.quiet}>({names.length})</span>
              </summary>
              <div className={classNames(controls.knobs, css.inGroup)}>
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
