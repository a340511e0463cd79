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

test('several models in one plot, each with a marker and dashes of its own; they stay until removed', async ({
  page,
}) => {
  await page.goto('./#/extrapolate?eval.segments=1,2&eval.samples=8');
  await page.getByRole('button', { name: 'Add a model' }).click();
  await page.getByLabel('Model 2', { exact: true }).selectOption('copy.safetensors');
  await expect(page).toHaveURL(/eval\.also=copy\.safetensors/);
  await page.reload();
  await expect(page.getByLabel('Model 2', { exact: true })).toHaveValue('copy.safetensors');
  await page.getByRole('button', { name: 'Start' }).click();
  const kept = page.getByRole('list', { name: 'Results in the plot' }).getByRole('listitem');
  await expect(kept).toHaveText([/^1\. .*RMT, encoder/, /^2\. Copy.*RMT, decoder/], { timeout: 250_000 });
  await expect(page.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 120_000 });
  const legend = page.getByRole('region', { name: 'Accuracy by number of segments' }).getByRole('listitem');
  const dashes = (i: number) => legend.nth(i).locator('line').getAttribute('stroke-dasharray');
  await expect(legend.nth(0).locator('circle')).toHaveCount(1);
  await expect(legend.nth(1).locator('rect')).toHaveCount(1);
  expect(await dashes(0)).not.toBe(await dashes(1));

  await page.getByRole('button', { name: /^Remove 1\. / }).click();
  // What is left looks as it did.
  await expect(legend.nth(0)).toContainText('2. Copy');
  await expect(legend.nth(0).locator('rect')).toHaveCount(1);
});

test('numbers of segments with one press', async ({ page }) => {
  await page.goto('./#/extrapolate');
  const field = page.getByLabel('Numbers of segments', { exact: true });
  await page.getByRole('button', { name: '1…15', exact: true }).click();
  await expect(field).toHaveValue('1,2,3,4,5,6,7,8,9,10,11,12,13,14,15');
  await page.getByRole('button', { name: '1, 2, 4 … 256', exact: true }).click();
  await expect(field).toHaveValue('1,2,4,8,16,32,64,128,256');
  await expect(page).toHaveURL(/eval\.segments=1,2,4,8,16,32,64,128,256/);
});
