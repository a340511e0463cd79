// The tour: starts only on request, works by keyboard and at phone width, and is offered once.
import { expect, test } from './page.ts';
import { noSidewaysScroll } from './views.ts';

for (const width of [1280, 390])
  test(`works by keyboard at ${width} px, and returns focus`, async ({ page }) => {
    await page.setViewportSize({ width, height: 800 });
    await page.emulateMedia({ reducedMotion: 'reduce' });
    await page.goto('./');
    await expect(page.getByText('New here?')).toBeVisible();
    await expect(page.getByRole('dialog')).toHaveCount(0);
    const button = page.getByRole('button', { name: 'Tour', exact: true });
    await button.focus();
    await page.keyboard.press('Enter');
    const tour = page.getByRole('dialog');
    await expect(tour).toBeFocused();
    await expect(page.getByText('New here?')).toHaveCount(0);
    const headings: string[] = [];
    for (let step = 1; step <= 7; step++) {
      await expect(tour).toContainText(`${step} of 7`);
      headings.push((await tour.getByRole('heading').textContent()) ?? '');
      // The target of the step is highlighted and visible.
      const target = page.locator('[data-tour="here"]');
      await expect(target).toHaveCount(1, { timeout: 120_000 });
      await expect(target).toBeInViewport();
      await noSidewaysScroll(page, `step ${step}`);
      if (step < 7) await page.keyboard.press('ArrowRight');
    }
    expect(new Set(headings).size).toBe(7);
    await expect(page.getByRole('tab', { name: 'Runs' })).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('ArrowLeft');
    await expect(tour).toContainText('6 of 7');
    await page.keyboard.press('Escape');
    await expect(tour).toHaveCount(0);
    await expect(button).toBeFocused();
    await expect(page.locator('[data-tour="here"]')).toHaveCount(0);
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
  await expect(page.getByRole('dialog')).toContainText('2 of 7');
  await page.getByRole('button', { name: 'Skip the rest' }).click();
  await expect(page.getByRole('dialog')).toHaveCount(0);
});
