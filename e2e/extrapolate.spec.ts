// Extrapolate: accuracy by number of segments.
import { expect, measuredAt, test } from './page.ts';

test('measures the bundled model beyond what it was trained on', async ({ page }) => {
  await page.goto('./#/extrapolate?eval.segments=1,12&eval.samples=32');
  await page.getByRole('button', { name: 'Start' }).click();
  expect(await measuredAt(page, 1)).toBeGreaterThanOrEqual(95);
  expect(await measuredAt(page, 12)).toBeGreaterThanOrEqual(95);
});

test('can be cancelled', async ({ page }) => {
  await page.goto('./#/extrapolate?eval.segments=2,4,256&eval.samples=64');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('progressbar')).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByText('Cancelled; what was measured stays.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('button', { name: 'Start' })).toBeEnabled();
});
