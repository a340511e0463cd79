// Seeds and sweeps: what varies between runs, how each is evaluated, and how many runs that makes.
import {
  appliesTo,
  canAnswer,
  type Knob,
  type KnobName,
  knobNames,
  knobs,
  parseKnob,
} from '../../experiment/config.ts';
import { valuesOf, variedIn } from '../../experiment/sweep.ts';
import { catalogue, type ModelId } from '../../models/catalogue.ts';
import { parseSegments } from '../../store/address.ts';
import { isSweep, lengthsFor } from '../../store/sweep-plan.ts';
import { plainValues } from '../../store/train-settings.ts';
import { tasks } from '../../tasks/index.ts';
import { Alert } from '../controls/Alert.tsx';
import { DraftInput } from '../controls/DraftInput.tsx';
import { Field } from '../controls/Field.tsx';
import { IntegerInput } from '../controls/IntegerInput.tsx';
import { refusal } from '../controls/integer.ts';
import { sayingWhy, useFixed } from '../controls/KnobControl.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import css from './Sweep.module.css';
import { usePlan } from './use-plan.ts';

export function Sweep() {
  const { experiment } = useActions();
  const { train, config } = usePlayground((state) => state.experiment);
  const sweep = isSweep(train);
  const { problem } = usePlan();
  return (
    <section className={sections.panel} aria-label="Seeds and sweeps">
      <header className={sections.head}>
        <h2>Seeds and sweeps</h2>
        <p className={layout.actions}>
          <button
            type="button"
            title="RMT, Transformer-XL and a Transformer without memory on Copy, three seeds each: the figure of accuracy with 95 % bands, by training step and by length"
            onClick={experiment.compareMemories}
          >
            Who remembers?
          </button>
          {sweep && (
            <button
              type="button"
              title="Train one run with the values in the form"
              onClick={() => experiment.setTrain({ sweep: {}, lengths: [] })}
            >
              One run again
            </button>
          )}
        </p>
      </header>
      <p className={typography.note}>
        Several seeds show how much of a result is chance. Give any setting several values, such as seeds 1-5: every
        combination is one run, and the runs are trained one after the other.
      </p>
      <div className={css.varied}>
        {variedIn({ seed: String(config.seed), ...train.sweep }).map((name) => (
          <Varied key={name} name={name} />
        ))}
        <Another />
      </div>
      {sweep && <Evaluation />}
      <Alert>{problem}</Alert>
    </section>
  );
}

/** The values of one knob. */
function Varied({ name }: { readonly name: KnobName }) {
  const { setKnob, setSweep } = useActions().experiment;
  const single = String(usePlayground(({ experiment }) => experiment.config[name]));
  const several = usePlayground(({ experiment }) => experiment.train.sweep[name]);
  const knob: Knob = knobs[name];
  const label = name === 'seed' ? 'Seeds' : `${knob.label}, values`;
  const set = (text: string) => {
    const values = sayingWhy(text, () => valuesOf(name, text));
    setKnob(
      name,
      sayingWhy(text, () => parseKnob(name, values[0])),
    );
    setSweep(name, name === 'seed' && values.length === 1 ? undefined : text);
    return name === 'seed' && values.length === 1 ? String(values[0]) : plainValues(text);
  };
  const remove = several !== undefined && name !== 'seed' && (
    <button
      type="button"
      className={buttons.plain}
      aria-label={`Do not vary ${label}`}
      onClick={() => setSweep(name, undefined)}
    >
      Remove
    </button>
  );
  if (knob.kind === 'choice')
    return <Choices name={name} label={label} chosen={(several ?? single).split(',')} onChange={set} remove={remove} />;
  return (
    <div className={css.values}>
      <DraftInput
        label={label}
        help={
          knob.kind === 'list'
            ? 'Lists, separated by semicolons: 1,2;1,2,4 are two values.'
            : `Values, separated by commas${knob.kind === 'integer' ? '; 1-5 is a range' : ''}. ${knob.help}`
        }
        inputMode="text"
        value={several ?? single}
        accept={set}
      />
      {remove}
    </div>
  );
}

