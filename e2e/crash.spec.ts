// A view that cannot be drawn shows an error, lets the user save the run, and does not affect the other views.
import { expect, test } from 'playwright/test';
import { trainAndPause } from './views.ts';

// A service worker would have cached the part that this test removes.
test.use({ serviceWorkers: 'block' });

test('a view that throws while drawing leaves the others working and the run savable', async ({ page }) => {
  await trainAndPause(page);
  // From now on drawing on any canvas throws, as on Stream.
  await page.evaluate(() => {
    const original = CanvasRenderingContext2D.prototype.setTransform;
    Object.assign(window, {
      repair() {
        CanvasRenderingContext2D.prototype.setTransform = original;
      },
    });
    CanvasRenderingContext2D.prototype.setTransform = () => {
      throw new Error('no context');
    };
  });
  await page.getByRole('tab', { name: 'Stream' }).click();
  await expect(page.getByRole('heading', { name: 'Stream cannot be shown' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('alert')).toContainText('no context');
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the run' }).click();
  expect((await downloading).suggestedFilename()).toMatch(/\.safetensors$/);

  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { name: 'Paused' })).toBeVisible();
  await page.getByRole('button', { name: 'Continue' }).click();
  await expect(page.getByRole('heading', { name: 'Training', exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Stop' }).click();

  await page.getByRole('tab', { name: 'Stream' }).click();
  await expect(page.getByRole('heading', { name: 'Stream cannot be shown' })).toBeVisible();
  await page.evaluate(() => (window as unknown as { repair(): void }).repair());
  await page.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Watch memory at work' })).toBeVisible();
});

test('a view whose code cannot be loaded says so, and the rest of the page works', async ({ page }) => {
  await page.route(/assets\/Extrapolate-.*\.js/, (route) => route.abort());
  await page.goto('./#/device');
  await expect(page.locator('#view h1')).toBeVisible();
  await page.getByRole('tab', { name: 'Extrapolate' }).click();
  await expect(page.getByRole('heading', { name: 'Extrapolate cannot be shown' })).toBeVisible();
  await expect(page.getByRole('alert')).toContainText('could not be loaded');
  await page.getByRole('tab', { name: 'Train' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train a model with memory');
});
