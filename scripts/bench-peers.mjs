// npm run bench:peers: our engine and other libraries, side by side in one headless Chromium. See bench/README.md.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { argumentsFor, provideChromium } from './chromium.mjs';
import { findFirefox, launchFirefox } from './firefox.mjs';
import { gpuEnvironment } from './gpu-environment.mjs';
import { npm, root } from './process.mjs';

/** @typedef {'forward' | 'training'} Workload */
/** @typedef {{ title: string, from?: string, workloads: Workload[], extra?: true }} Entrant */
/**
 * @typedef {object} Result
 * @property {string} peer
 * @property {'timed' | 'wrong' | 'failed'} status
 * @property {string} [reason]
 * @property {number} [firstMs] the first run or runs, including everything created and compiled for them
 * @property {number} [difference] largest difference from the majority's answer; NaN (null in JSON) without a majority
 * @property {number[]} ms
 * @property {number} [median]
 * @property {number} [ratio] to ours
 */

/**
 * What the bench needs of Playwright's and of Puppeteer's browser.
 * @typedef {Pick<import('playwright').Browser, 'close'> & { newPage(): Promise<unknown>, version(): string | Promise<string> }} Browser
 */

const folder = join(root, 'bench');
const TOLERANCE = 1e-3;
const PATIENCE_MS = 15 * 60_000;

/** @type {Pick<Entrant, 'from' | 'workloads'>} */
const ort = { from: 'onnxruntime-web', workloads: ['forward'] };
/** @type {Record<string, Entrant>} */
const entrants = {
  ours: { title: 'RMT Playground', workloads: ['forward', 'training'] },
  tfjs: { title: 'TensorFlow.js, WebGPU', from: '@tensorflow/tfjs-core', workloads: ['forward', 'training'] },
  jax: { title: 'jax-js, WebGPU', from: '@jax-js/jax', workloads: ['forward', 'training'] },
  'ort-webgpu': { ...ort, title: 'ONNX Runtime Web, WebGPU, fused operators' },
  // Fused attention is not correct on every adapter.
  'ort-webgpu-split': { ...ort, title: 'ONNX Runtime Web, WebGPU, attention not fused' },
  'ort-wasm': { ...ort, title: 'ONNX Runtime Web, WASM, fused operators' },
  // Run only when named.
  'ort-webgpu-standard': { ...ort, title: 'ONNX Runtime Web, WebGPU, standard operators', extra: true },
  'ort-wasm-standard': { ...ort, title: 'ONNX Runtime Web, WASM, standard operators', extra: true },
};

const usage = `npm run bench:peers -- [options]
  --runs N        timed runs of each (3)
  --warmup N      untimed runs before them, in addition to the compared ones (1)
  --only LIST     engines, from ${Object.keys(entrants).join(',')}
  --workload W    forward or training (both)
  --browser B     chromium, or firefox, which also has Mesa's lavapipe (chromium)
  --adapter A     swiftshader, or gpu: the browser's default adapter; with firefox also lavapipe (RMT_ADAPTER, or swiftshader)
  --json FILE     write the results as JSON`;

/** @returns {never} @param {string} message */
function refuse(message) {
  console.error(`bench:peers: ${message}\n${usage}`);
  process.exit(2);
}

function options() {
  const text = /** @type {const} */ ({ type: 'string' });
  let values;
  try {
    ({ values } = parseArgs({
      options: {
        runs: text,
        warmup: text,
        only: text,
        workload: text,
        browser: text,
        adapter: text,
        json: text,
        help: { type: 'boolean' },
      },
    }));
  } catch (error) {
    return refuse(error instanceof Error ? error.message : String(error));
  }
  if (values.help) {
    console.log(usage);
    process.exit();
  }
  const { runs = '3', warmup = '1', only, workload, browser = 'chromium', json } = values;
  const { adapter = process.env.RMT_ADAPTER || 'swiftshader' } = values;
  if (!/^[1-9]\d*$/.test(runs)) refuse(`--runs: '${runs}' (expected a whole number from 1)`);
  if (!/^\d+$/.test(warmup)) refuse(`--warmup: '${warmup}' (expected a whole number)`);
  const names = only?.split(',') ?? Object.keys(entrants).filter((name) => !entrants[name]?.extra);
  for (const name of names) if (!Object.hasOwn(entrants, name)) refuse(`--only: no '${name}'`);
  if (workload !== undefined && workload !== 'forward' && workload !== 'training')
    refuse(`--workload: '${workload}' (expected forward or training)`);
  if (browser !== 'chromium' && browser !== 'firefox') refuse(`--browser: '${browser}' (expected chromium or firefox)`);
  const adapters = ['swiftshader', 'gpu', ...(browser === 'firefox' ? ['lavapipe'] : [])];
  if (!adapters.includes(adapter)) refuse(`--adapter: '${adapter}' (expected ${adapters.join(' or ')})`);
  /** @type {Workload[]} */
  const workloads = workload ? [workload] : ['forward', 'training'];
  return { runs: Number(runs), warmup: Number(warmup), names, workloads, browser, adapter, json };
}

