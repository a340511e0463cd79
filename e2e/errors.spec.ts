// Errors are shown as sentences, affect nothing else, and do not lose a run.
import { expect, test } from './page.ts';
import { openView, tinyRun, views } from './views.ts';

/** Broken, hostile and huge settings, each tried on every view. */
const hostileQueries = [
  '?stream.segments=1e9&stream.seed=-1&eval.samples=0&bench.runs=9999999',
  '?stream.model=../../../etc/passwd&eval.model=https://example.org/x.safetensors&stream.task=__proto__',
  '?preset=__proto__&model=constructor&task=toString&seed=NaN',
  '?hidden_size=%00&stages=1,2,,4&stage_steps=Infinity&learning_rate=-0x10',
  '?stream.seed=<img src=x onerror="window.executed=1">&nonsense=<script>window.executed=1</script>',
  '?stream.model=javascript:window.executed=1&eval.task=%22%3E%3Csvg%20onload=window.executed=1%3E',
  '?%E0%A4%A=1&&&==&?&#&a=b=c',
  `?seed=${'9'.repeat(4000)}&eval.segments=${'1,'.repeat(500)}`,
];

test('a broken or hostile link is reported and has no other effect, on every view', async ({ page }) => {
  test.setTimeout(10 * 60_000);
  await page.goto('./');
  for (const view of views)
    for (const query of hostileQueries) {
      // Changes the address of an open page; a fresh page is tested below.
      await page.evaluate((hash) => {
        window.location.hash = hash;
      }, `#/${view}${query}`);
      await expect(page.locator('#view h1'), `${view}${query}`).toBeVisible();
      const alert = page.locator('#view > [role="alert"]').first();
      await expect(alert, `${view}${query}`).toBeVisible();
      await expect(alert).toContainText(/Expected|ignored|does not exist/);
      expect((await alert.textContent())?.length ?? 0).toBeLessThan(6000);
      await alert.getByRole('button', { name: 'Dismiss' }).click();
      await expect(page.locator('[role="tab"][aria-selected="true"][aria-controls="view"]')).toHaveText(
        new RegExp(`^${view}$`, 'i'),
      );
      expect(await page.evaluate(() => 'executed' in window)).toBe(false);
    }
  for (const query of hostileQueries) {
    await page.goto('about:blank');
    await page.goto(`./#/device${query}`);
    await expect(page.locator('#view h1'), query).toBeVisible();
    await expect(page.getByRole('alert').first(), query).toContainText(/Expected|ignored|does not exist/);
    expect(await page.evaluate(() => 'executed' in window)).toBe(false);
  }
  // An unknown view shows Stream, and the page still works.
  await page.goto('about:blank');
  await page.goto('./#/<script>alert(1)</script>?x');
  await expect(page.locator('#view > [role="alert"]').first()).toContainText('Stream is shown');
  await openView(page, 'train', tinyRun);
  await expect(page.getByRole('button', { name: 'Start', exact: true })).toBeEnabled();
});

test('a hidden tab continues training, and the page is up to date when it is shown again', async ({ page }) => {
  await openView(page, 'train', tinyRun.replace('stage_steps=20', 'stage_steps=100'));
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByText(/step [\d,]+ of 200/)).toBeVisible({ timeout: 120_000 });
  // As in a background tab: hidden, and without animation frames.
  await page.evaluate(() => {
    const frames = window.requestAnimationFrame;
    let hidden = true;
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => hidden });
    window.requestAnimationFrame = (draw) => (hidden ? 0 : frames.call(window, draw));
    Object.assign(window, {
      show() {
        hidden = false;
        document.dispatchEvent(new Event('visibilitychange'));
      },
    });
  });
  await expect(page.getByRole('heading', { name: 'Finished' })).toBeVisible({ timeout: 250_000 });
  await page.evaluate(() => (window as unknown as { show(): void }).show());
  await expect(page.getByText(/step 200 of 200/)).toBeVisible();
  await page.getByText('Steps as a table').click();
  await expect(
    page.getByRole('table').filter({ hasText: 'Up to step' }).getByRole('cell', { name: '200', exact: true }),
  ).toBeVisible();
});
