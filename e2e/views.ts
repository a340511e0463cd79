// What the specs that hold for all views share: the views as the page's tabs name them, and how to open one.
import { expect, type Page } from 'playwright/test';

export const views = ['stream', 'train', 'extrapolate', 'compute', 'runs', 'device'] as const;
export type View = (typeof views)[number];

/** Show a view by its link, and wait until it has been drawn. */
export async function openView(page: Page, view: View, query = ''): Promise<void> {
  await page.goto(`./#/${view}${query}`);
  await expect(page.locator('#view h1')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('Opening …')).toHaveCount(0);
}

/** The bundled model has read its document to the end. */
export const streamed = (page: Page) =>
  expect(page.getByText(/It answered \w+: right\./)).toBeVisible({ timeout: 200_000 });

/** Nothing on the page has changed for a few frames: charts and canvases have followed. */
export const settled = (page: Page) =>
  page.evaluate(
    () =>
      new Promise<void>((resolve) => {
        let calm = 0;
        const observer = new MutationObserver(() => {
          calm = 0;
        });
        observer.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
        const frame = () => {
          // Charts are drawn in turn, a frame after one another.
          if (++calm < 12) return requestAnimationFrame(frame);
          observer.disconnect();
          resolve();
        };
        requestAnimationFrame(frame);
      }),
  );

/** A run so small that it ends in seconds on a software adapter. */
export const tinyRun =
  '?hidden_size=16&intermediate_size=32&num_attention_heads=2&batch_size=8&stages=1,2&stage_steps=20&validate_every=10&validate_samples=8';

/** Train the tiny run and pause it once there are curves. */
export async function trainAndPause(page: Page): Promise<void> {
  await openView(page, 'train', tinyRun.replace('stage_steps=20', 'stage_steps=2000'));
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByText(/step (1\d|[2-9]\d|\d{3,}|\d,\d{3}) of 4,000/)).toBeVisible({ timeout: 120_000 });
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByRole('heading', { name: 'Paused' })).toBeVisible();
  await expect(page.locator('.recharts-surface').first()).toBeVisible();
}

/** Nothing of the page is wider than its window. */
export async function noSidewaysScroll(page: Page, where: string): Promise<void> {
  const wide = await page.evaluate(() => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return '';
    const guilty = [...document.querySelectorAll('body *')].filter(
      (element) =>
        element.getBoundingClientRect().right > clientWidth + 0.5 &&
        !element.closest('[role="group"][tabindex], [role="application"]'),
    );
    return `${scrollWidth} px in ${clientWidth}: ${guilty.slice(0, 4).map((element) => `<${element.tagName.toLowerCase()} class="${element.getAttribute('class')}">`)}`;
  });
  expect(wide, `${where} is wider than the window`).toBe('');
}
