// Copies a link to the experiment, and says what the link cannot contain.
import { useEffect, useState } from 'react';
import { notInLink } from '../../store/link.ts';
import { currentAddress } from '../../store/slices/scenes.ts';
import { copyText } from '../copy-text.ts';
import { usePlayground, useStoreApi } from '../playground.tsx';
import css from './CopyLink.module.css';

interface Outcome {
  readonly link: string;
  readonly copied: boolean;
  readonly missing: readonly string[];
}

const list = new Intl.ListFormat('en');

export function CopyLink() {
  const address = usePlayground(currentAddress);
  const playground = useStoreApi();
  const [outcome, setOutcome] = useState<Outcome | undefined>();
  // The message refers to the experiment before the change.
  useEffect(() => setOutcome(undefined), [address]);
  const press = async () => {
    const state = playground.getState();
    const link = `${window.location.href.replace(/#.*$/, '')}${currentAddress(state)}`;
    setOutcome({ link, copied: await copyText(link), missing: notInLink(state) });
  };
  return (
    <div className={css.copyLink}>
      <button
        type="button"
        title="Copy the address of this view with all settings that differ from the defaults, seed included"
        onClick={() => void press()}
      >
        Copy link
      </button>
      <p className={css.outcome} role="status">
        {outcome?.copied && 'Copied. The link contains all settings, including the seed'}
        {outcome && !outcome.copied && 'The browser denied access to the clipboard. Copy the link from the box'}
        {outcome && (outcome.missing.length > 0 ? `, but it does not contain ${list.format(outcome.missing)}.` : '.')}
      </p>
      {outcome && !outcome.copied && (
        <input
          type="text"
          readOnly
          aria-label="Link"
          value={outcome.link}
          onFocus={({ currentTarget }) => currentTarget.select()}
        />
      )}
    </div>
  );
}
