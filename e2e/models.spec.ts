// A published model in a real browser: downloaded from the hub with an interruption, kept in OPFS, used without a network.
// The hub is answered by the test; the page's policy and its addresses are those that are shipped.
import type { Page, Request } from 'playwright/test';
import { FakeHub } from '../src/testing/hub-server.ts';
import { publishedBert } from '../src/testing/published-model.ts';
import { expect, test as plain } from './page.ts';

const test = plain.extend({
  // Here the page may ask the hub, and a refused connection is logged by the browser.
  page: async ({ browser, baseURL }, use) => {
    const context = await browser.newContext({ ...(baseURL ? { baseURL } : {}) });
    await use(await context.newPage());
    await context.close();
  },
});

/** Answer the page's requests to the hub. */
async function serve(page: Page, hub: FakeHub): Promise<void> {
  const access = { 'access-control-allow-origin': '*', 'access-control-allow-headers': 'authorization, range' };
  const headersOf = (request: Request) => request.headers();
  await page.route('https://huggingface.co/**', async (route) => {
    const request = route.request();
    if (request.method() === 'OPTIONS') return route.fulfill({ status: 204, headers: access });
    const { pathname, search } = new URL(request.url());
    const answer = hub.answer({ path: pathname + search, headers: headersOf(request) });
    if (!answer) return route.abort('connectionreset');
    await route.fulfill({
      status: answer.status,
      headers: { ...answer.headers, ...access, 'access-control-expose-headers': 'content-range, x-error-code' },
      body: Buffer.from(answer.body),
    });
  });
}

const panel = (page: Page) => page.getByRole('region', { name: 'Open from the hub' });

async function lookUp(page: Page, name: string): Promise<void> {
  await panel(page).getByLabel('Model', { exact: true }).fill(name);
  await panel(page).getByRole('button', { name: 'Look up' }).click();
}

test('a model of the hub: nothing is requested unasked; interrupted, resumed, kept, and imported offline after a reload', async ({
  page,
}) => {
  const hub = new FakeHub({
    'someone/tiny-bert': { files: publishedBert(), licence: 'apache-2.0' },
    'someone/gated': { files: publishedBert(), isGated: true },
  });
  const outside: string[] = [];
  page.on('request', (request) => {
    if (request.url().startsWith('https:')) outside.push(request.url());
  });
  await serve(page, hub);
  await page.goto('./#/stream');
  await page.getByRole('button', { name: 'Open from the hub…' }).click();
  await expect(panel(page)).toBeVisible();
  expect(outside).toEqual([]);

  for (const [name, problem] of [
    ['../x', 'OWNER/NAME'],
    ['someone/none', 'no public model of this name'],
  ] as const) {
    await lookUp(page, name);
    await expect(panel(page).getByRole('alert')).toContainText(problem);
  }
  await lookUp(page, 'someone/gated');
  await panel(page)
    .getByRole('button', { name: /^Download/ })
    .click();
  await expect(panel(page).getByRole('alert')).toContainText('the model is gated');
  await expect(panel(page)).toContainText('This browser keeps no downloaded model.');

  await lookUp(page, 'someone/tiny-bert');
  await expect(panel(page)).toContainText('licence apache-2.0');
  hub.isSpoilt = true;
  await panel(page)
    .getByRole('button', { name: /^Download/ })
    .click();
  await expect(panel(page).getByRole('alert')).toContainText('checksum');
  hub.isSpoilt = false;
  hub.cuts = [1000];
  hub.connections = hub.asked.length + 1;
  const resume = panel(page).getByRole('button', { name: 'Resume the download of someone/tiny-bert' });
  await resume.click();
  await expect(panel(page).getByRole('alert')).toContainText('no connection to https://huggingface.co');
  hub.connections = Number.POSITIVE_INFINITY;
  await resume.click();
  const report = page.getByRole('region', { name: 'Imported model' });
  await expect(report).toContainText('10 memory tokens');
  expect(hub.asked.at(-1)).toMatch(/model\.safetensors bytes=1000-$/);
  await expect(page.getByLabel('Model', { exact: true }).first()).toHaveValue(/^hub:someone\/tiny-bert@c+$/);
  expect(outside.every((url) => url.startsWith('https://huggingface.co/'))).toBe(true);

  // Kept: the next visit needs no hub.
  const before = hub.asked.length;
  await page.reload();
  await page.getByRole('button', { name: 'Open from the hub…' }).click();
  await panel(page).getByRole('button', { name: 'Open someone/tiny-bert' }).click();
  await expect(report).toContainText('10 memory tokens');
  expect(hub.asked).toHaveLength(before);
  await panel(page).getByRole('button', { name: 'Remove someone/tiny-bert from this browser' }).click();
  await expect(panel(page)).toContainText('This browser keeps no downloaded model.');
});

test('the files of a published model, dropped together, are imported', async ({ page }) => {
  await page.goto('./#/stream');
  const files = Object.entries(publishedBert()).map(([name, content]) => [name, [...content]] as const);
  const transfer = await page.evaluateHandle((given) => {
    const carried = new DataTransfer();
    for (const [name, content] of given) carried.items.add(new File([Uint8Array.from(content)], name));
    return carried;
  }, files);
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
  const report = page.getByRole('region', { name: 'Imported model' });
  await expect(report).toContainText('10 memory tokens');
  await expect(report).toContainText('New, not trained');
});
