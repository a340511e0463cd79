// A browser without WebGPU gets an explanation and what was recorded elsewhere, not a dead page.
import { colours, expect, test } from './page.ts';
import { noSidewaysScroll, openView, views } from './views.ts';

const without = () => {
  Reflect.deleteProperty(Navigator.prototype, 'gpu');
};

test('no navigator.gpu: says so, and what to do; the tabs still work', async ({ page }) => {
  await page.addInitScript(without);
  await page.goto('./');
  await expect(page.getByText(/WebGPU/).first()).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Chrome');
  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train a memory');
  await expect(page.getByRole('button', { name: 'Start' })).toBeDisabled();
  for (const view of views) await openView(page, view);
});

test('a recorded stream can be looked at, and says that it is one', async ({ page }) => {
  await page.addInitScript(without);
  await page.goto('./');
  await expect(page.getByText(/Recorded, not computed here/)).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/rmt stream --checkpoint public\/checkpoints\/detect\.safetensors/)).toBeVisible();
  await expect(page.getByText(/It answered \w+: right\./)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Segment 32 of 32' })).toBeVisible();
  expect(await colours(page, 'section[aria-label="Attention of memory"] canvas')).toBeGreaterThan(10);
  // Every segment of it, by keyboard too.
  await page.getByRole('slider', { name: /^Segment shown/ }).press('PageUp');
  await expect(page.locator('mark[data-kind="fact"]')).toBeVisible();
  await page.getByLabel('Direction').selectOption('read');
  await expect(page.getByText('Rows: position · columns: memory token')).toBeVisible();
  await expect(page.getByRole('button', { name: /Play/ })).toBeDisabled();
  // And what the bundled models reached when they were made.
  await expect(page.getByRole('table').filter({ hasText: 'Accuracy' }).first()).toContainText('100');
  await page.setViewportSize({ width: 390, height: 800 });
  await noSidewaysScroll(page, 'Stream without WebGPU');
});

test('no adapter: says so, and tries again when asked', async ({ page }) => {
  // The page and its worker know WebGPU, and no adapter is to be had.
  await page.route(/assets\/worker-.*\.js/, async (route) => {
    const response = await route.fetch();
    const refuse = 'Object.defineProperty(navigator.gpu, "requestAdapter", { value: async () => null });';
    await route.fulfill({ response, body: `${refuse}\n${await response.text()}` });
  });
  await page.goto('./');
  await expect(page.getByRole('heading', { name: /no graphics adapter can be had/ })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText(/Recorded, not computed here/)).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: /no graphics adapter can be had/ })).toBeVisible();
});
