import { defineConfig } from 'vitest/config';

// The checks that `node scripts/interop.mjs DIR` runs.
export default defineConfig({
  test: {
    include: ['scripts/interop.check.ts'],
    setupFiles: ['src/testing/gpu-setup.ts'],
    reporters: ['verbose'],
    testTimeout: 600_000,
  },
});