/** @param {string} file */
const read = (file) => JSON.parse(readFileSync(join(folder, file), 'utf8'));

/** Installs the peers' packages; the project itself does not need them. */
async function install() {
  const record = 'node_modules/.package-lock.json';
  const { '': _, ...wanted } = read('package-lock.json').packages;
  const found = existsSync(join(folder, record)) ? read(record).packages : {};
  if (Object.keys(wanted).every((name) => found[name]?.version === wanted[name].version)) return;
  console.log('Installing the peers (npm ci in bench/) …');
  if ((await npm(['ci', '--prefix', folder, '--ignore-scripts'])) !== 0)
    throw new Error('the peers were not installed');
}

/** @param {readonly number[]} numbers */
function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = (/** @type {number} */ i) => sorted[i] ?? Number.NaN;
  return (at((sorted.length - 1) >> 1) + at(sorted.length >> 1)) / 2;
}

/** The largest distance between numbers of two answers; NaN if either has one. @param {number[]} a @param {number[]} b */
function distance(a, b) {
  let most = a.length === b.length ? 0 : Number.NaN;
  for (const [i, value] of a.entries()) {
    const apart = Math.abs(value - (b[i] ?? Number.NaN));
    if (!(apart <= most)) most = apart;
    if (Number.isNaN(most)) return most;
  }
  return most;
}

/**
 * The distance of each answer from the majority's answer. Without a majority every distance is NaN.
 * @param {readonly number[][]} answers
 */
function differences(answers) {
  const apart = answers.map((a) => answers.map((b) => distance(a, b)));
  const agree = apart.map((row) => row.filter((d) => d <= TOLERANCE).length);
  const most = Math.max(...agree);
  const [first] = agree.flatMap((count, i) => (count === most ? [i] : []));
  const chosen = first === undefined ? undefined : apart[first];
  const split = agree.some((count, i) => count === most && !((chosen?.[i] ?? Number.NaN) <= TOLERANCE));
  return answers.map((_, i) => (most < 2 || split ? Number.NaN : (chosen?.[i] ?? Number.NaN)));
}

