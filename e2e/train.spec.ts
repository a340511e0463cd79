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

test('says before the start what a run will take, shows examples, and goes on for more steps', async ({ page }) => {
  await page.goto('./#/train?preset=tiny&stage_steps=20&validate_every=10');
  const estimate = page.getByRole('region', { name: 'Estimate' });
  await expect(estimate).toContainText(/GPU memory[\d.]+\s(k|M)B/, { timeout: 120_000 });
  await expect(estimate).toContainText(/Time, estimatedabout [\d.]+/, { timeout: 60_000 });
  await estimate.getByText('Where these figures come from').click();
  const planned = async () =>
    Number((await estimate.getByRole('row', { name: /In all/ }).textContent())?.replaceAll(/\D/g, ''));
  const before = await planned();
  expect(before).toBeGreaterThan(100_000);
  // It follows the knobs.
  await page.getByLabel('Batch size').fill('32');
  await expect.poll(planned, { timeout: 60_000 }).toBeGreaterThan(1.2 * before);
  await page.getByLabel('Batch size').fill('16');
  await expect.poll(planned, { timeout: 60_000 }).toBe(before);

  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('heading', { name: 'Finished' })).toBeVisible({ timeout: 200_000 });
  const examples = page.getByRole('region', { name: 'Examples' });
  await expect(examples.getByText(/after step 40, 2 segments: \d of 6 right/)).toBeVisible();
  const rows = examples.getByRole('row');
  await expect(rows).toHaveCount(7);
  await expect(rows.nth(1)).toContainText(/where is \w+.*(right|wrong): .*%/);

  await page.getByLabel('Steps more').fill('10');
  await page.getByRole('button', { name: 'Continue for 10 more steps' }).click();
  await expect(page.getByText(/Stage 3 of 3 .* step 50 of 50/)).toBeVisible({ timeout: 120_000 });
  await expect(page).toHaveURL(/stages=1,2,2&stage_steps=20,20,10/);
  await expect(examples.getByText(/after step 50/)).toBeVisible();
});

test('a run that the adapter cannot hold is refused with the bytes it needs, and another task offers its values', async ({
  page,
}) => {
  await page.goto('./#/train?hidden_size=4096&num_attention_heads=64&intermediate_size=16384&num_hidden_layers=48');
  const estimate = page.getByRole('region', { name: 'Estimate' });
  await expect(estimate.getByRole('alert')).toContainText(
    /needs [\d,]+ bytes.*expected at most [\d,]+.*choose fewer layers/,
    { timeout: 120_000 },
  );
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByRole('heading', { name: 'Not started' })).toBeVisible();
  // Values of one task are no beginning for another: one press takes those that are.
  await page.getByLabel('Model').selectOption('armt-gpt2');
  await page.getByLabel('Task').selectOption('reverse');
  await page.getByRole('button', { name: 'Use small defaults for ARMT, decoder on Reverse' }).click();
  await expect(page).toHaveURL(/preset=reverse&model=armt-gpt2$/);
  await expect(estimate.getByRole('alert')).toHaveCount(0);
});