interface ChoicesProps {
  readonly name: KnobName;
  readonly label: string;
  readonly chosen: readonly string[];
  onChange(text: string): void;
  readonly remove: React.ReactNode;
}

/** The values of a knob that offers a few. At least one stays chosen. */
function Choices({ name, label, chosen, onChange, remove }: ChoicesProps) {
  const task = usePlayground(({ experiment }) => tasks[experiment.config.task]);
  const knob: Knob = knobs[name];
  const offered = (knob.kind === 'choice' ? knob.choices : []).filter(
    (choice) => name !== 'model' || canAnswer(catalogue[choice as ModelId], task),
  );
  return (
    <fieldset className={controls.checks}>
      <legend>
        {label} {remove}
      </legend>
      {offered.map((choice) => {
        const isOn = chosen.includes(choice);
        return (
          <label key={choice} className={controls.check}>
            <input
              type="checkbox"
              checked={isOn}
              disabled={isOn && chosen.length === 1}
              onChange={() =>
                onChange(offered.filter((each) => (each === choice ? !isOn : chosen.includes(each))).join(','))
              }
            />{' '}
            {name === 'model' ? catalogue[choice as ModelId].title : choice}
          </label>
        );
      })}
    </fieldset>
  );
}

/** Choose another knob to vary. */
function Another() {
  const { setSweep } = useActions().experiment;
  const { config, train } = usePlayground(({ experiment }) => experiment);
  const isModelFixed = useFixed('model') !== undefined;
  const fixed = usePlayground(({ start }) => start.model?.settings);
  const offered = knobNames.filter(
    (name) =>
      name !== 'seed' &&
      name !== 'task' &&
      knobs[name].about !== 'looking' &&
      train.sweep[name] === undefined &&
      appliesTo(name, config) &&
      !(fixed && Object.hasOwn(fixed, name)) &&
      !(name === 'model' && isModelFixed),
  );
  return (
    <Field label="Vary also" help="Another setting with several values; each combination is a run.">
      {(ids) => (
        <select
          {...ids}
          value=""
          onChange={({ target }) => setSweep(target.value as KnobName, String(config[target.value as KnobName]))}
        >
          <option value="">Choose a setting …</option>
          {offered.map((name) => (
            <option key={name} value={name}>
              {knobs[name].label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

/** The evaluation of each run by length. */
function Evaluation() {
  const { setTrain } = useActions().experiment;
  const { config, train } = usePlayground(({ experiment }) => experiment);
  const { lengths, samples } = train;
  const isOn = lengths.length > 0;
  return (
    <div className={controls.row}>
      <label className={controls.check} title="Accuracy by number of segments, as on Extrapolate, kept with each run">
        <input
          type="checkbox"
          checked={isOn}
          onChange={({ target }) => setTrain({ lengths: target.checked ? lengthsFor(config) : [] })}
        />{' '}
        evaluate each run by length
      </label>
      {isOn && (
        <>
          <DraftInput
            label="Numbers of segments"
            help="Each run is evaluated on documents of these lengths once it is trained. Whole numbers from 1 to 4096, separated by commas."
            inputMode="text"
            value={lengths.join(',')}
            accept={(text) => {
              const chosen = parseSegments(text);
              if (!chosen)
                throw new Error(refusal(text, 'a list of whole numbers from 1 to 4096, separated by commas'));
              setTrain({ lengths: chosen });
              return chosen.join(',');
            }}
          />
          <IntegerInput
            label="Samples"
            help="Documents of each length. More make the accuracy of a single run more certain."
            className={controls.short}
            value={samples}
            min={1}
            max={100_000}
            onChange={(wanted) => setTrain({ samples: wanted })}
          />
        </>
      )}
    </div>
  );
}
