// The page offline, and updating from one version to the next.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { preview } from 'vite';
import { expect, test } from './page.ts';
import { openView, streamed, views } from './views.ts';

const cachedText = 'This page is cached in the browser and works offline.';
const cached = (page: Page) => expect(page.getByText(cachedText)).toBeVisible();

test('after the first load every view works offline, and the bundled model streams', async ({ page, context }) => {
  await page.goto('./');
  await cached(page);
  await context.setOffline(true);
  await page.reload();
  await streamed(page);
  for (const view of views) await openView(page, view);
  // The charts are loaded separately.
  await openView(page, 'extrapolate');
  await expect(page.locator('.recharts-surface').first()).toBeVisible();
  // A bundled model that was not loaded before.
  await page.goto('./#/stream?stream.model=copy.safetensors');
  await expect(page.getByText(/Predicted \d+ of 16 answer words/)).toBeVisible({ timeout: 120_000 });
});

test('a new version waits until the user loads it, and versions do not mix', async ({ browser }) => {
  const root = mkdtempSync(join(tmpdir(), 'rmt-page-'));
  const folder = join(root, 'page');
  cpSync('dist/page', folder, { recursive: true });
  const server = await preview({
    root,
    configFile: false,
    build: { outDir: 'page' },
    preview: { port: 0, host: 'localhost' },
  });
  const context = await browser.newContext();
  try {
    const url = server.resolvedUrls?.local[0] ?? '';
    const page = await context.newPage();
    await page.goto(`${url}#/device`);
    await cached(page);
    const other = await context.newPage();
    await other.goto(`${url}#/device`);
    await expect(other.getByRole('heading', { level: 1 })).toBeVisible();

    // The next version: a different text, a renamed lazy chunk, and the old chunk removed from the server.
    const worker = readFileSync(join(folder, 'service-worker.js'), 'utf8');
    const part = /assets\/(Extrapolate-[\w-]+)\.js/.exec(worker)?.[1] ?? '';
    expect(part).not.toBe('');
    const renamed = `${part.slice(0, -2)}xx`;
    for (const file of [
      'service-worker.js',
      'index.html',
      ...(/"(assets\/index-[\w-]+\.js)"/.exec(worker)?.slice(1) ?? []),
    ]) {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8').replaceAll(part, renamed);
      writeFileSync(
        path,
        text.replace(/const VERSION = '\w+'/, "const VERSION = 'next'").replace('<title>RMT', '<title>Next RMT'),
      );
    }
    cpSync(join(folder, `assets/${part}.js`), join(folder, `assets/${renamed}.js`));
    rmSync(join(folder, `assets/${part}.js`));

    // A reload still shows the complete old version, and offers the new one.
    const titles: string[] = [];
    await page.reload();
    titles.push(await page.evaluate(() => fetch('./').then((response) => response.text())));
    expect(titles[0]).not.toContain('Next RMT');
    await expect(page.getByText('A newer version of this page is ready.')).toBeVisible();
    await page.getByRole('tab', { name: 'Train' }).click();
    await page.getByRole('button', { name: 'Load the new version' }).click();
    await expect(page.getByText('A newer version of this page is ready.')).toHaveCount(0);
    await expect
      .poll(() => page.evaluate(() => fetch('./').then((response) => response.text())).catch(() => ''))
      .toContain('Next RMT');

    // The tab still open on the old version gets its lazy chunk, which the server no longer has.
    await other.getByRole('tab', { name: 'Extrapolate' }).click();
    await expect(other.getByRole('heading', { level: 1 })).toHaveText('Accuracy beyond the trained length');
    // The new version gets its own.
    await page.getByRole('tab', { name: 'Extrapolate' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Accuracy beyond the trained length');
  } finally {
    await context.close();
    await server.close();
    rmSync(root, { recursive: true, force: true });
  }
});
