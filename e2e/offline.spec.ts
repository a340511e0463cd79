// The page without a network, and the way from one version of it to the next.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright/test';
import { preview } from 'vite';
import { expect, test } from './page.ts';
import { openView, streamed, views } from './views.ts';

const keptText = 'The page is kept in this browser and opens without a network.';
const kept = (page: Page) => expect(page.getByText(keptText)).toBeVisible({ timeout: 60_000 });

test('after the first load everything opens without a network, and the bundled model streams', async ({
  page,
  context,
}) => {
  await page.goto('./');
  await kept(page);
  await context.setOffline(true);
  await page.reload();
  await streamed(page);
  for (const view of views) await openView(page, view);
  // The charts are a part of their own.
  await openView(page, 'extrapolate');
  await expect(page.locator('.recharts-surface').first()).toBeVisible({ timeout: 60_000 });
  // And a bundled model that was never asked for before.
  await page.goto('./#/stream?stream.model=copy.safetensors');
  await expect(page.getByText(/It expected \d+ of 16 words/)).toBeVisible({ timeout: 120_000 });
});

test('a new version waits until it is asked for, and versions do not mix', async ({ browser }) => {
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
    await kept(page);
    const other = await context.newPage();
    await other.goto(`${url}#/device`);
    await expect(other.getByRole('heading', { level: 1 })).toBeVisible();

    // The next version: another text, another name of a lazy part, and the old part gone from the server.
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

    // A reload still shows the old one whole, and says that there is another.
    const titles: string[] = [];
    await page.reload();
    titles.push(await page.evaluate(() => fetch('./').then((response) => response.text())));
    expect(titles[0]).not.toContain('Next RMT');
    await expect(page.getByText('A newer version of this page is ready.')).toBeVisible({ timeout: 60_000 });
    await page.getByRole('tab', { name: 'Train' }).click();
    await page.getByRole('button', { name: 'Load it' }).click();
    await expect(page.getByText('A newer version of this page is ready.')).toHaveCount(0);
    await expect
      .poll(() => page.evaluate(() => fetch('./').then((response) => response.text())).catch(() => ''))
      .toContain('Next RMT');

    // The tab left open on the old one still gets its lazy part, which the server no longer has.
    await other.getByRole('tab', { name: 'Extrapolate' }).click();
    await expect(other.getByRole('heading', { level: 1 })).toHaveText('How far does it carry?');
    // The new one gets its own.
    await page.getByRole('tab', { name: 'Extrapolate' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('How far does it carry?');
  } finally {
    await context.close();
    await server.close();
    rmSync(root, { recursive: true, force: true });
  }
});
