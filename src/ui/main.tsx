// Where the page begins.
import { createRoot } from 'react-dom/client';
import { createClient } from '../platform/client.ts';
import { App } from './App.tsx';
import { PlaygroundProvider } from './playground.tsx';
import './styles.css';

const playground = createClient();
const root = document.getElementById('root');
if (root)
  createRoot(root).render(
    <PlaygroundProvider store={playground}>
      <App />
    </PlaygroundProvider>,
  );
