import { defineConfig } from 'vitest/config';

// Unit tests in Node. GPU work runs on Dawn, in CI on a software adapter that already uses every core: few processes
// at once, and patience.
export default defineConfig({
  test: {
    environment: 'node',
    include: ['src/**/*.test.{ts,tsx}'],
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
  },
});
