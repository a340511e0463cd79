// The scenes that the user has collected: titled, captioned, ordered, presented, and shared as a link or a file.
import { useState } from 'react';
import { linkTo } from '../../store/link.ts';
import { longestLink, mostScenes, sceneFile, writeScenes } from '../../store/scenes.ts';
import { Alert } from '../controls/Alert.tsx';
import { OpenFile } from '../controls/OpenFile.tsx';
import { copyText } from '../copy-text.ts';
import { integer } from '../format.ts';
import { useActions, usePlayground, useStoreApi } from '../playground.tsx';
import { saveFile } from '../save-file.ts';
import buttons from '../styles/buttons.module.css';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './Scenes.module.css';

export function OwnScenes() {
  const { own, problem } = usePlayground(({ scenes }) => scenes);
  const { present, openFile } = useActions().scenes;
  return (
    <>
      <p className={typography.note}>
        “Add scene” at the top of every view adds the view as it is, with its settings and the segment on show. They
        stay in this browser.
      </p>
      <Alert>{problem}</Alert>
      {own.length > 0 && <List />}
      <p className={layout.actions}>
        {own.length > 0 && (
          <button type="button" className={buttons.primary} onClick={() => present(own)}>
            Present your scenes
          </button>
        )}
        {own.length > 0 && <Share />}
        <OpenFile title="Add the scenes of a file that was saved here to yours" onFile={(file) => void openFile(file)}>
          Open a file of scenes…
        </OpenFile>
      </p>
    </>
  );
}

function List() {
  const { own } = usePlayground(({ scenes }) => scenes);
  const { edit, move, remove } = useActions().scenes;
  return (
    <ol className={css.own} aria-label="Your scenes">
      {own.map(({ address, title, caption }, i) => (
        <li key={i} className={css.scene}>
          <div className={css.fields}>
            <label>
              Title
              <input
                type="text"
                value={title}
                maxLength={200}
                onChange={({ target }) => edit(i, { title: target.value })}
              />
            </label>
            <label>
              Caption
              <input
                type="text"
                value={caption}
                maxLength={1000}
                onChange={({ target }) => edit(i, { caption: target.value })}
              />
            </label>
            <p className={layout.actions}>
              <a href={address} aria-label={`Open scene ${i + 1}`}>
                Open
              </a>
              <button
                type="button"
                disabled={i === 0}
                aria-label={`Move scene ${i + 1} up`}
                onClick={() => move(i, -1)}
              >
                ↑
              </button>
              <button
                type="button"
                disabled={i === own.length - 1}
                aria-label={`Move scene ${i + 1} down`}
                onClick={() => move(i, 1)}
              >
                ↓
              </button>
              <button type="button" aria-label={`Remove scene ${i + 1}`} onClick={() => remove(i)}>
                Remove
              </button>
            </p>
          </div>
        </li>
      ))}
    </ol>
  );
}

/** One link or one file with all scenes. */
function Share() {
  const own = usePlayground(({ scenes }) => scenes.own);
  const playground = useStoreApi();
  const [said, say] = useState('');
  const [byHand, setByHand] = useState<string | undefined>();
  const isLong = writeScenes(own).length > longestLink;
  const copy = async () => {
    const { experiment } = playground.getState();
    const link = linkTo(window.location.href, {
      ...experiment,
      view: 'learn',
      panel: undefined,
      learn: { scenes: own },
    });
    const copied = await copyText(link);
    setByHand(copied ? undefined : link);
    say(
      copied
        ? `Copied. The link contains ${own.length === 1 ? 'the scene' : `all ${integer(own.length)} scenes`}.`
        : 'The browser denied access to the clipboard. Copy the link from the box.',
    );
  };
  return (
    <>
      <button
        type="button"
        disabled={isLong}
        title={
          isLong
            ? 'These scenes are too long for one link. Save them as a file instead.'
            : 'One link that opens this page with these scenes'
        }
        onClick={() => void copy()}
      >
        Copy a link to all
      </button>
      <button
        type="button"
        title={`A file that this page opens again, and that can be edited by hand; at most ${mostScenes} scenes`}
        onClick={() => saveFile('scenes.json', new TextEncoder().encode(sceneFile(own)))}
      >
        Save as a file
      </button>
      <span role="status" className={typography.note}>
        {said}
      </span>
      {byHand !== undefined && (
        <input
          type="text"
          readOnly
          aria-label="Link to all scenes"
          value={byHand}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
      )}
    </>
  );
}
