// A browser without WebGPU gets an explanation, not a dead page.
import { expect, test } from './page.ts';

test('no navigator.gpu: says so, and what to do; the tabs still work', async ({ page }) => {
  await page.addInitScript(() => {
    Reflect.deleteProperty(Navigator.prototype, 'gpu');
  });
  await page.goto('./');
  await expect(page.getByText(/WebGPU/).first()).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Chrome');
  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train a memory');
  await expect(page.getByRole('button', { name: 'Start' })).toBeDisabled();
});
