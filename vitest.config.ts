import { defineConfig } from 'vitest/config';

// Unit tests in Node. GPU work runs on Dawn, in CI on a software adapter that already uses every core: few processes
// at once, and patience.
export default defineConfig({
  test: {
    globalSetup: 'src/testing/property-seed.ts',
    setupFiles: 'src/testing/property-setup.ts',
    // Component tests see the classes of the sheets by the names they have there.
    css: { include: /\.module\.css$/, modules: { classNameStrategy: 'non-scoped' } },
    pool: 'forks',
    // One process for many files: it starts once, and every test in it has the same device with its compiled kernels.
    isolate: false,
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 600_000,
    // A busy machine is no reason to fail.
    expect: { poll: { timeout: 60_000, interval: 20 } },
    projects: [
      {
        extends: true,
        test: {
          name: 'node',
          environment: 'node',
          include: ['src/**/*.test.ts'],
          setupFiles: ['src/testing/property-setup.ts', 'src/testing/gpu-setup.ts'],
        },
      },
      // Parts of the page, drawn without a browser.
      { extends: true, test: { name: 'page', environment: 'happy-dom', include: ['src/**/*.test.tsx'] } },
    ],
  },
});
