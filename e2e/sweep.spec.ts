// Who remembers: from an empty page to a saved figure of three models with three seeds each, counting the presses.
import { readFileSync } from 'node:fs';
import { expect, test } from './page.ts';
import { openView } from './views.ts';

test('three models with three seeds, from the first press to a saved figure with bands', async ({ page }) => {
  test.setTimeout(600_000);
  let presses = 0;
  const press = async (name: RegExp | string, role: 'button' | 'tab' = 'button') => {
    presses++;
    await page.getByRole(role, { name }).first().click();
  };
  await page.goto('./#/stream');
  await press('Train', 'tab');
  await press('Who remembers?');
  // The same sweep with sizes for a software adapter, by its link: the presses before have set up everything else.
  const hash = new URL(page.url()).hash;
  const tiny =
    'hidden_size=8&num_attention_heads=2&intermediate_size=8&num_mem_tokens=2&batch_size=2&segment_size=3&mem_len=3';
  const short = 'stages=2&stage_steps=2&validate_every=1&validate_samples=4';
  expect(hash).toContain('sweep.seed=1-3');
  await openView(
    page,
    'train',
    `${hash.replace(/^[^?]*/, '').replace(/train\.lengths=[\d,]+/, 'train.lengths=1,2')}&train.samples=4&${tiny}&${short}`,
  );
  await expect(page.getByText(/9 runs\. Training takes about/)).toBeVisible({ timeout: 120_000 });
  await press(/Start 9 runs/);
  await expect(page.getByText('9 of 9 runs done')).toBeVisible({ timeout: 500_000 });
  const figure = page.getByRole('group', { name: 'Save: Accuracy by length of compared runs' });
  await expect(figure).toBeVisible();
  // The band of each model.
  const charts = page.getByRole('region', { name: 'Runs of this sweep' });
  await expect(charts.locator('.recharts-area')).toHaveCount(9);
  const saved = async (kind: string) => {
    const download = page.waitForEvent('download');
    presses++;
    await figure.getByRole('button', { name: kind }).click();
    return readFileSync(await (await download).path());
  };
  const svg = (await saved('SVG')).toString();
  expect(presses).toBe(4);
  expect(svg).toContain('95 % interval');
  expect((await saved('PNG')).subarray(1, 4).toString()).toBe('PNG');
  const isRun = (row: string) => /^(?:"[^"]*"|[^,]*),run,/.test(row);
  const rowsOf = (text: string) => text.trim().split('\r\n').slice(1);
  // What was measured is stored and read back after the last evaluation. Two lengths of nine runs.
  let csv = '';
  await expect
    .poll(async () => {
      csv = (await saved('CSV')).toString();
      return rowsOf(csv).filter(isRun).length;
    })
    .toBe(18);
  expect(csv.startsWith('\uFEFFgroup,kind,run,seed,runs,segments,accuracy_0_to_1,accuracy_low_0_to_1')).toBe(true);
  const rows = rowsOf(csv);
  // Two lengths: three means.
  expect(rows.filter((row) => /^(?:"[^"]*"|[^,]*),mean,/.test(row))).toHaveLength(6);
  // A reload finds the runs and draws the figure again, with nothing left to train.
  await page.reload();
  await expect(figure).toBeVisible();
  await expect(page.getByRole('button', { name: /Start 0 runs/ })).toBeDisabled();
});
