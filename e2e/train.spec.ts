// Train: a visitor presses Start and watches a memory being learnt.
import { readFile } from 'node:fs/promises';
import { expect, measuredAt, test } from './page.ts';

test('learns to carry a fact over two segments', async ({ page }) => {
  // The default preset, cut to two stages: 5 of 6 by luck alone would be a wonder in 64 samples.
  await page.goto('./#/train?stages=1,2&stage_steps=100&validate_samples=64');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('heading', { name: 'Finished' })).toBeVisible({ timeout: 280_000 });
  await page
    .getByText('As a table')
    .first()
    .click()
    .catch(() => {});
  const kept = await page.evaluate(() => document.body.textContent ?? '');
  expect(kept).toContain('step 200 of 200');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download checkpoint' }).click();
  const bytes = await readFile(await (await downloading).path());
  const header = JSON.parse(bytes.subarray(8, 8 + Number(bytes.readBigUInt64LE(0))).toString('utf8'));
  expect(JSON.parse(header.__metadata__.training).progress.step).toBe(200);

  // The model just trained answers far better than chance (1 in 6).
  await page.getByRole('button', { name: 'How far does it extrapolate?' }).click();
  await page.getByLabel('Numbers of segments').fill('1,2');
  await page.getByLabel('Samples').fill('64');
  await page.getByLabel('Samples').press('Enter');
  await page.getByRole('button', { name: 'Start' }).click();
  expect(await measuredAt(page, 2)).toBeGreaterThanOrEqual(80);
});

test('pauses, makes a single step, goes on, stops, and resumes after a reload', async ({ page }) => {
  await page.goto('./#/train?preset=tiny&stage_steps=400&validate_every=5');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText(/step \d+ of 800/)).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('heading', { name: 'Paused' })).toBeVisible();
  const step = async () =>
    Number(/step ([\d,]+) of/.exec((await page.getByText(/step [\d,]+ of 800/).textContent()) ?? '')?.[1]);
  await page.waitForTimeout(500);
  const before = await step();
  await page.getByRole('button', { name: 'Step', exact: true }).click();
  await expect.poll(step).toBe(before + 1);
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect.poll(step, { timeout: 60_000 }).toBeGreaterThan(before + 2);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('heading', { name: 'Stopped' })).toBeVisible();
  await page.reload();
  await page.getByRole('button', { name: 'Resume the last run' }).click();
  await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(before + 2);
  await page.getByRole('button', { name: 'Stop' }).click();
  await expect(page.getByRole('heading', { name: 'Stopped' })).toBeVisible();
});

test('a configuration that cannot be is refused before the start', async ({ page }) => {
  await page.goto('./#/train?task=reasoning');
  await expect(page.getByRole('alert').first()).toContainText('segment_size');
});
