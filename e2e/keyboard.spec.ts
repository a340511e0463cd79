// The main task by keyboard alone: train a model, pause, continue and stream it. Focus is never lost and always visible.
import type { Locator, Page } from 'playwright/test';
import { expect, test } from './page.ts';
import { openView, streamed, tinyRun, views } from './views.ts';

/** The focused element; fails if there is none or its focus is not visible. */
async function focused(page: Page): Promise<string> {
  const found = await page.evaluate(() => {
    const element = document.activeElement;
    if (!element || element === document.body) return { name: '', seen: false };
    const { outlineStyle, outlineWidth } = getComputedStyle(element);
    return {
      name: `${element.tagName.toLowerCase()} ${element.getAttribute('aria-label') ?? element.textContent?.trim().slice(0, 40)}`,
      seen: outlineStyle !== 'none' && Number.parseFloat(outlineWidth) > 0,
    };
  });
  expect(found.name, 'focus is lost').not.toBe('');
  expect(found.seen, `the focus on <${found.name}> is not visible`).toBe(true);
  return found.name;
}

/** Press Tab until the target has the focus. */
async function tabTo(page: Page, target: Locator): Promise<void> {
  await expect(target).toBeVisible();
  for (let presses = 0; presses < 120; presses++) {
    if (await target.evaluate((element) => element === document.activeElement)) {
      await focused(page);
      return;
    }
    await page.keyboard.press('Tab');
  }
  throw new Error(`${target} cannot be reached with Tab`);
}

test('train, pause, continue, and stream the trained model', async ({ page }) => {
  await page.goto(`./#/stream${tinyRun}&stream.segments=4`);
  await streamed(page);
  const tab = (name: string) => page.getByRole('tab', { name, exact: true });

  await tabTo(page, tab('Stream'));
  await page.keyboard.press('ArrowRight');
  await expect(tab('Inside')).toBeFocused();
  await page.keyboard.press('ArrowRight');
  await expect(tab('Train')).toBeFocused();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Train a model with memory');
  await focused(page);

  // A preset, chosen with the arrow keys.
  const preset = page.getByLabel('Preset');
  await tabTo(page, preset);
  await page.keyboard.type('Tiny');
  await expect(page).toHaveURL(/preset=tiny/);
  await tabTo(page, page.getByRole('button', { name: 'Start', exact: true }));
  await page.keyboard.press('Enter');
  // The same button pauses and continues, so focus stays on it.
  const pause = page.getByRole('button', { name: 'Pause' });
  await expect(pause).toBeFocused();
  await expect(page.getByText(/step [\d,]+ of/)).toBeVisible({ timeout: 120_000 });
  await page.keyboard.press('Enter');
  const proceed = page.getByRole('button', { name: 'Continue' });
  await expect(proceed).toBeFocused();
  await focused(page);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('button', { name: /Pause|New run/ })).toBeFocused();
  await expect(page.getByRole('heading', { name: 'Finished' })).toBeVisible({ timeout: 250_000 });
  await focused(page);

  // The button disappears with its view, so focus moves to the new view.
  await tabTo(page, page.getByRole('button', { name: 'Stream this model' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Watch memory at work');
  await expect.poll(() => page.evaluate(() => document.activeElement?.tagName)).not.toBe('BODY');
  // The earlier document had four segments.
  await expect(page.getByRole('heading', { name: 'Segment 64 of 64' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText(/The answer is \w+:|Predicted/)).toBeVisible({ timeout: 120_000 });

  const film = page.getByRole('slider', { name: /^Current segment/ });
  await tabTo(page, film);
  await page.keyboard.press('Home');
  await expect(film).toHaveAttribute('aria-valuenow', '1');
  await page.keyboard.press('ArrowRight');
  await expect(film).toHaveAttribute('aria-valuenow', '2');
  await expect(page.getByRole('heading', { name: /^Segment 2 of/ })).toBeVisible();

  const attention = page.getByRole('region', { name: 'Attention of memory' });
  for (const label of ['Layer', 'Head']) {
    const choice = attention.getByLabel(label, { exact: true });
    await tabTo(page, choice);
    const before = await choice.inputValue();
    await page.keyboard.press(label === 'Layer' ? 'ArrowUp' : 'ArrowDown');
    await expect(choice).not.toHaveValue(before);
    await focused(page);
  }
  await tabTo(page, attention.getByRole('application'));
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowRight');
  await expect(attention.locator('output')).toContainText('of its attention');
});

test('Tab passes through every view and leaves it', async ({ page }) => {
  test.setTimeout(10 * 60_000);
  for (const view of views) {
    await openView(page, view);
    if (view === 'stream') await streamed(page);
    await page.getByRole('tablist', { name: 'Views' }).getByRole('tab', { selected: true }).focus();
    const visited: string[] = [];
    for (let presses = 0; presses < 150; presses++) {
      await page.keyboard.press('Tab');
      const left = await page.evaluate(() => document.activeElement === document.body);
      // The browser's own controls follow the last one.
      if (left) break;
      visited.push(await focused(page));
    }
    expect(visited.length, `${view} traps focus`).toBeLessThan(150);
    expect(visited.length, view).toBeGreaterThan(1);
  }
});

test('the explanation of a focused button is shown, and Escape hides it', async ({ page }) => {
  await openView(page, 'train');
  await tabTo(page, page.getByRole('button', { name: 'Step', exact: true }));
  const tip = page.locator('[data-focus-tip]');
  await expect(tip).toHaveText('One training step, then pause');
  await page.keyboard.press('Escape');
  await expect(tip).toHaveCount(0);
});

test('reduced motion is respected, and forced colours keep bars visible', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce', forcedColors: 'active' });
  await page.goto('./#/stream?stream.segments=4');
  await streamed(page);
  for (const view of views) {
    await openView(page, view);
    const moving = () =>
      document.getAnimations().filter((animation) => Number(animation.effect?.getTiming().duration) > 1).length;
    expect(await page.evaluate(moving), view).toBe(0);
  }
  await openView(page, 'stream', '?stream.segments=4');
  await streamed(page);
  // The bars of the answer still differ from the background.
  const [bar, behind] = await page
    .getByRole('table', { name: 'Probability of each answer after this segment' })
    .locator('td > span')
    .first()
    .evaluate((element) => [
      getComputedStyle(element).backgroundColor,
      getComputedStyle(document.body).backgroundColor,
    ]);
  expect(bar).not.toBe(behind);
});
