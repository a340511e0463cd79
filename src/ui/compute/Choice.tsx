// Which model's layers the costs are of: those configured on Train, a bundled checkpoint's, or a file's.
import { getPlayground, usePlayground } from '../../store/client.ts';
import { Field } from '../controls/Field.tsx';
import { bytesOf, OpenFile } from '../controls/OpenFile.tsx';

export function Choice() {
  const choice = usePlayground(({ experiment }) => experiment.compute.model) ?? '';
  const { bundled, files } = usePlayground(({ models }) => models);
  const choose = (model: string) => getPlayground().experiment.setCompute({ model: model || undefined });
  const known = choice === '' || bundled.some(({ file }) => file === choice) || files.includes(choice.slice(5));
  return (
    <div className="with-button">
      <Field
        label="Your model"
        help="Its layers are put into the formula and measured. As configured on the Train view, or those of a checkpoint."
      >
        {(ids) => (
          <select {...ids} value={choice} onChange={({ target }) => choose(target.value)}>
            <option value="">As configured on Train</option>
            {!known && <option value={choice}>{choice}</option>}
            {bundled.length > 0 && (
              <optgroup label="Bundled">
                {bundled.map(({ file, title }) => (
                  <option key={file} value={file}>
                    {title}
                  </option>
                ))}
              </optgroup>
            )}
            {files.length > 0 && (
              <optgroup label="Yours">
                {files.map((name) => (
                  <option key={name} value={`file:${name}`}>
                    {name}
                  </option>
                ))}
              </optgroup>
            )}
          </select>
        )}
      </Field>
      <OpenFile
        accept=".safetensors"
        title="Open a checkpoint (.safetensors), or drop one here"
        onFile={async (file) => {
          getPlayground().models.addFile(file.name, await bytesOf(file));
          choose(`file:${file.name}`);
        }}
      >
        Open file…
      </OpenFile>
    </div>
  );
}
