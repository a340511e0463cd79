// The entry point of the page.

// First, because they set the order of the CSS layers.
import './styles/tokens.css';
import './styles/elements.css';
import './styles/alone.css';

import { lazy, Suspense } from 'react';
import { createRoot } from 'react-dom/client';
import { createClient } from '../platform/client.ts';
import { App } from './App.tsx';
import { PlaygroundProvider } from './playground.tsx';

const Embedded = lazy(async () => ({ default: (await import('./embed/Embedded.tsx')).Embedded }));

/** The page inside another one: the ribbon and its verdict alone. */
const isEmbedded = new URLSearchParams(window.location.search).has('embed');
const playground = createClient();
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <PlaygroundProvider store={playground}>
      {isEmbedded ? (
        <Suspense>
          <Embedded />
        </Suspense>
      ) : (
        <App />
      )}
    </PlaygroundProvider>,
  );
