// npm run e2e:firefox: the built page in a real Firefox. It streams, trains to 100 %, and resumes the run after a reload.
// Prints what a segment and a step take. Exit status 3: there is no Firefox with WebGPU here, so nothing was tried.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { preview } from 'vite';
import { findFirefox, launchFirefox } from './firefox.mjs';
import { gpuEnvironment } from './gpu-environment.mjs';
import { npm, root } from './process.mjs';

const notTried = 3;
const minutes = 60_000;

/** @param {string} reason */
function leave(reason) {
  console.log(`Firefox: not tried, because ${reason}.`);
  process.exit(notTried);
}

const found = findFirefox();
if ('reason' in found) throw leave(found.reason);
const isBuilt = process.env.RMT_PAGE_BUILT !== undefined && existsSync(join(root, 'dist/page/index.html'));
if (!isBuilt && (await npm(['run', '--silent', 'build'])) !== 0) process.exit(1);

const { env } = await gpuEnvironment();
const server = await preview({ root, preview: { port: 0, host: 'localhost' }, logLevel: 'error' });
const url = server.resolvedUrls?.local[0] ?? '';
const browser = await launchFirefox(found.path, env);
const page = await browser.newPage();
await page.setViewport({ width: 1280, height: 800 });

/** @type {string[]} */
const problems = [];
page.on('pageerror', (error) => problems.push(`thrown: ${error instanceof Error ? error.message : error}`));
page.on('console', (message) => {
  if (message.type() === 'error') problems.push(`console: ${message.text()}`);
});
// Every message of the worker, with the time of its arrival.
await page.evaluateOnNewDocument(() => {
  const seen = /** @type {any[]} */ (Reflect.set(window, 'seen', []) && Reflect.get(window, 'seen'));
  window.Worker = class extends Worker {
    /** @param {string | URL} address @param {WorkerOptions} [options] */
    constructor(address, options) {
      super(address, options);
      this.addEventListener('message', ({ data }) => {
        const { type, accuracy, message, progress } = data;
        seen.push({ type, accuracy, message, step: progress?.step, at: performance.now() });
      });
    }
  };
});

/** Messages of one type so far. @param {string} type @returns {Promise<{ accuracy: number, step: number, at: number }[]>} */
const messages = (type) =>
  page.evaluate((type) => Reflect.get(window, 'seen').filter((/** @type {any} */ each) => each.type === type), type);

/** @param {string} type @param {number} count */
async function arrived(type, count) {
  await page.waitForFunction(
    (type, count) => {
      const all = /** @type {any[]} */ (Reflect.get(window, 'seen'));
      const failed = all.find((each) => each.type === 'failed');
      if (failed) throw new Error(failed.message);
      return all.filter((each) => each.type === type).length >= count;
    },
    { timeout: 6 * minutes, polling: 200 },
    type,
    count,
  );
}

/** Press a button by its name, once it is enabled. @param {string} name */
async function press(name) {
  const button = await page.waitForFunction(
    (name) =>
      [...document.querySelectorAll('button')].find(
        (each) => !each.disabled && each.textContent?.replace(/^[^\p{L}]+/u, '').trim() === name,
      ),
    { timeout: 5 * minutes, polling: 200 },
    name,
  );
  await button.evaluate((each) => each instanceof HTMLElement && each.click());
}

/** Wait for text on the page. @param {string} pattern */
const text = (pattern) =>
  page.waitForFunction(
    (pattern) => new RegExp(pattern).test(document.body.innerText),
    {
      timeout: 6 * minutes,
      polling: 200,
    },
    pattern,
  );

/** Milliseconds from one message to the next. @param {readonly { at: number }[]} all */
const interval = (all) => ((all.at(-1)?.at ?? Number.NaN) - (all[0]?.at ?? Number.NaN)) / (all.length - 1);

/** @param {boolean} holds @param {string} what */
function expect(holds, what) {
  console.log(`${holds ? 'ok    ' : 'FAILED'}  ${what}`);
  if (!holds) problems.push(what);
}

async function stream() {
  await page.goto(`${url}#/stream?stream.segments=64`);
  await arrived('stream-end', 1);
  await text('The answer is \\w+: correct\\.');
  const segments = await messages('stream-segment');
  const each = interval(segments);
  expect(segments.length === 64, `streams 64 segments to the right answer: ${each.toFixed(1)} ms a segment`);
}

const run = 'stages=1,2&stage_steps=400&stage_until=1&validate_every=25&validate_samples=64';

async function train() {
  // Another document, not another fragment of the same.
  await page.goto('about:blank');
  await page.goto(`${url}#/train?${run}`);
  await press('Start');
  await text('saved at step \\d');
  await arrived('train-step', 30);
  const each = interval((await messages('train-step')).slice(10));
  await page.reload();
  await press('Resume the last run');
  await arrived('train-end', 1);
  await text('step (\\d+) of [\\d,]+ · saved at step \\1\\b');
  const accuracy = (await messages('validation')).at(-1)?.accuracy;
  const steps = (await messages('train-step')).at(-1)?.step;
  expect(
    accuracy === 1,
    `trains to 100 % at 2 segments in ${steps} steps, through a reload: ${each.toFixed(1)} ms a step`,
  );
  if (accuracy !== 1) console.log(`        last validation: ${accuracy}`);
  await page.goto('about:blank');
  await page.goto(`${url}#/runs`);
  await text('Finished');
  expect(true, 'has the finished run in a new page');
}

try {
  await page.goto(url);
  const adapter = await page.evaluate(async () => {
    const adapter = await navigator.gpu?.requestAdapter();
    if (!adapter) return undefined;
    const { vendor, architecture, description, isFallbackAdapter } = adapter.info;
    return (
      [vendor, architecture, description].filter(Boolean).join(' ') ||
      `unnamed${isFallbackAdapter ? ' software' : ''} adapter`
    );
  });
  if (adapter === undefined) {
    await browser.close();
    leave(`Firefox ${found.version} offers no WebGPU adapter`);
  }
  const icd = env.VK_ICD_FILENAMES ? `, Vulkan driver ${env.VK_ICD_FILENAMES.split('/').at(-1)}` : '';
  console.log(`Firefox ${found.version}, ${adapter}${icd}`);
  await stream();
  await train();
} catch (error) {
  problems.push(error instanceof Error ? error.message : String(error));
}
await browser.close();
await server.close();
for (const problem of problems) console.error(`Firefox: ${problem}`);
process.exit(problems.length > 0 ? 1 : 0);
