// The entry point of the page.

// First, because they set the order of the CSS layers.
import './styles/tokens.css';
import './styles/elements.css';

import { createRoot } from 'react-dom/client';
import { createClient } from '../platform/client.ts';
import { App } from './App.tsx';
import { PlaygroundProvider } from './playground.tsx';

const playground = createClient();
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <PlaygroundProvider store={playground}>
      <App />
    </PlaygroundProvider>,
  );
