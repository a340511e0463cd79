// The choice of model and task, or a preset that sets both, and why a pair does not work.
import { type ReactNode, useId } from 'react';
import { canAnswer, configDifference } from '../../experiment/config.ts';
import { type PresetName, presetConfig, presets } from '../../experiment/presets.ts';
import { catalogue, type ModelEntry, type ModelId } from '../../models/catalogue.ts';
import { configProblem } from '../../store/address.ts';
import { startingConfig } from '../../store/starting.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import type { Task } from '../../tasks/task.ts';
import { Field } from '../controls/Field.tsx';
import { useFixed } from '../controls/KnobControl.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import notices from '../styles/notices.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './Choice.module.css';

const models = Object.entries(catalogue) as [ModelId, ModelEntry][];
const allTasks = Object.entries(tasks) as [TaskId, Task][];

/** The decoder with the same kind of memory as an encoder. */
const decoderFor: Readonly<Partial<Record<ModelId, ModelId>>> = {
  'rmt-bert': 'rmt-gpt2',
  bert: 'gpt2',
  'armt-bert': 'armt-gpt2',
};

export function Choice() {
  const { preset, config } = usePlayground(({ experiment }) => experiment);
  const { setKnob, choosePreset } = useActions().experiment;
  const model: ModelEntry = catalogue[config.model];
  const task: Task = tasks[config.task];
  const fixed = useFixed('model');
  const settled = usePlayground(({ start }) => start.settled);
  const difference = Object.keys(configDifference(config, settled(presetConfig(preset)))).length;
  const modelOption = ([id, entry]: [ModelId, ModelEntry]) => (
    <option key={id} value={id}>
      {entry.title}
      {!canAnswer(entry, task) ? ` (not for ${task.title})` : ''}
    </option>
  );
  const taskOption = ([id, entry]: [TaskId, Task]) => (
    <option key={id} value={id}>
      {entry.title}
      {!canAnswer(model, entry) ? ' (needs a decoder)' : ''}
    </option>
  );
  return (
    <section className={sections.panel} aria-label="What to train">
      <div className={css.choices}>
        <Described
          label="Model"
          source={`Source: ${model.source}`}
          text={fixed ? `${fixed}. ${model.description}` : model.description}
        >
          {(ids) => (
            <select
              {...ids}
              value={config.model}
              disabled={fixed !== undefined}
              onChange={({ target }) => setKnob('model', target.value as ModelId)}
            >
              <optgroup label="Decoders (answer in words)">
                {models.filter(([, { answers }]) => answers === 'tokens').map(modelOption)}
              </optgroup>
              <optgroup label="Encoders (answer with a class)">
                {models.filter(([, { answers }]) => answers === 'class').map(modelOption)}
              </optgroup>
            </select>
          )}
        </Described>
        <Described label="Task" source={`Source: ${task.source}`} text={task.description}>
          {(ids) => (
            <select {...ids} value={config.task} onChange={({ target }) => setKnob('task', target.value as TaskId)}>
              <optgroup label="Answer is a class">
                {allTasks.filter(([, { kind }]) => kind === 'classification').map(taskOption)}
              </optgroup>
              <optgroup label="Answer is a text">
                {allTasks.filter(([, { kind }]) => kind === 'generation').map(taskOption)}
              </optgroup>
            </select>
          )}
        </Described>
        <Described label="Preset" source="A complete set of values" text={presets[preset].description}>
          {(ids) => (
            <select {...ids} value={preset} onChange={({ target }) => choosePreset(target.value as PresetName)}>
              {presetGroups.map(([group, names]) => (
                <optgroup key={group} label={group}>
                  {names.map((name) => (
                    <option key={name} value={name}>
                      {presets[name].title}
                    </option>
                  ))}
                </optgroup>
              ))}
            </select>
          )}
        </Described>
      </div>
      {difference > 0 && (
        <p className={typography.note}>
          {difference === 1 ? 'One value differs' : `${difference} values differ`} from the preset “
          {presets[preset].title}”.{' '}
          <button type="button" className={buttons.plain} onClick={() => choosePreset(preset)}>
            Reset
          </button>
        </p>
      )}
      <Small />
      <Problem />
    </section>
  );
}

const presetsBy = (begin: string) => (Object.keys(presets) as PresetName[]).filter((name) => name.startsWith(begin));
const [paperOnes, fineTuned] = [presetsBy('paper-'), [...presetsBy('bert-'), ...presetsBy('gpt2-')]];
const presetGroups: readonly (readonly [string, readonly PresetName[]])[] = [
  ['Small (minutes)', presetsBy('').filter((name) => ![...paperOnes, ...fineTuned].includes(name))] as const,
  ['Fine-tuning (hours on a GPU)', fineTuned] as const,
  ['As in RMT (hours on a fast GPU)', paperOnes] as const,
].filter(([, names]) => names.length > 0);

interface DescribedProps {
  readonly label: string;
  /** In the tooltip. */
  readonly source: string;
  /** Under the control. */
  readonly text: string;
  children(ids: { readonly id: string; readonly 'aria-describedby': string; readonly title: string }): ReactNode;
}

function Described({ label, source, text, children }: DescribedProps) {
  const id = useId();
  return (
    <div className={css.choice}>
      <Field className={controls.above} label={label} help={source}>
        {(ids) => children({ ...ids, 'aria-describedby': `${ids['aria-describedby']} ${id}` })}
      </Field>
      <p className={typography.note} id={id}>
        {text}
      </p>
    </div>
  );
}

/** Replaces settings that come from another task by defaults for the chosen model and task. */
function Small() {
  const actions = useActions();
  const config = usePlayground(({ experiment }) => experiment.config);
  const small = startingConfig(config.model, config.task, config.seed);
  // A few changed values may be intended; values for another task rarely fit.
  const ofTask = usePlayground(({ experiment }) => presetConfig(experiment.preset).task === config.task);
  const isFixed = useFixed('model') !== undefined;
  if (!small || (ofTask && (isFixed || !configProblem(config)))) return null;
  return (
    <p className={typography.note}>
      These settings come from another task.{' '}
      <button type="button" className={buttons.plain} onClick={() => actions.experiment.startSmall()}>
        Use small defaults for {catalogue[config.model].title} on {tasks[config.task].title}
      </button>
    </p>
  );
}

/** What is wrong with the combination of values, and a fix where there is one. */
function Problem() {
  const actions = useActions();
  const config = usePlayground(({ experiment }) => experiment.config);
  const isFixed = useFixed('model') !== undefined;
  const problem = configProblem(config);
  if (!problem) return null;
  const decoder = decoderFor[config.model];
  const canFix = !isFixed && decoder !== undefined && !canAnswer(catalogue[config.model], tasks[config.task]);
  return (
    <div className={notices.alert} role="alert">
      <p>
        {canFix
          ? `${catalogue[config.model].title} answers with a class, but ${tasks[config.task].title} needs a text as the answer. Use a decoder.`
          : isFixed
            ? `${problem} Choose another task, or another model to start from.`
            : problem}
      </p>
      {canFix && (
        <button type="button" onClick={() => actions.experiment.setKnob('model', decoder)}>
          Use {catalogue[decoder].title}
        </button>
      )}
    </div>
  );
}
