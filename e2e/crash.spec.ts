// A view whose drawing fails: says so, lets the run be saved, and leaves the other views as they were.
import { expect, test } from 'playwright/test';
import { trainAndPause } from './views.ts';

// It would have kept the very part that is to be missing.
test.use({ serviceWorkers: 'block' });

test('one view fails to be drawn; the others work, and the run is saved', async ({ page }) => {
  await trainAndPause(page);
  // From now on no canvas can be drawn on: Stream's film strip throws.
  await page.evaluate(() => {
    const original = CanvasRenderingContext2D.prototype.setTransform;
    Object.assign(window, {
      mend() {
        CanvasRenderingContext2D.prototype.setTransform = original;
      },
    });
    CanvasRenderingContext2D.prototype.setTransform = () => {
      throw new Error('no ink left');
    };
  });
  await page.getByRole('tab', { name: 'Stream' }).click();
  await expect(page.getByRole('heading', { name: 'Stream cannot be shown' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('alert')).toContainText('no ink left');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the run' }).click();
  expect((await downloading).suggestedFilename()).toMatch(/\.safetensors$/);

  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { name: 'Paused' })).toBeVisible();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Training' })).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();

  await page.getByRole('tab', { name: 'Stream' }).click();
  await expect(page.getByRole('heading', { name: 'Stream cannot be shown' })).toBeVisible({ timeout: 60_000 });
  await page.evaluate(() => (window as unknown as { mend(): void }).mend());
  await page.getByRole('button', { name: 'Draw it again' }).click();
  await expect(page.getByRole('heading', { name: 'Watch a memory at work' })).toBeVisible();
});

test('a part that cannot be loaded is said to be missing, and the rest of the page works', async ({ page }) => {
  await page.route(/assets\/Extrapolate-.*\.js/, (route) => route.abort());
  await page.goto('./#/device');
  await expect(page.locator('#view h1')).toBeVisible();
  await page.getByRole('tab', { name: 'Extrapolate' }).click();
  await expect(page.getByRole('heading', { name: 'Extrapolate cannot be shown' })).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('alert')).toContainText('could not be loaded');
  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train a memory');
});
