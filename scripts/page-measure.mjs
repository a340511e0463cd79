// node scripts/page-measure.mjs [--built] [--json FILE]: size and responsiveness of the page. Builds it, opens it in headless
// Chromium on the software adapter, and writes results/page.md. Run by hand. Fails if the first view loads too much
// JavaScript; never on a time, which depends on the machine.
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { chromiumArguments, provideChromium } from './chromium.mjs';
import { root } from './process.mjs';

const mostJavaScript = 250_000;
const longTask = 50;

const args = process.argv.slice(2);
const jsonFile = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined;
if (!args.includes('--built')) await build({ root, logLevel: 'error' });

const server = await preview({ root, preview: { port: 0, host: 'localhost' }, logLevel: 'error' });
const url = server.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({ executablePath: await provideChromium(), args: chromiumArguments });
// The service worker would fetch every part; only the files of the first view count here. Without motion, the answer is shown
// as soon as it is computed.
const context = await browser.newContext({ serviceWorkers: 'block', reducedMotion: 'reduce' });
const page = await context.newPage();
page.setDefaultTimeout(10 * 60_000);

/** @type {Map<string, number>} bytes, compressed, by file */
const loaded = new Map();
page.on('response', (response) => {
  const file = response.url().slice(url.length).split(/[?#]/)[0] || 'index.html';
  if (!response.url().startsWith(url) || loaded.has(file)) return;
  loaded.set(file, gzipSync(readFileSync(join(root, 'dist/page', file))).length);
});
await page.addInitScript(() => {
  const seen = new MutationObserver(() => {
    if (!document.querySelector('p[data-verdict]')) return;
    performance.mark('first answer');
    seen.disconnect();
  });
  seen.observe(document, { subtree: true, childList: true, attributes: true });
});

/**
 * Measures the page's main thread during `work`: tasks over the limit by wall time and by CPU time (the difference is time
 * spent waiting for a core, which the software adapter keeps busy).
 * @param {string} name @param {() => Promise<void>} work
 */
async function watched(name, work) {
  await browser.startTracing(page, {
    categories: ['toplevel', 'devtools.timeline', 'disabled-by-default-devtools.timeline', '__metadata'],
  });
  const began = performance.now();
  await work();
  const seconds = (performance.now() - began) / 1000;
  /** @type {{ traceEvents: { name: string, ph: string, pid: number, tid: number, dur?: number, tdur?: number, args?: any }[] }} */
  const { traceEvents } = JSON.parse((await browser.stopTracing()).toString());
  const isPage = traceEvents.find((event) => event.name === 'TracingStartedInBrowser')?.args?.data?.frames?.[0]
    ?.processId;
  const main = traceEvents.find(
    ({ name, pid, args }) =>
      name === 'thread_name' && args?.name === 'CrRendererMain' && (isPage === undefined || pid === isPage),
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === 'X' && name === 'RunTask' && pid === main?.pid && tid === main?.tid,
  );
  const long = tasks.filter(({ dur = 0 }) => dur / 1000 > longTask);
  const computing = long.filter(({ tdur = 0 }) => tdur / 1000 > longTask);
  /** @param {('dur' | 'tdur')} key */
  const longest = (key) => tasks.reduce((most, task) => Math.max(most, (task[key] ?? 0) / 1000), 0);
  const busy = tasks.reduce((sum, { tdur = 0 }) => sum + tdur, 0) / 1e6 / seconds;
  return {
    name,
    seconds,
    tasks: tasks.length,
    long: long.length,
    computing: computing.length,
    longest: longest('dur'),
    longestComputing: longest('tdur'),
    busy,
  };
}

const phases = [];
phases.push(
  await watched('opening the page, until the first answer', async () => {
    await page.goto(url);
    await page.locator('p[data-verdict="right"]').waitFor();
  }),
);
const [paint, answer] = await page.evaluate(() => [
  performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? Number.NaN,
  performance.getEntriesByName('first answer')[0]?.startTime ?? Number.NaN,
]);
const first = new Map(loaded);

phases.push(
  await watched('streaming 256 segments', async () => {
    await page.goto(`${url}#/stream?stream.segments=256&stream.seed=5`);
    await page.getByRole('heading', { name: 'Segment 256 of 256' }).waitFor();
    await page.locator('p[data-verdict]').first().waitFor();
  }),
);
/** Frames a second that the page draws during `work`. @param {() => Promise<void>} work */
async function framesDuring(work) {
  await page.evaluate(() => {
    const frames = /** @type {{ measured?: { count: number, began: number } }} */ (window);
    const counted = { count: 0, began: performance.now() };
    frames.measured = counted;
    const frame = () => {
      counted.count++;
      if (frames.measured === counted) requestAnimationFrame(frame);
    };
    requestAnimationFrame(frame);
  });
  await work();
  return await page.evaluate(() => {
    const frames = /** @type {{ measured?: { count: number, began: number } }} */ (window);
    const { count = 0, began = 0 } = frames.measured ?? {};
    delete frames.measured;
    return (1000 * count) / (performance.now() - began);
  });
}
await page.goto(`${url}#/stream?stream.segments=4096`);
await page.getByRole('heading', { name: 'Segment 4,096 of 4,096' }).waitFor();
await page.locator('p[data-verdict]').first().waitFor();
await page.emulateMedia({ reducedMotion: 'no-preference' });
await page.getByRole('button', { name: 'Replay' }).waitFor();
const ribbon = page.getByRole('region', { name: 'Document' }).locator('canvas').first();
await ribbon.scrollIntoViewIfNeeded();
let [playing, scrubbing] = [Number.NaN, Number.NaN];
phases.push(
  await watched('playing the ribbon of 4,096 segments', async () => {
    playing = await framesDuring(async () => {
      await page.getByRole('button', { name: 'Replay' }).click();
      await page.waitForTimeout(6000);
    });
  }),
);
phases.push(
  await watched('scrubbing the ribbon of 4,096 segments', async () => {
    scrubbing = await framesDuring(async () => {
      const box = await ribbon.boundingBox();
      if (!box) throw new Error('no ribbon');
      const y = box.y + box.height - 20;
      await page.mouse.move(box.x + 20, y);
      await page.mouse.down();
      for (let i = 0; i < 180; i++) {
        await page.mouse.move(box.x + 20 + ((box.width - 200) * Math.abs(90 - i)) / 90, y);
        await page.waitForTimeout(16);
      }
      await page.mouse.up();
    });
  }),
);
const run =
  'hidden_size=16&intermediate_size=32&num_attention_heads=2&batch_size=8&stages=1,2&stage_steps=250&validate_every=50&validate_samples=16';
phases.push(
  await watched('training a tiny run, 500 steps', async () => {
    await page.goto(`${url}#/train?${run}`);
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('heading', { name: 'Finished' }).waitFor();
  }),
);
phases.push(
  await watched('switching through all views, three times', async () => {
    for (let round = 0; round < 3; round++)
      for (const tab of await page.getByRole('tab').all()) {
        await tab.click();
        await page.locator('#view h1').waitFor();
        await page.waitForTimeout(150);
      }
  }),
);
const adapter = await page.getByRole('banner').locator('[role="status"] > [title]').first().innerText();
const chrome = browser.version();
await browser.close();
await server.close();

/** @param {(file: string) => boolean} which */
const sum = (which) => [...first].reduce((total, [file, bytes]) => total + (which(file) ? bytes : 0), 0);
const isWorker = (/** @type {string} */ file) => /worker/.test(file);
const javaScript = sum((file) => file.endsWith('.js') && !isWorker(file));
const worker = sum((file) => file.endsWith('.js') && isWorker(file));
const measured = {
  chrome,
  adapter,
  cores: cpus().length,
  /** Load average over the last five minutes. */
  load: loadavg()[1] ?? 0,
  javaScript,
  worker,
  style: sum((file) => file.endsWith('.css')),
  firstPaint: paint,
  firstAnswer: answer,
  framesPerSecond: { playing, scrubbing },
  phases,
};
if (jsonFile) writeFileSync(jsonFile, `${JSON.stringify(measured, null, 2)}\n`);

const kB = (/** @type {number} */ bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const ms = (/** @type {number} */ milliseconds) => `${Math.round(milliseconds)} ms`;
const text = `# Size and responsiveness of the page

Written by \`node scripts/page-measure.mjs\`: headless Chromium ${chrome} on ${adapter}, ${measured.cores} cores, shared by
page, worker, software adapter and other processes (load ${measured.load.toFixed(1)}).

| first view | compressed (gzip) | limit |
|---|---|---|
| JavaScript of the page | ${kB(javaScript)} | ${kB(mostJavaScript)} |
| JavaScript of the worker (engine and shaders) | ${kB(worker)} | |
| styles | ${kB(measured.style)} | |

The ribbon of 4,096 segments: ${playing.toFixed(0)} frames a second while it plays, ${scrubbing.toFixed(0)} while it is scrubbed.

First paint after ${ms(paint)}, first answer of the bundled model (64 segments read) after ${ms(answer)}.

Main-thread tasks over ${longTask} ms. "Wall" includes waiting for a core; "CPU" is the time the thread itself ran.

| while | seconds | tasks | over ${longTask} ms, wall | over ${longTask} ms, CPU | longest, wall | longest, CPU | main thread busy |
|---|---|---|---|---|---|---|---|
${phases
  .map(
    ({ name, seconds, tasks, long, computing, longest, longestComputing, busy }) =>
      `| ${name} | ${seconds.toFixed(1)} | ${tasks} | ${long} | ${computing} | ${ms(longest)} | ${ms(longestComputing)} | ${Math.round(100 * busy)} % |`,
  )
  .join('\n')}
`;
writeFileSync(join(root, 'results/page.md'), text);
console.log(text);
if (javaScript > mostJavaScript) {
  console.error(`first view: ${javaScript} bytes of compressed JavaScript (expected at most ${mostJavaScript})`);
  process.exitCode = 1;
}
