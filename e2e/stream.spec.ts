// Stream, the first view.
import type { Page } from 'playwright/test';
import { colours, expect, test } from './page.ts';

test('streams a trained model to its answer without a click', async ({ page }) => {
  await page.goto('./');
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Watch memory at work');
  await expect(page.getByText(/^✓?\s*The answer is \w+: correct\./)).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('heading', { name: 'Segment 64 of 64' })).toBeVisible();
  // The question is marked in the text of the last segment.
  await expect(page.locator('mark', { hasText: 'where is' })).toBeVisible();
  // The heatmaps are drawn: attention of memory, and similarity of memory states.
  const canvases = page.locator('canvas');
  await expect.poll(() => canvases.count()).toBeGreaterThanOrEqual(2);
  await expect.poll(() => colours(page, 'section[aria-label*="ttention"] canvas')).toBeGreaterThan(10);
});

/** Wait until the document has been read to its end. */
const answered = (page: Page) => expect(page.getByText(/The answer is \w+:/)).toBeVisible({ timeout: 120_000 });
const table = (page: Page) => page.getByRole('table', { name: 'Answers with and without intervention' });

test('the user’s own facts are answered, and the link contains them', async ({ page }) => {
  await page.goto('./#/stream?stream.model=detect.safetensors&stream.segments=8&stream.seed=5');
  await answered(page);
  await page.getByText('Your own facts and noise').click();
  await page.getByRole('button', { name: 'Write my own facts' }).click();
  const fact = page.getByRole('group', { name: 'Fact 1' });
  for (const place of ['kitchen', 'garden']) {
    await fact.getByLabel('Fact 1, word 1').selectOption('john');
    await fact.getByLabel('Fact 1, word 3').selectOption(place);
    await page.getByLabel('Question, word 1').selectOption('john');
    await expect(page.getByText(`The answer is ${place}: correct.`)).toBeVisible();
  }
  await page.getByLabel('In segment').fill('3');
  await expect(page).toHaveURL(/stream\.facts=3%3Ajohn/);
  await page.reload();
  await expect(page.getByText('The answer is garden: correct.')).toBeVisible({ timeout: 120_000 });
  await page.getByRole('slider', { name: /^Current segment/ }).press('PageUp');
  await expect(page.getByRole('heading', { name: 'Segment 3 of 8' })).toBeVisible();
  await expect(page.locator('mark', { hasText: 'john' })).toBeVisible();

  // Two facts that give no answer are explained, and nothing is lost.
  await page.getByText(/^Your own facts and noise/).click();
  await page.getByLabel('Question, word 1').selectOption('mary');
  await expect(page.getByRole('alert').filter({ hasText: 'no fact is about mary' })).toBeVisible();
  await page.getByRole('button', { name: 'Use drawn facts' }).click();
  await answered(page);
  await expect(page).not.toHaveURL(/stream\.facts/);

  await page.getByLabel('A text between the facts').fill('the zebra sang near the river.');
  await page.getByRole('button', { name: 'Use this text' }).click();
  await expect(page.getByText(/1 of its 7 words are read as \[UNK\]/)).toBeVisible();
  await expect(page.getByText('Links do not contain this text.')).toBeVisible();
});

test('zeroing the memory between fact and question removes the answer', async ({ page }) => {
  await page.goto('./#/stream?stream.model=detect.safetensors&stream.segments=12&stream.seed=5');
  await expect(page.getByText('The answer is hallway: correct.')).toBeVisible({ timeout: 120_000 });
  // The fact is in segment 4; move to segment 7 by keyboard.
  const slider = page.getByRole('slider', { name: /^Current segment/ });
  await slider.press('PageUp');
  for (let i = 0; i < 3; i++) await slider.press('ArrowRight');
  await expect(page.getByRole('heading', { name: 'Segment 7 of 12' })).toBeVisible();
  const panel = page.getByRole('region', { name: 'Intervene on memory' });
  await expect(panel.getByLabel('After segment')).toHaveValue('7');
  await panel.getByRole('button', { name: 'Apply' }).press('Enter');
  await expect(panel.getByText('After segment 7: the memory set to zero')).toBeVisible();
  await expect(table(page)).toBeVisible();
  const rows = table(page).getByRole('row');
  await expect(rows.filter({ hasText: 'Without intervention' })).toContainText(/hallway.*99\.9/);
  await expect(rows.filter({ hasText: 'With intervention' })).not.toContainText('hallway');
  await expect(page.getByText(/Without the intervention: hallway\./)).toBeVisible();
  await expect(page).toHaveURL(/stream\.changes=zero%407/);

  // Removing it restores the answer; with the memory of another document the answer is that of the other one.
  await panel.getByRole('button', { name: /^Remove: After segment 7/ }).click();
  await expect(table(page)).toHaveCount(0);
  await expect(page.getByText('The answer is hallway: correct.')).toBeVisible();
  await page.goto(
    './#/stream?stream.model=detect.safetensors&stream.segments=12&stream.seed=5&stream.changes=swap@7s7',
  );
  await expect(table(page)).toBeVisible({ timeout: 120_000 });
  await expect(rows.filter({ hasText: 'With intervention' })).toContainText('bedroom');
  await expect(panel.getByText('The answer in document 7 is bedroom: with its memory')).toBeVisible();
});

