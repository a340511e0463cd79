// Without WebGPU the page explains why, and shows a recorded stream and recorded results.
import { colours, expect, test } from './page.ts';
import { noSidewaysScroll, openView, views } from './views.ts';

const without = () => {
  Reflect.deleteProperty(Navigator.prototype, 'gpu');
};

test('without navigator.gpu the page says what to do, and the tabs still work', async ({ page }) => {
  await page.addInitScript(without);
  await page.goto('./');
  await expect(page.getByText(/WebGPU/).first()).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Chrome');
  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train a model with memory');
  await expect(page.getByRole('button', { name: 'Start' })).toBeDisabled();
  for (const view of views) await openView(page, view);
});

test('a recorded stream is shown and labelled as one', async ({ page }) => {
  await page.addInitScript(without);
  await page.goto('./');
  await expect(page.getByText(/Recorded, not computed here/)).toBeVisible();
  await expect(page.getByText(/rmt stream --checkpoint public\/checkpoints\/detect\.safetensors/)).toBeVisible();
  await expect(page.getByText(/The answer is \w+: correct\./)).toBeVisible();
  await expect(page.getByRole('heading', { name: 'Segment 32 of 32' })).toBeVisible();
  await expect.poll(() => colours(page, 'section[aria-label="Attention of memory"] canvas')).toBeGreaterThan(10);
  // Every segment can be shown, also by keyboard.
  await page.getByRole('slider', { name: /^Current segment/ }).press('PageUp');
  await expect(page.locator('mark[data-kind="fact"]')).toBeVisible();
  await page.getByLabel('Direction').selectOption('read');
  await expect(page.getByText('Rows: position · columns: memory token')).toBeVisible();
  await expect(page.getByRole('button', { name: /Play/ })).toBeDisabled();
  // The recorded accuracy of the bundled models.
  await expect(page.getByRole('table').filter({ hasText: 'Accuracy' }).first()).toContainText('100');
  await page.setViewportSize({ width: 390, height: 800 });
  await noSidewaysScroll(page, 'Stream without WebGPU');
});

test('without an adapter the page says so, and Try again requests one', async ({ page }) => {
  // WebGPU is available in the page and its worker, but there is no adapter.
  await page.route(/assets\/worker-.*\.js/, async (route) => {
    const response = await route.fetch();
    const refuse = 'Object.defineProperty(navigator.gpu, "requestAdapter", { value: async () => null });';
    await route.fulfill({ response, body: `${refuse}\n${await response.text()}` });
  });
  await page.goto('./');
  await expect(page.getByRole('heading', { name: /no GPU adapter was found/ })).toBeVisible();
  await expect(page.getByText(/Recorded, not computed here/)).toBeVisible();
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: /no GPU adapter was found/ })).toBeVisible();
});
