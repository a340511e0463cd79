// Shared by the specs that cover all views: their names, opening one, and waiting for it.
import { expect, type Page } from 'playwright/test';

export const views = [
  'stream',
  'inside',
  'train',
  'extrapolate',
  'capacity',
  'compute',
  'runs',
  'device',
  'learn',
] as const;
export type View = (typeof views)[number];

const headings: Readonly<Record<View, string>> = {
  stream: 'Watch memory at work',
  inside: 'Inside the model',
  train: 'Train a model with memory',
  extrapolate: 'Accuracy beyond the trained length',
  capacity: 'How much a memory holds',
  compute: 'Cost by length',
  runs: 'Your runs',
  device: 'This GPU',
  learn: 'Learn how a memory works',
};

/** Wait until a view is drawn; the one before it stays until then, or until the message that it is being opened. */
export const drawn = (page: Page, view: View) => expect(page.locator('#view h1')).toHaveText(headings[view]);

/** Open a view by its link, and wait until it is drawn. */
export async function openView(page: Page, view: View, query = ''): Promise<void> {
  await page.goto(`./#/${view}${query}`);
  await drawn(page, view);
}

/** Go to a view by its tab, or by the menu that replaces the tabs in a narrow window. */
export async function choose(page: Page, view: View): Promise<void> {
  const menu = page.getByRole('combobox', { name: 'View', exact: true });
  if (await menu.isVisible()) await menu.selectOption(view);
  else await page.getByRole('tab', { name: new RegExp(`^${view}$`, 'i') }).click();
  await drawn(page, view);
}

/** Wait until the bundled model has read its document. */
export const streamed = (page: Page) =>
  expect(page.getByText(/The answer is \w+: correct\./)).toBeVisible({ timeout: 200_000 });

/** Wait until nothing on the page has changed for a few frames, so that charts and canvases are drawn. */
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
          // Charts are drawn one per frame.
          if (++calm < 12) return requestAnimationFrame(frame);
          observer.disconnect();
          resolve();
        };
        requestAnimationFrame(frame);
      }),
  );

/** A run that takes seconds on a software adapter. */
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

/** Check that nothing is wider than the window. */
export async function noSidewaysScroll(page: Page, where: string): Promise<void> {
  const overflow = () => {
    const { clientWidth, scrollWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return '';
    const overflowing = [...document.querySelectorAll('body *')].filter(
      (element) =>
        element.getBoundingClientRect().right > clientWidth + 0.5 &&
        !element.closest('[role="group"][tabindex], [role="application"]'),
    );
    return `${scrollWidth} px in ${clientWidth}: ${overflowing.slice(0, 4).map((element) => `<${element.tagName.toLowerCase()} class="${element.getAttribute('class')}">`)}`;
  };
  // A canvas follows the width of the window a frame later.
  await expect.poll(() => page.evaluate(overflow), { message: `${where} is wider than the window` }).toBe('');
}
