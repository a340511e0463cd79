// Saving figures as PNG, SVG, CSV and JSON, and copying the experiment as a link.
import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright/test';
import { expect, test } from './page.ts';

/** Save a figure. Returns the name and content of the file. */
async function saved(page: Page, figure: string | RegExp, kind: 'PNG' | 'SVG' | 'CSV' | 'JSON') {
  const downloading = page.waitForEvent('download');
  await page.getByRole('group', { name: figure }).getByRole('button', { name: kind, exact: true }).click();
  const download = await downloading;
  return { name: download.suggestedFilename(), bytes: await readFile(await download.path()) };
}

/** Width and height of a PNG, after checking that it is one. */
function sizeOf(bytes: Buffer): [width: number, height: number] {
  expect(bytes.subarray(0, 8)).toEqual(Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]));
  expect(bytes.subarray(12, 16).toString()).toBe('IHDR');
  return [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
}

/** The content of an SVG, from an XML parser. */
function parsed(page: Page, svg: string) {
  return page.evaluate((text) => {
    const read = new DOMParser().parseFromString(text, 'image/svg+xml');
    const all = (selector: string) => [...read.querySelectorAll(selector)];
    return {
      broken: read.querySelector('parsererror')?.textContent ?? '',
      root: read.documentElement.tagName,
      size: ['width', 'height'].map((side) => Number(read.documentElement.getAttribute(side))),
      texts: all('text').map((each) => each.textContent ?? ''),
      curves: all('path').filter(
        (each) => each.getAttribute('fill') === 'none' && (each.getAttribute('d')?.match(/[LC]/g)?.length ?? 0) > 1,
      ).length,
      strokes: [...new Set(all('[stroke]').map((each) => each.getAttribute('stroke') ?? ''))],
      rects: all('rect').length,
      background: read.querySelector('rect')?.getAttribute('fill') ?? '',
    };
  }, svg);
}

const records = (bytes: Buffer) => bytes.toString('utf8').trimEnd().split('\r\n');

