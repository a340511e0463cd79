// The control of one knob, drawn from its entry.

import { InputError } from '../../errors.ts';
import { type Knob, type KnobName, knobs, parseKnob } from '../../experiment/config.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { DraftInput } from './DraftInput.tsx';
import { Field } from './Field.tsx';
import { refusal } from './integer.ts';

/** @throws Error with a sentence for the user if the text is invalid */
function parsedKnob(name: KnobName, text: string) {
  try {
    return parseKnob(name, text);
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
  const value = String(usePlayground(({ experiment }) => experiment.config[name]));
  const fixed = useFixed(name);
  const source = `Source: ${knob.source}.`;
  const accept = (text: string) => {
    const parsed = parsedKnob(name, text);
    actions.experiment.setKnob(name, parsed);
    return String(parsed);
  };
  if (knob.kind !== 'choice') {
    const range = knob.kind === 'list' ? 'Whole numbers, separated by commas.' : `From ${knob.min} to ${knob.max}.`;
    const inputMode = knob.kind === 'integer' ? 'numeric' : knob.kind === 'list' ? 'text' : 'decimal';
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
    <Field label={knob.label} help={`${knob.help} ${source}`} note={fixed}>
      {(ids) => (
        <select {...ids} value={value} disabled={fixed !== undefined} onChange={({ target }) => accept(target.value)}>
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
