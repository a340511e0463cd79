// The control of one knob, drawn from its entry.

import { InputError } from '../../errors.ts';
import { type Knob, type KnobName, knobs, parseKnob } from '../../experiment/config.ts';
import { areSeveral, valuesOf } from '../../experiment/sweep.ts';
import { plainValues } from '../../store/train-settings.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { DraftInput } from './DraftInput.tsx';
import { Field } from './Field.tsx';
import { refusal } from './integer.ts';

/** @throws Error with a sentence for the user if the text is invalid */
export function sayingWhy<T>(text: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!(error instanceof InputError)) throw error;
    throw new Error(refusal(text, error.expected));
  }
}

/** Why a knob cannot be changed, if the model that a run starts from determines it. */
export function useFixed(name: KnobName): string | undefined {
  const model = usePlayground(({ start }) => start.model);
  return model && Object.hasOwn(model.settings, name) ? `Fixed: taken from ${model.name}` : undefined;
}

export function KnobControl({ name }: { readonly name: KnobName }) {
  const actions = useActions();
  const knob: Knob = knobs[name];
  const single = String(usePlayground(({ experiment }) => experiment.config[name]));
  const several = usePlayground(({ experiment }) => experiment.train.sweep[name]);
  const value = several ?? single;
  const fixed = useFixed(name);
  const source = `Source: ${knob.source}.`;
  const { setKnob, setSweep } = actions.experiment;
  const accept = (text: string) => {
    if (areSeveral(name, text)) {
      const [first] = sayingWhy(text, () => valuesOf(name, text));
      setKnob(
        name,
        sayingWhy(text, () => parseKnob(name, first)),
      );
      setSweep(name, text);
      return plainValues(text);
    }
    const parsed = sayingWhy(text, () => parseKnob(name, text));
    setKnob(name, parsed);
    if (several !== undefined) setSweep(name, undefined);
    return String(parsed);
  };
  if (knob.kind !== 'choice') {
    const bounds = `From ${knob.min} to ${knob.max}.`;
    const range = {
      list: 'Whole numbers, separated by commas. Several lists, separated by semicolons, are a run each.',
      integer: `${bounds} Several values, such as 1-5 or 1, 3, 7, are a run each.`,
      number: `${bounds} Several values, separated by commas, are a run each.`,
    }[knob.kind];
    const inputMode = 'text';
    return (
      <DraftInput
        label={knob.label}
        help={`${knob.help} ${range} ${source}`}
        value={value}
        inputMode={inputMode}
        fixed={fixed}
        accept={accept}
      />
    );
  }
  return (
    <Field
      label={knob.label}
      help={`${knob.help} ${source}`}
      note={fixed ?? (several === undefined ? undefined : `Varied: ${several.replaceAll(',', ', ')}`)}
    >
      {(ids) => (
        <select
          {...ids}
          value={single}
          disabled={fixed !== undefined || several !== undefined}
          onChange={({ target }) => accept(target.value)}
        >
          {knob.choices.map((choice) => (
            <option key={choice} value={choice}>
              {choice}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}
