// Bench: time, rate and bytes of named shapes on the visitor's own adapter.
import { expect, test } from './page.ts';

test('measures a shape, kernel by kernel, and keeps the link', async ({ page }) => {
  await page.goto('./#/device?bench.shapes=tiny&bench.runs=1');
  // What is heavy is not ticked by itself on a software adapter.
  await expect(page.getByRole('checkbox', { name: 'bert-base' })).not.toBeChecked();
  await page.getByRole('checkbox', { name: 'training step' }).uncheck();
  await page.getByRole('checkbox', { name: 'kernel by kernel' }).check();
  expect(page.url()).toContain('bench.modes=forward');
  expect(page.url()).toContain('bench.profile=true');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 250_000 });
  await expect(page.getByText(/GFLOP\/s in a matrix product/)).toBeVisible();
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'tiny' }) });
  await expect(row).toContainText('forward');
  await expect(row).toContainText('n = 1');
  await page.getByText('tiny, forward: what is in it').click();
  await expect(page.getByRole('rowheader', { name: 'embedding_forward' })).toBeVisible();
});

test('can be stopped, and says what else keeps the GPU busy', async ({ page }) => {
  await page.goto('./#/device?bench.shapes=tiny&bench.modes=forward&bench.runs=1000');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText(/measuring, run \d+ of 1000/)).toBeVisible({ timeout: 200_000 });
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByText('Stopped; what was measured stays.')).toBeVisible({ timeout: 60_000 });

  await page.getByRole('tab', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText(/step \d+ of/)).toBeVisible({ timeout: 120_000 });
  await page.getByRole('tab', { name: 'Device' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('alert')).toContainText('a run in training');
});
