import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';
import { contentSecurityPolicy, serviceWorkerFiles } from './scripts/page-build.ts';

// The page: relative paths, so that it works from any static host and any folder.
export default defineConfig({
  base: './',
  plugins: [react(), contentSecurityPolicy(), serviceWorkerFiles()],
  worker: { format: 'es' },
  build: { target: 'es2022', outDir: 'dist/page', emptyOutDir: true },
});
