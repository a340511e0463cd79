// Screenshots of every view, wide and narrow, light and dark, stored with the test results for review.
import type { Page } from 'playwright/test';
import { colours, expect, measuredAt, test } from './page.ts';
import { choose, noSidewaysScroll, openView, settled, streamed, trainAndPause, views } from './views.ts';

/** Evaluate the bundled model on a few lengths. */
async function evaluated(page: Page) {
  await openView(page, 'extrapolate', '?eval.segments=1,2,4,8&eval.samples=32');
  await page.getByRole('button', { name: 'Start' }).click();
  await measuredAt(page, 8);
}

test('every view, wide in light and narrow in dark', async ({ page }) => {
  test.setTimeout(10 * 60_000);
  await openView(page, 'stream');
  await streamed(page);
  await trainAndPause(page);
  for (const view of views) {
    await choose(page, view);
    if (view === 'extrapolate') await evaluated(page);
    for (const [colorScheme, name, width, height] of [
      ['light', 'wide', 1280, 900],
      ['dark', 'narrow', 390, 844],
    ] as const) {
      await page.emulateMedia({ colorScheme });
      await page.setViewportSize({ width, height });
      await settled(page);
      // These panels are drawn when they become visible.
      for (const panel of await page.getByRole('region', { name: 'Write, hold, read' }).getByRole('figure').all()) {
        await panel.scrollIntoViewIfNeeded();
        await settled(page);
      }
      await page.screenshot({ path: `test-results/screenshots/${view}-${name}-${colorScheme}.png`, fullPage: true });
      await noSidewaysScroll(page, `${view}, ${name}, ${colorScheme}`);
      // No canvas is empty, in this theme either.
      for (let i = 0; i < (await page.locator('#view canvas').count()); i++)
        await expect
          .poll(() => colours(page, '#view canvas', i), { message: `${view}, ${name}, ${colorScheme}` })
          .toBeGreaterThan(2);
    }
  }
});
