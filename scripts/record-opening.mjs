// node scripts/record-opening.mjs [--built] [--out DIR]: how the page opens, for looking at. Serves the built page to a
// headless Chromium on the software adapter, and writes a recording of the first six seconds at 1280 × 800 (opening.webm)
// and what is on the screen after 1, 3 and 6 seconds, in three sizes, light and dark.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { chromiumArguments, provideChromium } from './chromium.mjs';
import { root } from './process.mjs';

const args = process.argv.slice(2);
const out = args.includes('--out') ? `${args[args.indexOf('--out') + 1]}` : join(root, 'test-results/opening');
const seconds = [1, 3, 6];
const sizes = [
  { width: 1280, height: 800 },
  { width: 1920, height: 1080 },
  { width: 390, height: 844 },
];

if (!args.includes('--built')) await build({ root, logLevel: 'error' });
mkdirSync(out, { recursive: true });
const server = await preview({ root, preview: { port: 0, host: 'localhost' }, logLevel: 'error' });
const url = server.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({ executablePath: await provideChromium(), args: chromiumArguments });

/**
 * The first seconds of a first visit, as the frames that the browser drew.
 * @param {{ viewport: { width: number, height: number }, colorScheme: 'light' | 'dark' }} look
 * @returns {Promise<{ at: number, jpeg: string }[]>} milliseconds since navigation began
 */
async function opened(look) {
  const context = await browser.newContext({ ...look, serviceWorkers: 'block' });
  const page = await context.newPage();
  const devtools = await context.newCDPSession(page);
  /** @type {{ at: number, jpeg: string }[]} */
  const frames = [];
  let began = Number.POSITIVE_INFINITY;
  devtools.on('Page.screencastFrame', ({ data, metadata, sessionId }) => {
    const at = 1000 * (metadata.timestamp ?? 0) - began;
    if (at >= 0) frames.push({ at, jpeg: data });
    // The page may be closed by now.
    devtools.send('Page.screencastFrameAck', { sessionId }).catch(() => {});
  });
  await devtools.send('Page.startScreencast', { format: 'jpeg', quality: 92 });
  began = Date.now();
  await page.goto(url);
  await page.waitForTimeout(1000 * Math.max(...seconds) + 400 - (Date.now() - began));
  await context.close();
  return frames;
}

/** A frame as a PNG. @param {string} jpeg */
async function picture(jpeg) {
  const page = await browser.newPage();
  const png = await page.evaluate(async (data) => {
    const image = new Image();
    image.src = `data:image/jpeg;base64,${data}`;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = image.width;
    canvas.height = image.height;
    canvas.getContext('2d')?.drawImage(image, 0, 0);
    return canvas.toDataURL('image/png').split(',')[1] ?? '';
  }, jpeg);
  await page.close();
  return Buffer.from(png, 'base64');
}

/** Write frames as a film, drawn again in real time on a canvas that a page records. @param {{ at: number, jpeg: string }[]} frames */
async function recorded(frames) {
  const page = await browser.newPage();
  const webm = await page.evaluate(async (shown) => {
    const images = await Promise.all(
      shown.map(async ({ at, jpeg }) => {
        const image = new Image();
        image.src = `data:image/jpeg;base64,${jpeg}`;
        await image.decode();
        return { at, image };
      }),
    );
    const canvas = document.createElement('canvas');
    canvas.width = images[0]?.image.width ?? 1;
    canvas.height = images[0]?.image.height ?? 1;
    const context = canvas.getContext('2d');
    const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType: 'video/webm', videoBitsPerSecond: 8e6 });
    /** @type {Blob[]} */
    const parts = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const ended = new Promise((resolve) => {
      recorder.onstop = resolve;
    });
    recorder.start();
    const begun = performance.now();
    for (const { at, image } of images) {
      await new Promise((resolve) => setTimeout(resolve, begun + at - performance.now()));
      context?.drawImage(image, 0, 0);
    }
    recorder.stop();
    await ended;
    return [...new Uint8Array(await new Blob(parts).arrayBuffer())];
  }, frames);
  await page.close();
  return Uint8Array.from(webm);
}

for (const viewport of sizes)
  for (const colorScheme of /** @type {const} */ (['light', 'dark'])) {
    const frames = await opened({ viewport, colorScheme });
    for (const second of seconds) {
      const frame = frames.findLast(({ at }) => at <= 1000 * second);
      // A busy machine may have drawn nothing by then.
      if (!frame)
        console.log(`${viewport.width} × ${viewport.height}, ${colorScheme}: nothing in the first ${second} s`);
      else writeFileSync(join(out, `${viewport.width}-${colorScheme}-${second}s.png`), await picture(frame.jpeg));
    }
    if (viewport === sizes[0] && colorScheme === 'light')
      writeFileSync(join(out, 'opening.webm'), await recorded(frames));
    console.log(`${viewport.width} × ${viewport.height}, ${colorScheme}: ${frames.length} frames`);
  }
await browser.close();
await server.close();
