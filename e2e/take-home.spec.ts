// To PyTorch and back: a run leaves as a folder in an archive, and what train.py made of one comes back as a run.
import { readFile } from 'node:fs/promises';
import { unzipSync } from 'fflate';
import { expect, test } from './page.ts';

const golden = 'src/testing/golden/returned-run/out';

test('settings leave as a folder for PyTorch, and a run that comes back has its curves', async ({ page }) => {
  await page.goto('./#/train?preset=tiny&seed=7');
  await page.getByRole('button', { name: 'Take to PyTorch…' }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download folder (.zip)' }).click();
  const download = await downloading;
  await expect(page.getByText('120 steps to train, 1,920 samples.')).toBeVisible();
  const files = unzipSync(await readFile(await download.path()));
  const folder = download.suggestedFilename().replace(/\.zip$/, '');
  const text = (name: string) => new TextDecoder().decode(files[`${folder}/${name}`]);
  expect(text('README.md')).toContain('python train.py');
  expect(text('train.py')).toContain('accelerate.Accelerator(');
  expect(JSON.parse(text('run.json'))).toMatchObject({ run: { seed: 7, task: 'memorize' }, start: { step: 0 } });

  await page.getByRole('tab', { name: 'Runs' }).click();
  const choosing = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Import a run…' }).click();
  await (await choosing).setFiles([`${golden}/checkpoint.safetensors`, `${golden}/metrics.jsonl`]);
  const row = page.getByRole('row').filter({ has: page.getByRole('rowheader', { name: /, from PyTorch/ }) });
  await expect(row).toContainText('6 of 8');
  await page.getByRole('button', { name: /^Actions for .*, from PyTorch$/ }).click();
  await page.getByRole('button', { name: 'Resume at step 6' }).click();
  await expect(page.getByRole('heading', { name: 'Finished', exact: true })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText(/step 8 of 8/)).toBeVisible();
});
