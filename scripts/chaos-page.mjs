// node scripts/chaos-page.mjs [--built] [--reloads N] [--hides N] [--seed N] [--soak MINUTES] [--json FILE]: reloads the page at
// random moments while a run trains, saves and is imported; hides and shows it; opens it in two tabs; and streams for a
// while with the JavaScript heap sampled. Prints Markdown tables; exit status 1 if anything was lost. Run by hand.
import { readFileSync, writeFileSync } from 'node:fs';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { chromiumArguments, provideChromium } from './chromium.mjs';
import { root } from './process.mjs';

const args = process.argv.slice(2);
/** @param {string} name @param {number} usual */
const number = (name, usual) => (args.includes(name) ? Number(args[args.indexOf(name) + 1]) : usual);
const [reloads, hides] = [number('--reloads', 100), number('--hides', 20)];
const [minutes, seed] = [number('--soak', 0), number('--seed', 1)];
const jsonFile = args.includes('--json') ? args[args.indexOf('--json') + 1] : undefined;
const patience = 5 * 60_000;

let state = seed >>> 0;
/** The same moments for the same seed: mulberry32. */
function random() {
  state = (state + 0x6d2b79f5) >>> 0;
  let t = Math.imul(state ^ (state >>> 15), state | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
}
/** @template T @param {readonly T[]} items @returns {T} */
const oneOf = (items) => /** @type {T} */ (items[Math.floor(random() * items.length)]);
/** @param {number} milliseconds */
const pass = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

if (!args.includes('--built')) await build({ root, logLevel: 'error' });
const server = await preview({ root, preview: { port: 0, host: 'localhost' }, logLevel: 'error' });
const url = server.resolvedUrls?.local[0] ?? '';
const browser = await chromium.launch({ executablePath: await provideChromium(), args: chromiumArguments });
const context = await browser.newContext({ serviceWorkers: 'block' });
/** @type {string[]} */
const errors = [];

async function open(hash = '#/train?preset=tiny&stages=1&stage_steps=100000&validate_every=50&validate_samples=16') {
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on('pageerror', ({ message }) => errors.push(message));
  await page.goto(`${url}${hash}`);
  return page;
}

/**
 * All records, read without the page's own code, and whether each checkpoint is there in full.
 * @param {import('playwright').Page} page
 * @returns {Promise<{ id: string, step: number, isWhole: boolean }[]>}
 */
const stored = (page) =>
  page.evaluate(async () => {
    const database = await new Promise((resolve, reject) => {
      const request = indexedDB.open('rmt-playground');
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    const records = await new Promise((resolve, reject) => {
      const request = database.transaction('records').objectStore('records').getAll();
      request.onsuccess = () => resolve(request.result);
      request.onerror = () => reject(request.error);
    });
    database.close();
    const found = [];
    for (const { id, progress, checkpoint } of records) {
      let size = -1;
      if (checkpoint) {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle('checkpoints');
        const file = await folder.getFileHandle(checkpoint.file).then(
          (handle) => handle.getFile(),
          () => undefined,
        );
        size = file?.size ?? -1;
      }
      found.push({ id, step: checkpoint ? progress.step : 0, isWhole: !checkpoint || size === checkpoint.bytes });
    }
    return found;
  });

/** @param {import('playwright').Page} page @param {boolean} hidden */
const setHidden = (page, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, 'hidden', { configurable: true, get: () => value });
    document.dispatchEvent(new Event('visibilitychange'));
  }, hidden);

/** @param {import('playwright').Page} page the step shown; 0 before the first */
async function stepOf(page) {
  const text = (await page.getByText(/ · step [\d,]+ of/).allTextContents())[0] ?? '';
  return Number(/step ([\d,]+) of/.exec(text)?.[1]?.replaceAll(',', '') ?? 0);
}

/** @param {import('playwright').Page} page @param {number} step */
async function trainsBeyond(page, step) {
  const until = Date.now() + patience;
  while ((await stepOf(page)) <= step) {
    if (Date.now() > until) throw new Error(`the run does not pass step ${step}`);
    await pass(50);
  }
}

const outcome = {
  reloads: 0,
  hiddenFirst: 0,
  pausedFirst: 0,
  whileImporting: 0,
  savedWhenHidden: 0,
  saidUnsaved: 0,
  lost: 0,
  damaged: 0,
  notResumed: 0,
  hides: 0,
  hidesSaved: 0,
  /** Seconds until the slowest save after hiding. */
  slowest: 0,
};
/** @type {{ minute: number, megabytes: number, segments: number }[]} */
const heap = [];

async function reloadStorm() {
  const page = await open();
  await page.getByRole('button', { name: 'Start' }).click();
  await trainsBeyond(page, 0);
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByText(/saved at step/).waitFor();
  await page.getByRole('tab', { name: 'Runs' }).click();
  await page.getByRole('button', { name: /^Actions for/ }).click();
  const downloading = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Export run' }).click();
  const exported = readFileSync(await (await downloading).path());
  await page.getByRole('tab', { name: 'Train' }).click();
  await page.getByRole('button', { name: 'Continue' }).click();
  /** @type {Map<string, number>} the last step known to be saved, by run */
  const known = new Map((await stored(page)).map(({ id, step }) => [id, step]));
  for (let i = 0; i < reloads; i++) {
    const how = oneOf(['at once', 'hidden', 'hidden', 'paused', 'importing']);
    await pass(random() * 2000);
    const reached = await stepOf(page);
    const before = Math.max(...known.values());
    if (how === 'hidden') {
      outcome.hiddenFirst++;
      await setHidden(page, true);
    } else if (how === 'paused') {
      outcome.pausedFirst++;
      await page.getByRole('button', { name: 'Pause' }).click();
    } else if (how === 'importing') {
      outcome.whileImporting++;
      await page.getByRole('tab', { name: 'Runs' }).click();
      const buffer = Buffer.from(exported);
      const input = page.getByLabel(/^Import a run/).first();
      await input.setInputFiles({ name: 'a.run.json', mimeType: 'application/json', buffer });
    }
    await pass(random() * 300);
    await page.goto(`${url}#/train`);
    await page.reload();
    outcome.reloads++;
    const last = page.getByText(/was (interrupted|stopped|ended by an error)\./);
    await last.waitFor();
    const now = await stored(page);
    for (const [id, step] of known) if (!now.some((run) => run.id === id && run.step >= step)) outcome.lost++;
    outcome.damaged += now.filter(({ isWhole }) => !isWhole).length;
    for (const { id, step } of now) known.set(id, step);
    const saved = Math.max(...known.values());
    if (how === 'hidden' && saved > before) outcome.savedWhenHidden++;
    const said = /closed at step ([\d,]+)/.exec((await last.textContent()) ?? '')?.[1]?.replaceAll(',', '');
    if (how === 'hidden' && said !== undefined) outcome.saidUnsaved++;
    // Either the step is there, or the page says that it is not.
    if (how === 'hidden' && saved < reached && Number(said ?? 0) < reached) outcome.lost++;
    await page.getByRole('button', { name: 'Resume the last run' }).click();
    const from = await stored(page).then((runs) => Math.min(...runs.map(({ step }) => step)));
    await trainsBeyond(page, Math.max(0, from)).catch(() => outcome.notResumed++);
  }
  await page.close();
}

async function hideStorm() {
  const page = await open('#/train');
  await page.getByRole('button', { name: 'Resume the last run' }).click();
  await trainsBeyond(page, 0);
  for (let i = 0; i < hides; i++) {
    const before = Math.max(...(await stored(page)).map(({ step }) => step));
    await trainsBeyond(page, before);
    await setHidden(page, true);
    outcome.hides++;
    const hidden = Date.now();
    const until = hidden + 60_000;
    let saved = before;
    while (saved <= before && Date.now() < until) {
      await pass(100);
      saved = Math.max(...(await stored(page)).map(({ step }) => step));
    }
    if (saved > before) outcome.hidesSaved++;
    outcome.slowest = Math.max(outcome.slowest, (Date.now() - hidden) / 1000);
    await setHidden(page, false);
    await pass(random() * 200);
  }
  await page.close();
}

/** @returns {Promise<string>} what the second tab says about the run that the first one trains */
async function twoTabs() {
  const first = await open('#/train');
  await first.getByRole('button', { name: 'Resume the last run' }).click();
  await trainsBeyond(first, 0);
  const second = await open('#/runs');
  await second
    .getByText(/^In another tab/)
    .first()
    .waitFor();
  const alone = await second.getByText(/^In another tab/).count();
  await first.close();
  await second
    .getByText(/^In another tab/)
    .first()
    .waitFor({ state: 'detached' });
  const whole = (await stored(second)).every(({ isWhole }) => isWhole);
  await second.close();
  return `${alone} run held by the first tab, released when it is closed; checkpoints ${whole ? 'whole' : 'damaged'}`;
}

async function soak() {
  const page = await open('#/stream?stream.segments=4096');
  const cdp = await context.newCDPSession(page);
  const until = Date.now() + minutes * 60_000;
  const began = Date.now();
  let segments = 0;
  while (Date.now() < until) {
    await pass(Math.min(30_000, (minutes * 60_000) / 10));
    await cdp.send('HeapProfiler.collectGarbage');
    const { usedSize } = await cdp.send('Runtime.getHeapUsage');
    const text = await page.getByRole('heading', { name: /^Segment / }).textContent();
    segments = Number(/Segment ([\d,]+)/.exec(text ?? '')?.[1]?.replaceAll(',', '') ?? 0);
    heap.push({ minute: (Date.now() - began) / 60_000, megabytes: usedSize / 1e6, segments });
    const again = page.getByRole('button', { name: 'Play again' });
    if (await again.isVisible()) await again.click();
  }
  await page.close();
}

const rows = [];
try {
  if (reloads > 0) {
    await reloadStorm();
    const { hiddenFirst, pausedFirst, whileImporting } = outcome;
    rows.push([
      'Reloads while a run trains',
      `${outcome.reloads} (${hiddenFirst} just after hiding, ${pausedFirst} just after Pause, ${whileImporting} during an import)`,
      `${outcome.lost} saves lost, ${outcome.damaged} checkpoints damaged, ${outcome.notResumed} runs not resumed; of the reloads just after hiding ${outcome.savedWhenHidden} found a newer checkpoint, ${outcome.saidUnsaved} said which steps are not saved`,
    ]);
  }
  if (hides > 0) {
    await hideStorm();
    rows.push([
      'Hiding and showing',
      String(outcome.hides),
      `${outcome.hidesSaved} saved, the slowest after ${outcome.slowest.toFixed(1)} s`,
    ]);
    rows.push(['Two tabs', '1', await twoTabs()]);
  }
  if (minutes > 0) await soak();
} finally {
  const table = ['| trial | times | outcome |', '|---|---|---|', ...rows.map((row) => `| ${row.join(' | ')} |`)];
  table.push(
    '',
    `Errors of the page: ${errors.length === 0 ? 'none' : [...new Set(errors)].join('; ')}. Seed ${seed}.`,
  );
  if (heap.length > 0)
    table.push('', '| minutes of streaming | segments read | JavaScript heap after collection |', '|---:|---:|---:|');
  for (const { minute, segments, megabytes } of heap)
    table.push(`| ${minute.toFixed(1)} | ${segments} | ${megabytes.toFixed(1)} MB |`);
  console.log(table.join('\n'));
  if (jsonFile) writeFileSync(jsonFile, `${JSON.stringify({ seed, outcome, errors, heap }, undefined, 1)}\n`);
  await browser.close();
  await server.close();
}
if (outcome.lost + outcome.damaged + outcome.notResumed + errors.length > 0) process.exitCode = 1;
