// What Capacity measures: the task, what is varied, the model at hand, and the models to train.

import { catalogue } from '../../models/catalogue.ts';
import { trainable, variedOf } from '../../store/capacity-plan.ts';
import { capacityTasks, loadsOf, type CapacitySettings as Settings } from '../../store/capacity-settings.ts';
import { type TaskId, tasks } from '../../tasks/index.ts';
import { DraftInput } from '../controls/DraftInput.tsx';
import { Field } from '../controls/Field.tsx';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { parseInteger } from '../controls/integer.ts';
import { ModelPicker } from '../controls/ModelPicker.tsx';
import { SeedInput } from '../controls/SeedInput.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';

/** @throws Error with the reason if one is refused */
function listOf(text: string, accept: (part: string) => number): readonly number[] {
  return [...new Set(text.split(',').map(accept))].sort((a, b) => a - b);
}

export function CapacitySettings() {
  const settings = usePlayground(({ experiment }) => experiment.capacity);
  const { setCapacity } = useActions().experiment;
  const set = (part: Partial<Settings>) => setCapacity(part);
  return (
    <>
      <Documents settings={settings} set={set} />
      <Models settings={settings} set={set} />
    </>
  );
}

interface PartProps {
  readonly settings: Settings;
  set(part: Partial<Settings>): void;
}

function Documents({ settings, set }: PartProps) {
  const varied = variedOf(settings);
  const { choices } = varied.knob;
  const loads = Object.entries(loadsOf(settings.task));
  const choice = (part: string) => {
    const value = parseInteger(part.trim(), 1, 4096);
    if (choices.includes(String(value))) return value;
    const known = choices.map(Number).sort((a, b) => a - b);
    throw new Error(`“${part.trim()}” is not one of ${known.join(', ')}.`);
  };
  return (
    <div className={controls.row}>
      <Field label="Task" help={tasks[settings.task].description}>
        {(ids) => (
          <select
            {...ids}
            value={settings.task}
            onChange={({ target }) =>
              set({ task: target.value as TaskId, vary: undefined, values: undefined, trained: undefined })
            }
          >
            {capacityTasks.map((task) => (
              <option key={task} value={task}>
                {tasks[task].title}
              </option>
            ))}
          </select>
        )}
      </Field>
      {loads.length > 1 && (
        <Field label="Vary" help="What the horizontal axis counts.">
          {(ids) => (
            <select
              {...ids}
              value={varied.name}
              onChange={({ target }) => set({ vary: target.value, values: undefined, trained: undefined })}
            >
              {loads.map(([name, { label }]) => (
                <option key={name} value={name}>
                  {label}
                </option>
              ))}
            </select>
          )}
        </Field>
      )}
      <DraftInput
        label={varied.knob.label}
        help={`Each model is evaluated at each of these numbers, separated by commas. ${varied.knob.help}`}
        className={controls.wide}
        inputMode="text"
        value={varied.values.join(',')}
        accept={(text) => {
          const values = listOf(text, choice);
          set({ values });
          return values.join(',');
        }}
      />
      <IntegerInput
        label="Segments"
        help="The length of the documents. The longer they are, the more fits, and the longer memory has to hold it."
        className={controls.short}
        value={settings.segments}
        min={1}
        max={4096}
        onChange={(segments) => set({ segments })}
      />
      <IntegerInput
        label="Samples"
        help="Documents for each number. More samples make the intervals narrower."
        className={controls.short}
        value={settings.samples}
        min={1}
        max={100_000}
        onChange={(samples) => set({ samples })}
      />
      <SeedInput
        help="Determines the documents, and the training of the models."
        className={controls.short}
        value={settings.seed}
        onChange={(seed) => set({ seed })}
      />
    </div>
  );
}

function Models({ settings, set }: PartProps) {
  const { knob, trained } = variedOf(settings);
  const bundled = usePlayground(({ models }) => models.bundled);
  const steps = settings.steps;
  return (
    <>
      <div className={controls.row}>
        <ModelPicker
          label="Model at hand"
          value={settings.model}
          none="None"
          onChange={(choice) => {
            // Beyond the length it was trained on, a curve shows that and not the limit of memory.
            const known = bundled.find(({ file, task }) => file === choice && task === settings.task);
            set({ model: choice === '' ? undefined : choice, ...(known ? { segments: known.segments } : {}) });
          }}
        />
      </div>
      <fieldset className={controls.checks}>
        <legend>Train small models, one after the other</legend>
        {trainable(settings).map((model) => (
          <label key={model} className={controls.check} title={catalogue[model].description}>
            <input
              type="checkbox"
              checked={settings.train.includes(model)}
              onChange={({ target }) =>
                set({
                  train: trainable(settings).filter((each) =>
                    each === model ? target.checked : settings.train.includes(each),
                  ),
                })
              }
            />{' '}
            {catalogue[model].title}
          </label>
        ))}
      </fieldset>
      <div className={controls.row}>
        <DraftInput
          label="Sizes of memory"
          help="Memory tokens or, for Transformer-XL, entries of its cache; separated by commas. Each kind of model is trained with each size."
          inputMode="text"
          value={settings.memory.join(',')}
          accept={(text) => {
            const memory = listOf(text, (part) => parseInteger(part.trim(), 1, 4096));
            set({ memory });
            return memory.join(',');
          }}
        />
        <Field label={`${knob.label} in training`} help="The number in the documents that the models are trained on.">
          {(ids) => (
            <select {...ids} value={String(trained)} onChange={({ target }) => set({ trained: Number(target.value) })}>
              {knob.choices
                .map(Number)
                .sort((a, b) => a - b)
                .map((value) => (
                  <option key={value} value={value}>
                    {value}
                  </option>
                ))}
            </select>
          )}
        </Field>
        <DraftInput
          label="Steps of each stage"
          help="Empty: as in the preset of the task. Fewer steps are quicker, and may not be enough to learn the task."
          inputMode="numeric"
          placeholder="as in the preset"
          value={steps === undefined ? '' : String(steps)}
          accept={(text) => {
            const chosen = text.trim() === '' ? undefined : parseInteger(text, 1, 10_000_000);
            set({ steps: chosen });
            return chosen === undefined ? '' : String(chosen);
          }}
        />
      </div>
    </>
  );
}