test('shows which segments write, hold and read, and draws the attention figure of RMT-1M', async ({ page }) => {
  await page.goto('./#/stream?stream.model=detect.safetensors&stream.segments=12&stream.seed=5');
  await answered(page);
  const strip = page.getByRole('list', { name: 'Segments near the current one' });
  await expect(strip.getByRole('button', { name: /^12 .*↑ reads/ })).toBeVisible();
  await page.getByText('Segments as a table').click();
  const segments = page.getByRole('group', { name: 'Segments', exact: true }).getByRole('row');
  await expect(segments.nth(4)).toContainText('↓ writes');
  await expect(segments.nth(5)).toContainText('= holds');
  await page.getByRole('slider', { name: /^Current segment/ }).press('PageUp');
  await expect(page.getByRole('region', { name: 'Text of the segment' })).toContainText('↓ writes');

  const figure = page.getByRole('region', { name: 'Write, hold, read' });
  await figure.scrollIntoViewIfNeeded();
  await expect(figure.getByText('The figure is drawn.')).toBeAttached();
  await expect(figure.getByRole('figure')).toHaveCount(4);
  await expect(figure.locator('canvas')).toHaveCount(4);
  for (let i = 0; i < 4; i++)
    await expect
      .poll(() => colours(page, `[aria-label="Write, hold, read"] figure:nth-child(${i + 1}) canvas`))
      .toBeGreaterThan(10);
  const first = figure.getByRole('figure', { name: /^1 · Write/ });
  await expect(first).toContainText(/Segment 4, with fact; it writes\. .*the memory gives the fact [>\d.]+\s%/);
  await first.getByLabel('Layer', { exact: true }).selectOption({ index: 0 });
  await expect(first).toContainText('In layer 1');
  await first.getByLabel('Segment', { exact: true }).fill('6');
  await expect(first).toContainText(/Segment 6, noise; it holds\. In layer 1/);
});

test('the ribbon shows the memory, is changed where it is pressed, and keeps the untouched run', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('./#/stream?stream.model=detect.safetensors&stream.segments=12&stream.seed=5');
  await answered(page);
  const ribbon = page.getByRole('region', { name: 'Document' });
  const canvas = ribbon.locator('canvas').first();
  await expect.poll(() => colours(page, '[aria-label="Document"] canvas')).toBeGreaterThan(10);
  const box = await canvas.boundingBox();
  if (!box) throw new Error('no ribbon');
  // Between segments 7 and 8; the answer takes 138 px at the right.
  const gap = box.x + 10 + (7 * (box.width - 148)) / 12;
  await page.mouse.click(gap, box.y + 158);
  await page.getByRole('dialog', { name: 'Memory after segment 7' }).getByRole('button', { name: '✕ Zero' }).click();
  await expect(page).toHaveURL(/stream\.changes=zero%407/);
  await expect(page.getByText(/Without the intervention: hallway\./)).toBeVisible();
  // Further below, the threads and the verdict stay in sight.
  await page.getByRole('region', { name: 'Write, hold, read' }).scrollIntoViewIfNeeded();
  const brief = page.getByRole('complementary', { name: 'The ribbon in brief' });
  await expect(brief).toContainText('✗ bedroom (expected hallway)');
  await brief.getByRole('button', { name: '↑ Ribbon' }).click();
  await expect(page.getByRole('slider', { name: /^Current segment/ })).toBeFocused();
  await expect(brief).toHaveCount(0);

  // The fact is dragged from segment 4 to segment 6.
  const cell = (box.width - 148) / 12;
  await expect(canvas).toBeInViewport({ ratio: 0.9 });
  const now = await canvas.boundingBox();
  if (!now) throw new Error('no ribbon');
  await page.mouse.move(now.x + 10 + 3 * cell + 12, now.y + 14);
  await page.mouse.down();
  await page.mouse.move(now.x + 10 + 5.5 * cell, now.y + 14, { steps: 4 });
  await page.mouse.up();
  await expect(page).toHaveURL(/stream\.facts=6%3Amary/);
});
