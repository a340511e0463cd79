// The GPU process crashes during training: the page says so, and the run resumes from the last checkpoint.
import { expect, test } from 'playwright/test';
import { openView, tinyRun } from './views.ts';

test('a lost GPU is reported, and the run resumes from its last checkpoint', async ({ page, browser }) => {
  await openView(page, 'train', tinyRun.replace('stage_steps=20', 'stage_steps=20000'));
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  const step = async () =>
    Number(
      /step ([\d,]+) of/
        .exec((await page.getByText(/step [\d,]+ of 40,000/).textContent()) ?? '')?.[1]
        ?.replaceAll(',', ''),
    );
  await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(5);
  // A checkpoint is saved every ten seconds, and on download.
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download checkpoint' }).click();
  await downloading;
  const before = await step();
  const control = await browser.newBrowserCDPSession();
  await control.send('Browser.crashGpuProcess').catch(() => {});
  const alert = page.locator('#view > [role="alert"]');
  await expect(alert).toContainText('The connection to the GPU was lost', { timeout: 120_000 });
  await expect(page.getByRole('heading', { name: 'GPU lost' })).toBeVisible();
  // The curves are still here.
  await expect(page.locator('.recharts-surface').first()).toBeVisible();
  await alert.getByRole('button', { name: /Resume from the last checkpoint/ }).click();
  await expect(page.getByRole('heading', { name: 'Training', exact: true })).toBeVisible({ timeout: 120_000 });
  await expect.poll(step, { timeout: 120_000 }).toBeGreaterThan(before);
  await page.getByRole('button', { name: 'Stop', exact: true }).click();
});
