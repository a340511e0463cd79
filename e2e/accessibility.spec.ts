// Accessibility: axe finds no violation on any view, in both themes and widths and in the main states; nothing is wider
// than a window of 390 px; terms explain themselves by keyboard.
import AxeBuilder from '@axe-core/playwright';
import type { Page } from 'playwright/test';
import { expect, test } from './page.ts';
import {
  choose,
  drawn,
  noSidewaysScroll,
  openView,
  settled,
  streamed,
  trainAndPause,
  type View,
  views,
} from './views.ts';

async function violationsOf(page: Page, where: string): Promise<string[]> {
  const { violations } = await new AxeBuilder({ page })
    .withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'])
    .analyze();
  return violations.map(
    ({ id, help, nodes }) =>
      `${where}: ${id}: ${help}: ${nodes.map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary}`).join('\n')}`,
  );
}

// Colours do not depend on the width, so each theme is examined at one.
const looks = [
  ['light', 1280],
  ['dark', 390],
] as const;

/** Check the page in every theme and width, with all details open. */
async function inAllLooks(page: Page, where: string): Promise<void> {
  await page.evaluate(() => {
    for (const details of document.querySelectorAll('details')) details.open = true;
  });
  const found: string[] = [];
  for (const [colorScheme, width] of looks) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    // The sticky row covers whatever is scrolled beneath it, wherever the page happens to stand.
    await page.evaluate(() => scrollTo(0, 0));
    await settled(page);
    found.push(...(await violationsOf(page, `${where}, ${colorScheme}, ${width} px`)));
    await noSidewaysScroll(page, `${where} at ${width} px`);
  }
  expect(found).toEqual([]);
}

test('Stream, after the whole document, with all details open', async ({ page }) => {
  await page.goto('./#/stream?stream.segments=8');
  await streamed(page);
  await inAllLooks(page, 'stream');
});

test('Inside, every section of a document that has been read', async ({ page }) => {
  test.setTimeout(10 * 60_000);
  await page.goto('./#/stream?stream.segments=8');
  await streamed(page);
  await page.getByRole('tab', { name: 'Inside', exact: true }).click();
  await drawn(page, 'inside');
  for (const section of await page.getByRole('tablist', { name: 'Sections' }).getByRole('tab').all()) {
    await section.click();
    await expect(page.locator('#inside').getByText(/^(Opening|Reading) /)).toHaveCount(0, { timeout: 200_000 });
    // What is computed at a press is shown too.
    const start = page.locator('#inside').getByRole('button', { name: /^(Probe the memory|Look through the lens)$/ });
    if ((await start.count()) > 0) {
      // A probe of a few documents looks like one of many.
      const documents = page.locator('#inside').getByLabel('Documents');
      if ((await documents.count()) > 0) await documents.fill('24');
      await start.click();
      await expect(page.locator('#inside').getByRole('button', { name: 'Stop' })).toHaveCount(0, { timeout: 200_000 });
      await expect(
        page.locator('#inside').getByText('As a table', { exact: true }).or(page.getByText('layer by layer')),
      ).toBeVisible();
    }
    const attribute = page.getByRole('button', { name: 'Attribute the answer' });
    if (await attribute.isVisible()) {
      await attribute.click();
      await expect(page.getByRole('button', { name: 'Attribute again' })).toBeVisible({ timeout: 200_000 });
    }
    await inAllLooks(page, `inside, ${await section.textContent()}`);
  }
});

test('Train with a paused run, and every other view', async ({ page }) => {
  test.setTimeout(10 * 60_000);
  await trainAndPause(page);
  await inAllLooks(page, 'train');
  for (const view of views.filter((each): each is View => each !== 'stream' && each !== 'train')) {
    await choose(page, view);
    await inAllLooks(page, view);
  }
});

test('error messages and the tour', async ({ page }) => {
  await openView(page, 'train', '?hidden_size=7&nonsense=1');
  await inAllLooks(page, 'train with a broken link');
  await openView(page, 'train', '?model=rmt-gpt2&task=language');
  await inAllLooks(page, 'train with settings from another task');
  await page.getByRole('button', { name: 'Tour', exact: true }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await inAllLooks(page, 'tour');
});

test('a term explains itself by keyboard, with its source', async ({ page }) => {
  await openView(page, 'train');
  await page.getByRole('button', { name: 'curriculum', exact: true }).focus();
  await page.keyboard.press('Enter');
  const card = page.locator('[popover]:popover-open');
  await expect(card).toContainText('arXiv:2304.11062');
  await page.keyboard.press('Escape');
  await expect(card).toHaveCount(0);
  await page.getByText('Glossary', { exact: true }).click();
  await expect(page.getByRole('contentinfo')).toContainText('Backpropagation through time');
});
