// Extrapolate: accuracy by number of segments.
import { expect, test } from './page.ts';

test('measures the bundled model beyond what it was trained on', async ({ page }) => {
  await page.goto('./#/extrapolate?segments=1,12&samples=32');
  await page.getByRole('button', { name: 'Start' }).click();
  await page.getByText('As a table').click();
  for (const segments of ['1', '12']) {
    const row = page
      .getByRole('row')
      .filter({ has: page.getByRole('rowheader', { name: segments, exact: true }) })
      .first();
    await expect(row).toContainText('100', { timeout: 200_000 });
  }
});

test('can be cancelled', async ({ page }) => {
  await page.goto('./#/extrapolate?segments=2,4,256&samples=64');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('progressbar')).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('button', { name: 'Start' })).toBeEnabled({ timeout: 60_000 });
});
