// Open from the hub: a model is looked up, shown with its size and licence, downloaded, kept, listed and removed.
import { useState } from 'react';
import { Alert } from '../controls/Alert.tsx';
import { Field } from '../controls/Field.tsx';
import { bytes, integer } from '../format.ts';
import { useActions, usePlayground } from '../playground.tsx';
import buttons from '../styles/buttons.module.css';
import controls from '../styles/controls.module.css';
import layout from '../styles/layout.module.css';
import meters from '../styles/meters.module.css';
import sections from '../styles/sections.module.css';
import typography from '../styles/typography.module.css';
import { KeptModels } from './KeptModels.tsx';

interface HubPanelProps {
  onOpen(choice: string | undefined): void;
}

export function HubPanel({ onOpen }: HubPanelProps) {
  const { hub } = useActions();
  const status = usePlayground((state) => state.hub.status);
  const problem = usePlayground((state) => state.hub.problem);
  return (
    <section className={sections.panel} aria-label="Open from the hub">
      <header className={sections.head}>
        <h2>Open from the Hugging Face hub</h2>
        <button type="button" onClick={() => hub.show(false)}>
          Close
        </button>
      </header>
      <p className={typography.note}>
        Looking a model up sends its name, and the token if you give one, to huggingface.co; downloading fetches its
        files from there and from the storage servers of the hub (cdn.hf.co and cdn-lfs.hf.co). Nothing else is sent,
        and no other part of this page sends requests to another server. Downloaded models stay in this browser and work
        offline.
      </p>
      <LookUp />
      <Alert>{problem}</Alert>
      {status !== 'idle' && <Found onOpen={onOpen} />}
      <KeptModels onOpen={onOpen} />
    </section>
  );
}

function LookUp() {
  const { hub } = useActions();
  const status = usePlayground((state) => state.hub.status);
  const [name, setName] = useState('');
  const [token, setToken] = useState('');
  const isBusy = status === 'asking' || status === 'downloading';
  return (
    <form
      className={controls.row}
      onSubmit={(event) => {
        event.preventDefault();
        if (!isBusy) void hub.ask(name, token);
      }}
    >
      <Field
        label="Model"
        className={controls.above}
        help="OWNER/NAME, as on the hub, such as google-bert/bert-base-uncased; a branch, tag or commit after @."
      >
        {(ids) => (
          <input
            {...ids}
            type="text"
            placeholder="OWNER/NAME"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            required
            value={name}
            onChange={({ target }) => setName(target.value)}
          />
        )}
      </Field>
      <Field
        label="Access token (optional)"
        className={controls.above}
        help="Needed for gated and private models only. It is sent to huggingface.co and forgotten when the page is closed."
      >
        {(ids) => (
          <input
            {...ids}
            type="password"
            autoComplete="off"
            value={token}
            onChange={({ target }) => setToken(target.value)}
          />
        )}
      </Field>
      <button type="submit" disabled={status === 'downloading'}>
        Look up
      </button>
    </form>
  );
}

/** What the hub says about a model, and its download. */
function Found({ onOpen }: HubPanelProps) {
  const { hub } = useActions();
  const { status, found, progress } = usePlayground((state) => state.hub);
  if (!found) return <p role="status">Asking the hub …</p>;
  const { id, revision, licence, gated, files, bytes: size } = found;
  return (
    <section className={layout.stack} aria-label={`Found: ${id}`}>
      <p>
        <strong>{id}</strong>: {bytes(size)} in {integer(files.length)} files, licence{' '}
        {licence ?? 'not stated (see the model’s page on the hub)'}
        {gated && ', gated: needs an access token of an account that its owner admits'}.{' '}
        <span className={typography.quiet}>Revision {revision.slice(0, 12)}.</span>
      </p>
      {status === 'downloading' ? (
        <div className={meters.progress}>
          <progress aria-label={`Downloading ${id}`} value={progress?.bytes ?? 0} max={progress?.total ?? size} />
          <p>
            {bytes(progress?.bytes ?? 0)} of {bytes(size)} {progress && <>· {progress.file}</>}
          </p>
          <p>
            <button type="button" onClick={hub.cancel}>
              Stop the download
            </button>
          </p>
        </div>
      ) : (
        <p className={layout.actions}>
          <button type="button" className={buttons.primary} onClick={async () => onOpen(await hub.download())}>
            Download {bytes(size)}
          </button>
        </p>
      )}
    </section>
  );
}