/** @template T @param {Promise<T>} work @param {number} ms @returns {Promise<T>} */
function within(work, ms) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer after ${ms / 1000} s`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/**
 * One workload: all engines are prepared and compared first; then the correct ones are timed in turn, so that other load on
 * the machine affects all equally.
 * @param {Browser} browser
 * @param {string} url
 * @param {Workload} workload
 * @param {{ runs: number, warmup: number, names: string[] }} options
 * @returns {Promise<Result[]>}
 */
async function runWorkload(browser, url, workload, { runs, warmup, names }) {
  const lanes = [];
  for (const peer of names.filter((name) => entrants[name]?.workloads.includes(workload))) {
    const page = await newPage(browser);
    /** @type {string[]} */
    const complaints = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (line) => {
      if (line.type() === 'error') complaints.push(line.text());
    });
    /** @type {Result} */
    const result = { peer, status: 'timed', ms: [] };
    /** @type {number[]} */
    let answer = [];
    try {
      await page.goto(url);
      const start = performance.now();
      const call = /** @type {[string, Workload]} */ ([peer, workload]);
      // biome-ignore format: one line reads better
      answer = await within(page.evaluate(([name, which]) => /** @type {any} */ (globalThis).bench.prepare(name, which), call), PATIENCE_MS);
      result.firstMs = performance.now() - start;
    } catch (error) {
      result.status = 'failed';
      result.reason = [error instanceof Error ? error.message : String(error), ...complaints].join('\n').slice(0, 2000);
    }
    console.error(`  ${workload} ${peer}: ${result.status === 'failed' ? result.reason : 'ready'}`);
    lanes.push({ page, result, answer, complaints });
  }
  const answered = lanes.filter(({ result }) => result.status !== 'failed');
  differences(answered.map(({ answer }) => answer)).forEach((difference, i) => {
    const { result, answer, complaints } = /** @type {(typeof lanes)[number]} */ (answered[i]);
    result.difference = difference;
    // A single answer cannot be compared; the table says so.
    if (difference <= TOLERANCE || (answered.length < 2 && answer.every(Number.isFinite))) return;
    result.status = 'wrong';
    const found = Number.isNaN(difference) ? 'not a number, or no majority' : `differs by ${difference}`;
    result.reason = [`${found} (expected at most ${TOLERANCE})`, ...complaints].join('\n').slice(0, 2000);
  });
  for (let round = -warmup; round < runs; round++)
    for (const { page, result } of lanes) {
      if (result.status !== 'timed') continue;
      try {
        const time = page.evaluate(() => /** @type {any} */ (globalThis).bench.time());
        const ms = await within(time, PATIENCE_MS);
        if (round >= 0) result.ms.push(ms);
      } catch (error) {
        result.status = 'failed';
        result.reason = error instanceof Error ? error.message : String(error);
      }
    }
  for (const { page } of lanes) await page.close();
  const results = lanes.map(({ result }) => result);
  for (const result of results) if (result.status === 'timed') result.median = median(result.ms);
  const ours = results.find(({ peer }) => peer === 'ours')?.median;
  for (const result of results) if (ours && result.median) result.ratio = result.median / ours;
  return results;
}

/** @param {number} ms */
const milliseconds = (ms) => (ms >= 100 ? ms.toFixed(0) : ms.toFixed(ms >= 10 ? 1 : 2));

/** @param {Workload} workload @param {Result[]} results @param {Record<string, string>} versions */
function table(workload, results, versions) {
  const rows = results.map(({ peer, status, median, ratio, ms, difference }) => [
    [entrants[peer]?.title, versions[peer]].filter(Boolean).join(' '),
    median ? `${milliseconds(median)} ms` : status,
    median ? `${milliseconds(Math.min(...ms))}–${milliseconds(Math.max(...ms))}` : '',
    ratio ? `${ratio.toFixed(2)} ×` : '',
    difference === undefined ? '' : Number.isNaN(difference) ? 'no other' : difference.toExponential(1),
  ]);
  const head = [workload, 'median', 'range', 'relative to ours', 'difference'];
  const line = (/** @type {(string | undefined)[]} */ cells) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map((_, i) => (i ? '--:' : '---'))), ...rows.map(line)].join('\n');
}

/** @param {{ browser: string, adapter: string }} chosen @returns {Promise<Browser>} */
async function launch({ browser, adapter }) {
  if (browser === 'chromium')
    return chromium.launch({
      executablePath: await provideChromium(),
      args: argumentsFor(/** @type {'swiftshader' | 'gpu'} */ (adapter)),
    });
  const found = findFirefox();
  if ('reason' in found) throw new Error(`bench:peers: ${found.reason}`);
  process.env.RMT_ADAPTER = adapter;
  const { env } = await gpuEnvironment();
  return launchFirefox(found.path, env);
}

/** Both libraries' pages have what is used here. @param {Browser} browser */
const newPage = async (browser) => /** @type {import('playwright').Page} */ (await browser.newPage());

const chosen = options();
await install();
const settings = /** @type {const} */ ({ root: folder, configFile: join(folder, 'vite.config.ts'), logLevel: 'error' });
await build(settings);
const server = await preview({ ...settings, preview: { port: 0, host: 'localhost' } });
const url = server.resolvedUrls?.local[0] ?? '';
const browser = await launch(chosen);
try {
  const page = await newPage(browser);
  await page.goto(url);
  const adapter = await page.evaluate(() => /** @type {any} */ (globalThis).bench.adapter());
  const { sizes, threads } = await page.evaluate(() => {
    const { sizes, threads } = /** @type {any} */ (globalThis).bench;
    return { sizes, threads };
  });
  await page.close();
  const version = `${chosen.browser === 'firefox' ? '' : 'Chromium '}${await browser.version()}`;
  /** @type {Record<string, string>} */
  const versions = {};
  for (const name of chosen.names) {
    const { from } = entrants[name] ?? {};
    if (from) versions[name] = read(`node_modules/${from}/package.json`).version;
  }
  console.log(
    `Adapter: ${adapter} · ${version} · ${threads} threads for WASM · ${chosen.runs} runs after ${chosen.warmup} of warm-up`,
  );
  /** @type {Record<string, Result[]>} */
  const results = {};
  for (const workload of chosen.workloads) {
    const measured = await runWorkload(browser, url, workload, chosen);
    results[workload] = measured;
    console.log(`\n${table(workload, measured, versions)}`);
    for (const { peer, status, reason } of measured) if (reason) console.log(`\n${peer} ${status}: ${reason}`);
  }
  if (chosen.json) {
    const { runs, warmup } = chosen;
    const all = {
      adapter,
      browser: version,
      threads,
      runs,
      warmup,
      tolerance: TOLERANCE,
      sizes,
      versions,
      results,
    };
    writeFileSync(chosen.json, `${JSON.stringify(all, null, 2)}\n`);
  }
  // Only a failure of our engine is an error; failures of the others are results.
  if (Object.values(results).some((each) => each.some(({ peer, status }) => peer === 'ours' && status !== 'timed')))
    process.exitCode = 1;
} finally {
  await browser.close();
  await server.close();
}
