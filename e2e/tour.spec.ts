// The tour: starts only on request, acts on the real model, works by keyboard and at phone width, and leaves the page as
// it was.
import { expect, test } from './page.ts';
import { noSidewaysScroll } from './views.ts';

for (const width of [1280, 390])
  test(`plays by keyboard at ${width} px, and puts everything back`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto('./#/stream?stream.segments=3&stream.seed=3');
    await expect(page.getByText(/The answer is \w+:/)).toBeVisible({ timeout: 120_000 });
    await expect(page.getByText('New here?')).toBeVisible();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    const button = page.getByRole('button', { name: 'Tour', exact: true });
    await button.focus();
    await page.keyboard.press('Enter');
    const tour = page.getByRole('dialog');
    await expect(tour).toBeFocused();
    await expect(page.getByText('New here?')).toHaveCount(0);
    // The memory is really set to zero, and the answer is lost.
    for (let step = 1; step < 5; step++) {
      await expect(tour).toContainText(`${step} of 11`);
      await page.keyboard.press('ArrowRight');
    }
    await tour.getByRole('button', { name: 'another place' }).press('Enter');
    await tour.getByRole('button', { name: 'Set the memory to zero' }).press('Enter');
    await expect(tour).toContainText(/It answers (?!hallway)\w+\..*which answers hallway.*As you predicted/);
    await expect(page).toHaveURL(/stream\.changes=zero%407/);
    for (let step = 5; step <= 11; step++) {
      // What the step is about is marked, and in sight above the tour.
      const target = page.locator('[data-stage]');
      await expect(target).toHaveCount(1, { timeout: 120_000 });
      await expect(target).toBeInViewport();
      await noSidewaysScroll(page, `step ${step}`);
      if (step < 11) await tour.getByRole('button', { name: 'Next' }).press('Enter');
    }
    await page.keyboard.press('Escape');
    await expect(tour).toHaveCount(0);
    await expect(button).toBeFocused();
    await expect(page).toHaveURL(/#\/stream\?stream\.segments=3&stream\.seed=3$/);
    await expect(page.getByRole('heading', { name: 'Segment 3 of 3' })).toBeVisible();
    await page.reload();
    await expect(page.locator('#view h1')).toBeVisible();
    await expect(page.getByText('New here?')).toHaveCount(0);
  });

test('can be declined, and works without storage', async ({ page }) => {
  await page.goto('./');
  await page.getByRole('button', { name: 'No, thanks' }).click();
  await expect(page.getByText('New here?')).toHaveCount(0);
  await page.addInitScript(() => {
    Object.defineProperty(window, 'localStorage', {
      get() {
        throw new DOMException('refused', 'SecurityError');
      },
    });
  });
  await page.reload();
  await page.getByRole('button', { name: 'Tour', exact: true }).click();
  await page.getByRole('button', { name: 'Next' }).click();
  await expect(page.getByRole('dialog')).toContainText('2 of 11');
  await page.getByRole('button', { name: 'Leave' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
