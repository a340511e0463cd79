// The parts shared by the lists of models: bundled models, opened files, and the button that opens another.
import { useActions, usePlayground } from '../playground.tsx';
import { Alert } from './Alert.tsx';
import { bytesOf, OpenFile } from './OpenFile.tsx';

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

/** Why the last file could not be opened. */
export function OpenProblem() {
  return <Alert>{usePlayground(({ models }) => models.fileProblem)}</Alert>;
}

/** Opens a checkpoint and chooses it. */
export function OpenCheckpoint({ onOpen }: { onOpen(choice: string): void }) {
  const actions = useActions();
  return (
    <OpenFile
      title="Open a checkpoint (.safetensors), or drop one here"
      onFile={async (file) => {
        if (actions.models.addFile(file.name, await bytesOf(file))) onOpen(`file:${file.name}`);
      }}
    >
      Open file…
    </OpenFile>
  );
}