test('a chart is saved with legend, axes and series, in the colours of the theme', async ({ page }) => {
  const figure = 'Save: Accuracy by number of segments';
  for (const scheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto('./#/extrapolate');
    const chart = page.getByRole('region', { name: 'Accuracy by number of segments' });
    await expect(chart.locator('.recharts-line')).toHaveCount(3);
    const { name, bytes } = await saved(page, figure, 'SVG');
    expect(name).toBe('accuracy-by-number-of-segments_rmt-1m.svg');
    const svg = bytes.toString('utf8');
    const found = await parsed(page, svg);
    expect(found).toMatchObject({ broken: '', root: 'svg', curves: 3 });
    // The file does not depend on the page.
    expect(svg).not.toMatch(/var\(|class=|<style|<script|foreignObject|href="http/);
    expect(found.background).toBe(scheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(26, 32, 35)');
    for (const text of ['RMT-1M, Detect & memorize', '75\u202f%', '4,096', 'segments (logarithmic)'])
      expect(found.texts.join('|')).toContain(text);
    const picture = await saved(page, figure, 'PNG');
    expect(picture.name).toMatch(/\.png$/);
    expect(sizeOf(picture.bytes)).toEqual(found.size.map((side) => 2 * side));
  }
});

test('the numbers are saved completely, with their origin', async ({ page }) => {
  await page.goto('./#/extrapolate?eval.model=detect.safetensors&eval.segments=1,2&eval.samples=8&eval.seed=5');
  await page.getByRole('button', { name: 'Start' }).click();
  await expect(page.getByText('Finished.', { exact: true })).toBeVisible({ timeout: 250_000 });
  const figure = 'Save: Accuracy by number of segments';
  const [header = '', ...rows] = records((await saved(page, figure, 'CSV')).bytes);
  expect(header).toContain('model,segments,accuracy_0_to_1,');
  // Two measured lengths, and three curves of RMT-1M with twelve points each.
  expect(rows.length).toBe(2 + 3 * 12);
  expect(rows[0]).toMatch(/^"1\. Detect & memorize.*",1,1,/);
  const json = JSON.parse((await saved(page, figure, 'JSON')).bytes.toString('utf8'));
  expect(json).toMatchObject({ figure: 'Accuracy by number of segments', by: 'RMT Playground' });
  expect(json.link).toMatch(/^http:\/\/localhost:\d+\/#\/extrapolate\?.*eval\.seed=5/);
  expect(json.rows.length).toBe(rows.length);
  expect(json.about.results[0]).toMatchObject({ task: 'detect', samples: 8, model: { kind: 'RMT, encoder' } });
  expect(Date.now() - Date.parse(json.made)).toBeLessThan(3_600_000);
});

test('canvases are saved as vectors: every cell of a heatmap, words and marks', async ({ page }) => {
  await page.goto('./#/stream?stream.model=detect.safetensors&stream.segments=3&stream.seed=3');
  await expect(page.getByText(/The answer is \w+:/)).toBeVisible({ timeout: 120_000 });
  const heatmap = /^Save: Attention of memory/;
  const rows = records((await saved(page, heatmap, 'CSV')).bytes).slice(1);
  // Four memory tokens by the positions of the last segment.
  const columns = rows.length / 4;
  expect(columns).toBeGreaterThan(10);
  expect(rows.map((row) => Number(row.split(',').at(-1))).every((weight) => weight >= 0 && weight <= 1)).toBe(true);
  const svg = await parsed(page, (await saved(page, heatmap, 'SVG')).bytes.toString('utf8'));
  expect(svg).toMatchObject({ broken: '', root: 'svg' });
  expect(svg.rects).toBeGreaterThan(columns);
  for (const text of ['mem 1', '[SEP]', 'Rows: memory token · columns: position']) expect(svg.texts).toContain(text);
  const [width, height] = sizeOf((await saved(page, heatmap, 'PNG')).bytes);
  expect([width, height]).toEqual(svg.size.map((side) => 2 * side));

  const film = await parsed(page, (await saved(page, 'Save: Memory ribbon', 'SVG')).bytes.toString());
  for (const text of ['▼ fact', '◆ question']) expect(film.texts).toContain(text);
  expect(records((await saved(page, 'Save: Memory ribbon', 'CSV')).bytes).length).toBe(1 + 3);
});

test('a link restores the configuration, and says what it cannot contain', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('./#/train?preset=tiny');
  await page.getByLabel('Seed', { exact: true }).fill('77');
  await page.getByLabel('Curriculum').fill('1,3');
  const copied = page.getByRole('banner').getByRole('status').first();
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(copied).toHaveText('Copied. The link contains all settings, including the seed.');
  const link = await page.evaluate(() => navigator.clipboard.readText());
  const other = await context.newPage();
  await other.goto(link);
  await expect(other.getByLabel('Seed', { exact: true })).toHaveValue('77');
  await expect(other.getByLabel('Curriculum')).toHaveValue('1,3');
  await expect(other.getByLabel('Preset')).toHaveValue('tiny');
  await other.close();

  const noise = { name: 'zebra.txt', mimeType: 'text/plain', buffer: Buffer.from('Zebras wander far away. ') };
  await page.getByRole('form', { name: 'Configuration' }).locator('input[type=file]').setInputFiles(noise);
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(copied).toContainText('but it does not contain your file zebra.txt.');
});

test('without a clipboard the link is shown for copying by hand', async ({ page }) => {
  await page.addInitScript(() => {
    Object.defineProperty(navigator, 'clipboard', { value: undefined });
    document.execCommand = () => false;
  });
  await page.goto('./#/train?seed=9');
  await page.getByRole('button', { name: 'Copy link' }).click();
  await expect(page.getByLabel('Link', { exact: true })).toHaveValue(/#\/train\?seed=9$/);
});

test('other charts can be saved too: FLOPs by the formula, and RMT-1M by trained length', async ({ page }) => {
  await page.goto('./#/compute');
  const flops = 'Save: FLOPs of one forward pass, by length';
  const svg = await parsed(page, (await saved(page, flops, 'SVG')).bytes.toString('utf8'));
  expect(svg).toMatchObject({ broken: '', root: 'svg' });
  expect(svg.texts.join('|')).toMatch(/OPT-[\d.]+[MB], full attention/);
  const [, ...rows] = records((await saved(page, flops, 'CSV')).bytes);
  // Every line of the chart, with at least a dozen lengths each.
  expect(rows.length).toBeGreaterThanOrEqual(12 * svg.curves);
  await page.goto('./#/extrapolate');
  const { name, bytes } = await saved(page, 'Save: Accuracy by trained length', 'CSV');
  expect(name).toBe('accuracy-by-trained-length_memorize.csv');
  expect(records(bytes).length).toBeGreaterThan(15);
});
