// Shared by all specs: a page that must not log an error, throw, or request anything from another server.
import { test as base, expect, type Page } from 'playwright/test';

export const test = base.extend({
  page: async ({ page, baseURL }, use) => {
    const problems: string[] = [];
    page.on('pageerror', (error) => problems.push(`thrown: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const url = request.url();
      if (!url.startsWith(`${baseURL}/`) && !/^(blob|data):/.test(url)) problems.push(`request: ${url}`);
    });
    await use(page);
    expect(problems).toEqual([]);
  },
});

/** The number of different colours on a canvas; an empty canvas has few. `at` selects among several matches. */
export function colours(page: Page, selector: string, at = 0): Promise<number> {
  return page
    .locator(selector)
    .nth(at)
    .evaluate((canvas) => {
      if (!(canvas instanceof HTMLCanvasElement)) throw new Error('not a canvas');
      const copy = document.createElement('canvas');
      copy.width = canvas.width;
      copy.height = canvas.height;
      const context = copy.getContext('2d');
      if (!context) throw new Error('no 2d context');
      context.drawImage(canvas, 0, 0);
      const { data } = context.getImageData(0, 0, copy.width, copy.height);
      const seen = new Set<number>();
      for (let i = 0; i < data.length; i += 4)
        seen.add(((data[i] ?? 0) << 16) | ((data[i + 1] ?? 0) << 8) | (data[i + 2] ?? 0));
      return seen.size;
    });
}

/** The accuracy in the table of Extrapolate at a number of segments, in per cent; waits for the end of the evaluation. */
export async function measuredAt(page: Page, segments: number): Promise<number> {
  await expect(page.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 250_000 });
  const row = page
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name: String(segments), exact: true }) });
  const cell = await row.getByRole('cell').first().textContent();
  return Number(/^([\d.]+)/.exec(cell ?? '')?.[1]);
}

export { expect };
