// The parts shared by the lists of models: bundled models, opened files, those of the hub, and the buttons that open another.
import { choiceOf } from '../../store/slices/hub.ts';
import { useActions, usePlayground } from '../playground.tsx';
import { OpenFile } from './OpenFile.tsx';

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
