// Where the page begins.
import { createRoot } from 'react-dom/client';
import { open } from '../platform/client.ts';
import { App } from './App.tsx';
import './styles.css';

open();
const root = document.getElementById('root');
if (root) createRoot(root).render(<App />);
