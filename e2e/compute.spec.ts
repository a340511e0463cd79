// Compute: the report's figure of FLOPs, and what this adapter takes by length.
import { expect, test } from './page.ts';

test('draws the report’s figure for the sizes in the link, with the exact numbers behind it', async ({ page }) => {
  await page.goto('./#/compute?compute.sizes=125M,6.7B');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('What it costs');
  const formula = page.getByRole('region', { name: 'By the formula' });
  await expect(formula.getByRole('checkbox', { name: '125M' })).toBeChecked();
  await expect(formula.getByRole('checkbox', { name: '175B' })).not.toBeChecked();
  const pays = formula.getByRole('group', { name: 'Where memory begins to pay', exact: true });
  const row = (name: string) =>
    pays.getByRole('row').filter({ has: page.getByRole('rowheader', { name, exact: true }) });
  // Computed here, and as the report gives it.
  await expect(row('OPT-125M').getByRole('cell', { name: '295.07 ×' })).toHaveCount(2);
  await expect(row('OPT-6.7B').getByRole('cell', { name: '81.65 ×' })).toHaveCount(2);
  await formula.getByRole('checkbox', { name: '175B' }).check();
  await expect(page).toHaveURL(/compute\.sizes=125M,6\.7B,175B/);
  await expect(row('OPT-175B').getByRole('cell', { name: '29.02 ×' })).toHaveCount(2);
  // Two charts, with a line for each way of each model in the first.
  await expect(formula.locator('.recharts-wrapper')).toHaveCount(2);
  await expect(formula.locator('.recharts-wrapper').first().locator('.recharts-line')).toHaveCount(8);
  await formula.getByText('FLOPs at every length as a table').click();
  const all = formula.getByRole('group', { name: 'FLOPs by length', exact: true });
  await expect(all.getByRole('row').filter({ hasText: 'OPT-125M' })).toHaveCount(13);
  await expect(all.getByRole('row').filter({ hasText: /OPT-125M\s*250\s*128,000/ })).toContainText('19.3');
});

test('takes the model from Train, or a checkpoint’s from its header', async ({ page }) => {
  await page.goto('./#/compute?num_hidden_layers=3&hidden_size=64');
  const chosen = page.getByRole('region', { name: 'The model' });
  await expect(chosen.getByRole('status')).toContainText('An encoder of 3 layers, width 64');
  await chosen.getByLabel('Your model').selectOption('copy.safetensors');
  await expect(chosen.getByRole('status')).toContainText('A decoder of 1 layer, width 32, 2 heads');
  await expect(page).toHaveURL(/compute\.model=copy\.safetensors/);
});

test('measures both ways by length, and says how they grow', async ({ page }) => {
  await page.goto('./#/compute?compute.segment=16&compute.longest=64&compute.runs=1&compute.seconds=600');
  const measured = page.getByRole('region', { name: 'Measured here' });
  await measured.getByRole('button', { name: 'Measure' }).click();
  await expect(measured.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 280_000 });
  const rows = measured.getByRole('group', { name: 'Time and bytes by length', exact: true }).locator('tbody tr');
  await expect(rows).toHaveCount(3);
  await expect(rows.last()).toContainText('64');
  await expect(rows.last()).toContainText('n = 1');
  await expect(measured.locator('.recharts-wrapper')).toHaveCount(2);
  // Memory takes the same bytes at any length; full attention more and more.
  await expect(measured.getByText(/Segments with memory\..* GPU bytes stay the same/)).toBeVisible();
  await expect(measured.getByText(/Full attention\..* GPU bytes grow as length to the power/)).toBeVisible();
});

test('can be stopped, explains what cannot be, and makes no claim while the GPU is busy', async ({ page }) => {
  await page.goto('./#/compute?compute.segment=4&compute.longest=64');
  const measured = page.getByRole('region', { name: 'Measured here' });
  await expect(measured.getByRole('alert')).toContainText('needs more than the 7 positions');
  await expect(measured.getByRole('button', { name: 'Measure' })).toBeDisabled();
  await page.goto('./#/compute?compute.segment=16&compute.longest=64&compute.runs=1000&compute.seconds=3600');
  await measured.getByRole('button', { name: 'Measure' }).click();
  await expect(measured.getByText(/pass \d+ of 1000/)).toBeVisible({ timeout: 200_000 });
  await measured.getByRole('button', { name: 'Stop' }).click();
  await expect(measured.getByText('Stopped; what was measured stays.')).toBeVisible({ timeout: 60_000 });

  await page.getByRole('tab', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText(/step \d+ of/)).toBeVisible({ timeout: 120_000 });
  await page.getByRole('tab', { name: 'Compute' }).click();
  await measured.getByRole('button', { name: 'Measure' }).click();
  await expect(measured.getByRole('alert')).toContainText('a run in training', { timeout: 60_000 });
});
