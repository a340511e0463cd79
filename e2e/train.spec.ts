// Train: pressing Start trains a model that uses its memory.
import { readFile } from 'node:fs/promises';
import { expect, measuredAt, test } from './page.ts';

test('learns to remember a fact over two segments', async ({ page }) => {
  // The default preset, cut to two stages; reaching the threshold on 64 samples by chance is practically impossible.
  await page.goto('./#/train?stages=1,2&stage_steps=100&validate_samples=64');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('heading', { name: 'Finished' })).toBeVisible({ timeout: 280_000 });
  await expect(page.getByText(/step 200 of 200/)).toBeVisible();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download checkpoint' }).click();
  const bytes = await readFile(await (await downloading).path());
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString('utf8'));
  expect(JSON.parse(header.__metadata__.training).progress.step).toBe(200);

  // The trained model is far better than chance (1 in 6).
  await page.getByRole('button', { name: 'Evaluate this model' }).click();
  await page.getByLabel('Numbers of segments').fill('1,2');
  await page.getByLabel('Samples').fill('64');
  await page.getByLabel('Samples').press('Enter');
  await page.getByRole('button', { name: 'Start' }).click();
  expect(await measuredAt(page, 2)).toBeGreaterThanOrEqual(80);
});

test('a run starts from the bundled model of a link, and resumes after a reload without it', async ({ page }) => {
  await page.goto('./#/train?train.from=detect.safetensors&trained=memory-and-head');
  await expect(page.getByText('Its settings are fixed below')).toBeVisible();
  await expect(page.getByLabel('Hidden size')).toBeDisabled();
  await page.getByRole('button', { name: 'Use its run’s settings' }).click();
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await expect(page.getByText(/step 1 of 900 · saved at step 1/)).toBeVisible();
  // Trained weights know the answers from the first step on.
  await expect(page.getByRole('region', { name: 'Run' })).toContainText('Batch accuracy100 %');
  await page.goto('./#/train');
  await page.reload();
  await page.route('**/detect.safetensors', (route) => route.abort());
  await page.getByRole('button', { name: 'Resume the last run' }).click();
  await expect(page.getByText(/step (?!1 )\d+ of 900/)).toBeVisible();
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Stopped' })).toBeVisible();
  await page.getByRole('button', { name: 'Show all runs' }).click();
  await expect(page.getByRole('row', { name: /from detect\.safetensors \(297 kB, [0-9a-f]{8}…\)/ })).toBeVisible();
});
