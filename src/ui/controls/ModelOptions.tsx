// The parts shared by the lists of models: bundled models, opened files, those of the hub, and the buttons that open another.
import { choiceOf } from '../../store/slices/hub.ts';
import { runPrefix } from '../../store/slices/models.ts';
import { integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { OpenFile } from './OpenFile.tsx';

/** The saved runs with a checkpoint, and whether a choice is in any of the lists. */
export function useModelLists() {
  const { bundled, files } = usePlayground(({ models }) => models);
  const runs = usePlayground((state) => state.runs.entries);
  const kept = usePlayground(({ hub }) => hub.kept);
  const saved = runs.flatMap(({ record }) => (record?.checkpoint && record.deleted === undefined ? [record] : []));
  const isListed = (choice: string) =>
    bundled.some(({ file }) => file === choice) ||
    files.includes(choice.replace(/^file:/, '')) ||
    saved.some(({ id }) => choice === `${runPrefix}${id}`) ||
    kept.some((model) => model.isComplete && choice === choiceOf(model));
  return { saved, isListed };
}

export function RunOptions() {
  const { saved } = useModelLists();
  if (saved.length === 0) return null;
  return (
    <optgroup label="Your runs">
      {saved.map(({ id, name, progress }) => (
        <option key={id} value={`${runPrefix}${id}`}>
          {name} (step {integer(progress.step)})
        </option>
      ))}
    </optgroup>
  );
}

export function BundledOptions() {
  const bundled = usePlayground(({ models }) => models.bundled);
  if (bundled.length === 0) return null;
  return (
    <optgroup label="Bundled">
      {bundled.map(({ file, title }) => (
        <option key={file} value={file}>
          {title}
        </option>
      ))}
    </optgroup>
  );
}

export function FileOptions() {
  const files = usePlayground(({ models }) => models.files);
  return files.map((name) => (
    <option key={name} value={`file:${name}`}>
      {name}
    </option>
  ));
}

/** The models downloaded from the hub. */
export function HubOptions() {
  const kept = usePlayground(({ hub }) => hub.kept).filter(({ isComplete }) => isComplete);
  if (kept.length === 0) return null;
  return (
    <optgroup label="From the hub">
      {kept.map((model) => (
        <option key={choiceOf(model)} value={choiceOf(model)}>
          {model.id}
        </option>
      ))}
    </optgroup>
  );
}

/** Opens a checkpoint or a published model and chooses it. */
export function OpenModel({ onOpen }: { onOpen(choice: string): void }) {
  const { imports, hub } = useActions();
  const isHubShown = usePlayground((state) => state.hub.isShown);
  const isAvailable = usePlayground((state) => state.hub.isAvailable);
  return (
    <>
      <OpenFile
        title="Open a checkpoint (.safetensors), or the files of a published model together: config.json, weights, tokenizer. They can also be dropped here"
        onFiles={async (files) => {
          const choice = await imports.open(files);
          if (choice !== undefined) onOpen(choice);
        }}
      >
        Open files…
      </OpenFile>
      {isAvailable && (
        <button
          type="button"
          aria-expanded={isHubShown}
          title="Download a model from the Hugging Face hub. Nothing is requested until you look one up"
          onClick={() => hub.show(!isHubShown)}
        >
          Open from the hub…
        </button>
      )}
    </>
  );
}
