// Stream: the first thing a visitor sees.
import { colours, expect, test } from './page.ts';

test('opens with a trained model that answers, without a click', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Watch a memory at work');
  await expect(page.getByText(/^✓?\s*It answered \w+: right\./)).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('heading', { name: 'Segment 64 of 64' })).toBeVisible();
  // The question stands in the last segment's text, marked.
  await expect(page.locator('mark', { hasText: 'where is' })).toBeVisible();
  // The heatmaps are painted: memory's attention, and the similarity of its states.
  const canvases = page.locator('canvas');
  await expect.poll(() => canvases.count()).toBeGreaterThanOrEqual(2);
  expect(await colours(page, 'section[aria-label*="ttention"] canvas, .attention canvas')).toBeGreaterThan(10);
});

test('shows another direction, layer and head, and jumps to the fact', async ({ page }) => {
  await page.goto('./#/stream?stream.segments=8&stream.seed=3');
  await expect(page.getByText(/It answered/)).toBeVisible({ timeout: 120_000 });
  await page.getByLabel('Direction').selectOption({ index: 1 });
  await expect(page.getByText('Rows: position · columns: memory token')).toBeVisible();
  await page.getByLabel('Layer').selectOption({ index: 0 });
  await page.getByLabel('Head').selectOption({ index: 1 });
  await page.getByRole('slider', { name: /^Segment shown/ }).press('PageUp');
  await expect(page.locator('mark', { hasText: /to the/ })).toBeVisible();
});

test('a link reproduces the document; a broken one is explained and harmless', async ({ page }) => {
  await page.goto('./#/stream?stream.segments=4&stream.seed=11');
  await expect(page.getByText(/It answered/)).toBeVisible({ timeout: 120_000 });
  const answer = await page.getByText(/It answered/).textContent();
  await page.reload();
  await expect(page.getByText(/It answered/)).toBeVisible({ timeout: 120_000 });
  expect(await page.getByText(/It answered/).textContent()).toBe(answer);
  await page.goto('./#/train?hidden_size=7&nonsense=1');
  await expect(page.getByRole('alert').first()).toContainText('nonsense');
  await expect(page.getByRole('button', { name: 'Start' })).toBeEnabled({ timeout: 60_000 });
});

test('a file that is no checkpoint is refused in words, and the page goes on', async ({ page }) => {
  await page.goto('./#/stream?stream.segments=2');
  await expect(page.getByText(/It answered/)).toBeVisible({ timeout: 120_000 });
  const broken = Buffer.from([255, 255, 255, 255, 0, 0, 0, 0, 123]);
  await page
    .locator('input[type=file]')
    .first()
    .setInputFiles({ name: 'broken.safetensors', mimeType: 'application/octet-stream', buffer: broken });
  await expect(page.getByRole('alert').first()).toContainText('broken.safetensors');
  await expect(page.getByRole('alert').first()).toContainText('expected');
});
