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
