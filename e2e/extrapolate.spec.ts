// Extrapolate: accuracy by number of segments.
import { expect, measuredAt, test } from './page.ts';

test('measures the bundled model beyond its trained length', async ({ page }) => {
  await page.goto('./#/extrapolate?eval.segments=1,12&eval.samples=32');
  await page.getByRole('button', { name: 'Start' }).click();
  expect(await measuredAt(page, 1)).toBeGreaterThanOrEqual(95);
  expect(await measuredAt(page, 12)).toBeGreaterThanOrEqual(95);
});
