// Teaching: the page inside a page of another origin, and a presentation.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import AxeBuilder from '@axe-core/playwright';
import { test as bare } from 'playwright/test';
import { expect, test } from './page.ts';

// Without the shared page, which allows no request to another origin: here the outer page is one.
bare('is embedded in a page of another origin: the ribbon and its verdict alone', async ({ page, baseURL }) => {
  const source = `${baseURL}/?embed#/stream?stream.segments=4&stream.seed=3`;
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<!doctype html><html lang="en"><title>outside</title><iframe src="${source}" title="A memory at work" width="900" height="560"></iframe>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, () => resolve()));
  try {
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    const frame = page.frameLocator('iframe');
    await expect(frame.getByText(/The answer is \w+:/)).toBeVisible({ timeout: 120_000 });
    await expect(frame.getByRole('tab')).toHaveCount(0);
    await expect(frame.getByRole('contentinfo')).toHaveCount(0);
    await expect(frame.getByText('Segments as a table')).toBeHidden();
    await expect(frame.locator('canvas').first()).toBeVisible();
    const link = frame.getByRole('link', { name: /Open in RMT Playground/ });
    await expect(link).toHaveAttribute('href', `${baseURL}/#/stream?stream.segments=4&stream.seed=3`);
    // It computes here too, where the browser refuses locks and storage to a frame of another site.
    await expect(frame.getByText(/Recorded, not computed here/)).toHaveCount(0);
    // Not after the last segment, whose memory nothing reads.
    await frame.getByRole('slider', { name: /^Current segment/ }).press('ArrowLeft');
    await frame.getByRole('button', { name: /Change the memory after segment/ }).click();
    await frame.getByRole('dialog').getByRole('button', { name: '✕ Zero' }).click();
    await expect(frame.getByText(/Without the intervention/)).toBeVisible();
    // The service worker answers an address with ?embed from the same cache; it is installed for this page too.
    // The page around the frame is not ours.
    const axe = new AxeBuilder({ page }).disableRules(['landmark-one-main', 'page-has-heading-one']);
    const { violations } = await axe.analyze();
    expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)).toEqual([]);
  } finally {
    server.close();
  }
});

test('a lecture is presented with the keys of a clicker, enlarged for a projector', async ({ page }) => {
  await page.setViewportSize({ width: 1920, height: 1080 });
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('./#/learn');
  await page.getByRole('button', { name: /^Present \d+ scenes/ }).click();
  const caption = page.getByRole('region', { name: 'Presentation' });
  await expect(caption).toContainText('1 of 13');
  await expect(page.getByRole('banner')).toBeHidden();
  await expect(page.getByRole('heading', { name: 'Segment 1 of 12' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByRole('form', { name: 'What to stream' })).toBeHidden();
  const canvas = page.getByRole('region', { name: 'Document' }).locator('canvas').first();
  // As sharp as it is large.
  await expect
    .poll(() => canvas.evaluate((each: HTMLCanvasElement) => each.width / each.getBoundingClientRect().width))
    .toBeGreaterThan(0.98);
  await page.getByRole('slider', { name: /^Current segment/ }).focus();
  await page.keyboard.press('PageDown');
  await expect(caption).toContainText('A memory token');
  await expect(page.getByRole('img', { name: 'A segment and its memory' })).toBeVisible();
  await expect(page.getByRole('heading', { level: 2, name: 'Lecture' })).toBeHidden();
  await page.reload();
  await expect(caption).toContainText('2 of 13');
  const { violations } = await new AxeBuilder({ page }).disableRules('page-has-heading-one').analyze();
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html)}`)).toEqual([]);
  await page.keyboard.press('PageUp');
  await page.keyboard.press('Escape');
  await expect(caption).toHaveCount(0);
  await expect(page.getByRole('banner')).toBeVisible();
  await expect(page).toHaveURL(/stream\.seed=5/);
});
