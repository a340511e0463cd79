import { createServer } from 'node:net';
import { defineConfig } from 'playwright/test';
import { chromiumArguments, findChromium } from './scripts/chromium.mjs';

/** A port that nobody listens on. */
const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });

// Playwright loads this file again in every worker: what was found first is handed on in the environment.
const { env } = process;
env['RMT_E2E_PORT'] ??= String(await freePort());
env['CHROMIUM_PATH'] ??= await findChromium();
if (!env['CHROMIUM_PATH']) throw new Error('No Chromium found (expected one on the PATH, or in CHROMIUM_PATH)');

const url = `http://localhost:${env['RMT_E2E_PORT']}`;
const preview = `npx vite preview --port ${env['RMT_E2E_PORT']} --strictPort`;

// The page in a real browser, on SwiftShader, so that every machine sees the same.
export default defineConfig({
  testDir: 'e2e',
  outputDir: 'test-results/e2e',
  timeout: 5 * 60_000,
  expect: { timeout: 60_000 },
  // A page waits for its kernels to compile, for its charts and for axe, each on one core.
  workers: 2,
  fullyParallel: true,
  forbidOnly: Boolean(env['CI']),
  use: {
    baseURL: url,
    headless: true,
    screenshot: 'only-on-failure',
    // A trace takes as long again as the tests: npm run e2e -- --trace on
    trace: 'off',
    launchOptions: {
      executablePath: env['CHROMIUM_PATH'],
      args: chromiumArguments,
    },
  },
  webServer: {
    command: env['RMT_PAGE_BUILT'] ? preview : `npx vite build && ${preview}`,
    url,
    timeout: 3 * 60_000,
  },
});
