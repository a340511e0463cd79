// The choice of the model whose cost is shown: the one configured on Train, a bundled checkpoint or a file.

import { choiceOf } from '../../store/slices/hub.ts';
import { Field } from '../controls/Field.tsx';
import { BundledOptions, FileOptions, HubOptions, OpenModel } from '../controls/ModelOptions.tsx';
import { useActions, usePlayground } from '../playground.tsx';
import controls from '../styles/controls.module.css';

export function Choice() {
  const actions = useActions();
  const choice = usePlayground(({ experiment }) => experiment.compute.model) ?? '';
  const { bundled, files } = usePlayground(({ models }) => models);
  const isKept = usePlayground(({ hub }) => hub.kept.some((model) => choiceOf(model) === choice));
  const choose = (model: string) => actions.experiment.setCompute({ model: model || undefined });
  const known =
    choice === '' || bundled.some(({ file }) => file === choice) || files.includes(choice.slice(5)) || isKept;
  return (
    <div className={controls.withButtons}>
      <Field
        label="Your model"
        help="The model whose layers go into the formula and are measured: as configured on the Train view, or from a checkpoint."
      >
        {(ids) => (
          <select {...ids} value={choice} onChange={({ target }) => choose(target.value)}>
            <option value="">As configured on Train</option>
            {!known && <option value={choice}>{choice}</option>}
            <BundledOptions />
            {files.length > 0 && (
              <optgroup label="Yours">
                <FileOptions />
              </optgroup>
            )}
            <HubOptions />
          </select>
        )}
      </Field>
      <OpenModel onOpen={choose} />
    </div>
  );
}
