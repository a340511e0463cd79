// Trains the default preset on the page, in headless Chromium, evaluates the model on 1 to 16 segments, and prints the
// results. Run by hand: `npm run build && node scripts/page-learns.mjs`.
import { chromium } from 'playwright';
import { preview } from 'vite';
import { chromiumArguments, provideChromium } from './chromium.mjs';

const server = await preview({ preview: { port: 0, host: 'localhost' }, logLevel: 'error' });
const url = server.resolvedUrls?.local[0];
const browser = await chromium.launch({
  executablePath: await provideChromium(),
  args: chromiumArguments,
});
const page = await browser.newPage();
page.setDefaultTimeout(60 * 60_000);
await page.goto(`${url}#/train`);
const started = performance.now();
await page.getByRole('button', { name: 'Start' }).click();
await page.getByRole('heading', { name: 'Finished' }).waitFor();
const seconds = (performance.now() - started) / 1000;
await page.getByRole('button', { name: 'Evaluate this model' }).click();
await page.getByLabel('Numbers of segments').fill('1,2,4,8,16');
await page.getByLabel('Samples').fill('256');
await page.getByRole('button', { name: 'Start' }).click();
await page.getByText('Finished.', { exact: true }).waitFor();
const table = await page.getByRole('table').first().innerText();
console.log(
  JSON.stringify({
    adapter: await page.getByRole('banner').locator('[role="status"] > [title]').first().innerText(),
    seconds: Math.round(seconds),
  }),
);
console.log(table);
await browser.close();
await server.close();
