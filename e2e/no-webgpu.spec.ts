// A browser without WebGPU gets an explanation, not a dead page.
import { expect, test } from './page.ts';

test('no navigator.gpu: says so, and what to do; the tabs still work', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'gpu', { get: () => undefined, configurable: true });
  });
  // Workers have a navigator of their own.
  await page.addInitScript(() => {
    const Original = Worker;
    (globalThis as { Worker: unknown }).Worker = class extends Original {
      constructor(url: string | URL, options?: WorkerOptions) {
        const absolute = JSON.stringify(String(url));
        const code = `Object.defineProperty(WorkerNavigator.prototype, 'gpu', { get: () => undefined }); import(${absolute});`;
        super(URL.createObjectURL(new Blob([code], { type: 'text/javascript' })), { ...options, type: 'module' });
      }
    };
  });
  await page.goto('./');
  await expect(page.getByText(/WebGPU/).first()).toBeVisible();
  await expect(page.getByRole('main')).toContainText('Chrome');
  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train a memory');
  await expect(page.getByRole('button', { name: 'Start' })).toBeDisabled();
});
