// Train a model of one's own: preset, knobs, run, curves.
import { useEffect } from 'react';
import { configProblem } from '../../store/address.ts';
import { getPlayground, usePlayground } from '../../store/client.ts';
import { isTraining } from '../../store/run.ts';
import {
  configDifference,
  type Knob,
  type KnobName,
  knobNames,
  knobs,
  type PresetName,
  presetConfig,
  presets,
} from '../../train/config.ts';
import { Field } from '../controls/Field.tsx';
import { KnobControl } from '../controls/KnobControl.tsx';
import { OpenFile } from '../controls/OpenFile.tsx';
import { bytes, whole } from '../format.ts';
import { NoGpu } from '../NoGpu.tsx';
import { saveFile } from '../save-file.ts';
import { RunPanel } from '../train/RunPanel.tsx';

const groups: Readonly<Record<Knob['group'], string>> = {
  task: 'Task and noise',
  model: 'Model',
  curriculum: 'Curriculum',
  optimiser: 'Optimiser',
  run: 'Run',
};
const isBasic = (name: KnobName) => 'basic' in knobs[name];

export function Train() {
  const missing = usePlayground(({ device }) => device.status === 'missing');
  const download = usePlayground(({ run }) => run.download);
  const task = usePlayground(({ experiment }) => experiment.config.task);
  useEffect(() => {
    if (!download) return;
    saveFile(`rmt-${task}.safetensors`, download);
    getPlayground().run.downloaded();
  }, [download, task]);
  return (
    <>
      <div className="lead">
        <h1>Train a memory</h1>
        <p>
          Start from a preset. The curriculum trains on one segment first, then on more; every stage goes on from the
          weights of the last.
        </p>
      </div>
      {missing && <NoGpu />}
      <div className="side-by-side">
        <Configuration />
        <RunPanel />
      </div>
    </>
  );
}

function Configuration() {
  const { preset, config } = usePlayground(({ experiment }) => experiment);
  const difference = Object.keys(configDifference(config, presetConfig(preset))).length;
  return (
    <form className="panel configuration" aria-label="Configuration" onSubmit={(event) => event.preventDefault()}>
      <Field label="Preset" help={presets[preset].description} className="preset">
        {(ids) => (
          <select
            {...ids}
            value={preset}
            onChange={({ target }) => getPlayground().experiment.choosePreset(target.value as PresetName)}
          >
            {Object.entries(presets).map(([name, { title }]) => (
              <option key={name} value={name}>
                {title}
              </option>
            ))}
          </select>
        )}
      </Field>
      <p className="note">{presets[preset].description}</p>
      {difference > 0 && (
        <p className="note changed">
          {difference === 1 ? 'One value differs' : `${difference} values differ`} from the preset.{' '}
          <button type="button" className="plain" onClick={() => getPlayground().experiment.choosePreset(preset)}>
            Reset
          </button>
        </p>
      )}
      <div className="knobs">
        {knobNames.filter(isBasic).map((name) => (
          <KnobControl key={name} name={name} />
        ))}
      </div>
      <NoiseFile />
      <Problem />
      <details className="advanced">
        <summary>All other settings</summary>
        {Object.entries(groups).map(([group, title]) => {
          const names = knobNames.filter((name) => knobs[name].group === group && !isBasic(name));
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

/** What is wrong with the values taken together. */
function Problem() {
  const problem = usePlayground(({ experiment }) => configProblem(experiment.config));
  return problem ? (
    <p className="alert" role="alert">
      {problem}
    </p>
  ) : null;
}

function NoiseFile() {
  const noise = usePlayground(({ run }) => run.noise);
  const busy = usePlayground(({ run }) => isTraining(run.status));
  const { setNoise } = getPlayground().run;
  return (
    <div className="noise">
      <p>
        <strong>Noise</strong>{' '}
        {noise
          ? `${noise.name} (${whole(noise.text.length)} characters, ${bytes(noise.text.length)})`
          : 'built-in sentences'}
      </p>
      <OpenFile
        accept=".txt,.md,text/plain"
        title="Read the noise between the facts from a text of yours, or drop one here"
        onFile={(name, content) => setNoise({ name, text: new TextDecoder().decode(content) })}
      >
        Use a text…
      </OpenFile>
      {noise && (
        <button type="button" disabled={busy} onClick={() => setNoise(undefined)}>
          Built-in again
        </button>
      )}
    </div>
  );
}
