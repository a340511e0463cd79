// Adds the page as it is to the user's scenes.
import { useEffect, useState } from 'react';
import { notInLink } from '../../store/link.ts';
import { currentAddress } from '../../store/slices/scenes.ts';
import { useActions, usePlayground, useStoreApi } from '../playground.tsx';
import typography from '../styles/typography.module.css';

const list = new Intl.ListFormat('en');

export function AddScene() {
  const address = usePlayground(currentAddress);
  const playground = useStoreApi();
  const { scenes, experiment } = useActions();
  const [said, say] = useState<string | undefined>();
  // The message is about the page as it was.
  useEffect(() => {
    void address;
    say(undefined);
  }, [address]);
  const add = () => {
    scenes.addCurrent();
    const { problem, own } = playground.getState().scenes;
    const missing = notInLink(playground.getState());
    const without = missing.length > 0 ? ` It does not contain ${list.format(missing)}.` : '';
    say(problem ?? `Added as scene ${own.length}.${without}`);
  };
  return (
    <>
      <button type="button" title="Add this view, as it is, to your scenes on Learn" onClick={add}>
        Add scene
      </button>
      <span role="status" className={typography.quiet}>
        {said}
      </span>
      {said !== undefined && (
        <button type="button" onClick={() => experiment.show('learn')}>
          Your scenes
        </button>
      )}
    </>
  );
}
