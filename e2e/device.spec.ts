// Device: features and limits of the adapter, and the bench.
import { expect, test } from './page.ts';

test('shows the adapter, the kernels chosen for it, and every limit', async ({ page }) => {
  await page.goto('./#/device');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('This GPU');
  const adapter = page.getByRole('region', { name: 'Adapter', exact: true });
  await expect(adapter.getByRole('heading', { name: /swiftshader/i })).toBeVisible();
  await expect(adapter.getByText('software', { exact: true })).toBeVisible();
  await expect(adapter.getByText('Why these kernels')).toBeVisible();
  await adapter.getByText('All limits and features').click();
  const limits = adapter.getByRole('group', { name: 'Limits of the adapter', exact: true });
  // The limits that this page uses come first.
  await expect(limits.locator('tbody tr').first()).toContainText('maxStorageBufferBindingSize');
  await expect(limits.getByRole('rowheader', { name: 'maxBindGroups', exact: true })).toBeVisible();
  await expect.poll(() => limits.locator('tbody tr').count()).toBeGreaterThan(20);
});

test('measures a shape kernel by kernel, and puts the settings into the link', async ({ page }) => {
  await page.goto('./#/device?bench.shapes=tiny&bench.runs=1');
  const bench = page.getByRole('region', { name: 'Bench', exact: true });
  // Heavy shapes are not selected by default on a software adapter.
  await expect(bench.getByRole('checkbox', { name: 'bert-base' })).not.toBeChecked();
  await bench.getByRole('checkbox', { name: 'training step' }).uncheck();
  await bench.getByRole('checkbox', { name: 'kernel by kernel' }).check();
  expect(page.url()).toContain('bench.modes=forward');
  expect(page.url()).toContain('bench.profile=true');
  await bench.getByRole('button', { name: 'Start' }).click();
  await expect(bench.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 250_000 });
  await expect(bench.getByText(/GFLOP\/s in a matrix product/)).toBeVisible();
  const row = bench.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'tiny' }) });
  await expect(row).toContainText('forward');
  await expect(row).toContainText('n = 1');
  await bench.getByText('tiny, forward: details').click();
  await expect(bench.getByRole('rowheader', { name: 'embedding_forward' })).toBeVisible();
});
