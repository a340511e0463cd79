// The ribbon with its verdict alone, for another page: a snippet with an iframe.
import { useState } from 'react';
import { currentAddress } from '../../store/slices/scenes.ts';
import { copyText } from '../copy-text.ts';
import { usePlayground } from '../playground.tsx';
import layout from '../styles/layout.module.css';
import typography from '../styles/typography.module.css';
import css from './EmbedSnippet.module.css';

/** An iframe that shows the document of an address alone. @param page the page's own address */
export function snippetOf(page: string, address: string): string {
  const url = new URL(page);
  url.search = '?embed';
  url.hash = '';
  const source = `${url.href}${address}`.replaceAll('&', '&amp;').replaceAll('"', '&quot;');
  return `<iframe src="${source}" title="A memory at work" width="100%" height="560" style="border: 0" loading="lazy" allow="fullscreen"></iframe>`;
}

export function EmbedSnippet() {
  const address = usePlayground((state) =>
    currentAddress({ ...state, experiment: { ...state.experiment, view: 'stream', panel: undefined } }),
  );
  const [said, say] = useState('');
  const snippet = snippetOf(window.location.href, address);
  return (
    <>
      <p className={typography.note}>
        The document on Stream, alone: ribbon, verdict, and a link to this page. It can be touched as here. The page
        that shows it needs nothing but this line; a server that hosts the playground must not forbid framing
        (X-Frame-Options, frame-ancestors).
      </p>
      <textarea
        className={css.snippet}
        readOnly
        rows={4}
        aria-label="Snippet to embed"
        value={snippet}
        onFocus={({ currentTarget }) => currentTarget.select()}
      />
      <p className={layout.actions}>
        <button
          type="button"
          onClick={() =>
            void copyText(snippet).then((copied) => say(copied ? 'Copied.' : 'Copy the snippet from the box.'))
          }
        >
          Copy snippet
        </button>
        <a href={`?embed${address}`} target="_blank" rel="noopener">
          Open it alone
        </a>
        <span role="status" className={typography.note}>
          {said}
        </span>
      </p>
    </>
  );
}
