import { basename } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { contentSecurityPolicy, serviceWorkerFiles } from './scripts/page-build.ts';

// The page: relative paths, so that it works from any static host and any folder.
export default defineConfig({
  base: './',
  plugins: [react(), contentSecurityPolicy(), serviceWorkerFiles()],
  worker: { format: 'es' },
  css: {
    // Readable in the browser's tools: the class `head` of Figure.module.css is `Figure-head` on the page.
    modules: { generateScopedName: (name, file) => `${basename(file).replace(/\.module\.css.*$/, '')}-${name}` },
  },
  build: {
    target: 'es2022',
    outDir: 'dist/page',
    emptyOutDir: true,
    rolldownOptions: {
      output: {
        // What all views share is one chunk and one sheet: the sheet comes first, and with it the order of the layers,
        // and the first view does not arrive in twenty pieces.
        codeSplitting: {
          groups: [{ name: 'parts', test: /[\\/]src[\\/]ui[\\/]((styles|controls)[\\/]|class-names|playground)/ }],
        },
      },
    },
  },
});
