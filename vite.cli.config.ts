import { defineConfig } from 'vite';

// The command line as one file, dist/cli/rmt.js (so that scripts/rmt.mjs can replace it in one go); only Dawn
// (`webgpu`) stays outside, as it is native code.
export default defineConfig({
  publicDir: false,
  ssr: { noExternal: true, external: ['webgpu'] },
  build: {
    ssr: 'src/cli/rmt.ts',
    target: 'node20',
    outDir: 'dist/cli',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: { output: { codeSplitting: false } },
  },
});
