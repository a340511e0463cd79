// Compute: time and bytes by length on this adapter.
import { expect, test } from './page.ts';

test('measures both kinds by length, and says how they grow', async ({ page }) => {
  await page.goto('./#/compute?compute.segment=16&compute.longest=64&compute.runs=1&compute.seconds=600');
  const measured = page.getByRole('region', { name: 'Measured on this GPU' });
  await measured.getByRole('button', { name: 'Measure' }).click();
  await expect(measured.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 280_000 });
  const rows = measured.getByRole('group', { name: 'Time and bytes by length', exact: true }).locator('tbody tr');
  await expect(rows).toHaveCount(3);
  await expect(rows.last()).toContainText('64');
  await expect(rows.last()).toContainText('n = 1');
  await expect(measured.locator('.recharts-wrapper')).toHaveCount(2);
  // With memory the bytes stay the same at any length; with full attention they grow.
  await expect(measured.getByText(/Segments with memory\..* GPU bytes stay the same/)).toBeVisible();
  await expect(measured.getByText(/Full attention\..* GPU bytes grow as length to the power/)).toBeVisible();
});
