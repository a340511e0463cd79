// node scripts/scale.mjs [--quick] [--out FOLDER] [--adapter gpu]: how time and GPU bytes grow with length, in headless
// Chromium. Writes scale.json and scale.md into results/. --quick runs a small version and writes only with --out. Fails if
// GPU bytes grow with the number of segments; never on time, which scale.md judges in words.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright';
import { build, preview } from 'vite';
import { argumentsFor, provideChromium } from './chromium.mjs';
import { root } from './process.mjs';

const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    out: { type: 'string' },
    adapter: { type: 'string', default: 'swiftshader' },
  },
});
if (given.adapter !== 'swiftshader' && given.adapter !== 'gpu') {
  console.error(`scale: --adapter is '${given.adapter}' (expected swiftshader or gpu)`);
  process.exit(2);
}
const plan = given.quick
  ? { stream: 128, train: [2, 4, 8], steps: 1, lengths: [512, 1024, 2048], runs: 1 }
  : { stream: 4096, train: [2, 8, 32, 64], steps: 3, lengths: [512, 1024, 2048, 4096, 8192], runs: 3 };
const folder = given.out ?? (given.quick ? undefined : join(root, 'results'));

/** @param {readonly number[]} values */
function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] ?? Number.NaN)) / 2;
}

const outDir = mkdtempSync(join(tmpdir(), 'rmt-scale-'));
const settings = /** @type {const} */ ({
  root: join(root, 'scripts/scale'),
  configFile: false,
  logLevel: 'error',
  base: './',
  build: { outDir, emptyOutDir: true, target: 'es2022' },
});
await build(settings);
const server = await preview({ ...settings, preview: { port: 0, host: 'localhost' } });
const browser = await chromium.launch({
  executablePath: await provideChromium(),
  args: [...argumentsFor(given.adapter), '--enable-precise-memory-info', '--js-flags=--expose-gc'],
});
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(0);
  page.on('console', (message) => console.log(message.text()));
  page.on('pageerror', (error) => console.error(error.message));
  await page.goto(server.resolvedUrls?.local[0] ?? '');
  await page.waitForFunction('"scale" in globalThis');

  /** @param {string} name @param {readonly unknown[]} args */
  const measure = (name, ...args) => page.evaluate(`scale.${name}(...${JSON.stringify(args)})`);

  const adapter = await measure('adapter');
  console.log(adapter);

  const streamed = await measure('stream', plan.stream);
  const quarter = Math.floor(streamed.milliseconds.length / 4);
  const stream = {
    segments: plan.stream,
    tokens: streamed.tokens,
    ms_to_draw: Math.round(streamed.drawing),
    // Segments of both quarters alternate.
    ms_per_segment: {
      first: median(streamed.turns.map((/** @type {any} */ turn) => turn.first)),
      last: median(streamed.turns.map((/** @type {any} */ turn) => turn.last)),
    },
    gpu_bytes: {
      first: Math.max(...streamed.gpuBytes.slice(0, quarter)),
      last: Math.max(...streamed.gpuBytes.slice(-quarter)),
    },
    // The page's heap after a collection; the first value is skipped because it is taken before warm-up.
    heap_bytes: { first: streamed.heaps[1] ?? null, last: streamed.heaps.at(-1) ?? null },
    seconds: Math.round(streamed.milliseconds.reduce((sum, ms) => sum + ms, 0) / 1000),
  };
  console.log(JSON.stringify(stream));

  const train = [];
  for (const segments of plan.train) {
    const { milliseconds, bytes, finite } = await measure('train', segments, plan.steps);
    if (!finite) throw new Error(`training through ${segments} segments: the loss is not a finite number`);
    train.push({ segments, ms_per_segment: median(milliseconds), gpu_bytes: bytes });
    console.log(JSON.stringify(train.at(-1)));
  }

  const lengths = [];
  for (const positions of plan.lengths) {
    const row = { positions };
    for (const kind of ['rmt', 'full']) {
      const { milliseconds, bytes } = await measure('forward', kind, positions, plan.runs);
      row[kind] = { ms: median(milliseconds), gpu_bytes: bytes };
    }
    lengths.push(row);
    console.log(JSON.stringify(row));
  }

  const report = { adapter, quick: given.quick, stream, train, lengths };
  if (folder) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'scale.json'), `${JSON.stringify(report, null, 2)}\n`);
    writeFileSync(join(folder, 'scale.md'), describe(report));
  } else console.log(describe(report));

  const grown = (train.at(-1)?.gpu_bytes ?? Number.NaN) / (train[0]?.gpu_bytes ?? Number.NaN);
  if (stream.gpu_bytes.first !== stream.gpu_bytes.last || !(grown <= 1.1)) {
    console.error(
      'scale: GPU bytes grow with the number of segments (expected the same bytes, and 1.1 times in training)',
    );
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  await server.close();
  rmSync(outDir, { recursive: true, force: true });
}

/** The report as Markdown. @param {any} report */
function describe({ adapter, quick, stream, train, lengths }) {
  const grouped = (/** @type {number} */ n) => Math.round(n).toLocaleString('en');
  const ms = (/** @type {number} */ n) => (n < 100 ? n.toFixed(1) : grouped(n));
  const change = stream.ms_per_segment.last / stream.ms_per_segment.first - 1;
  const { first: heap, last: heapAtEnd } = stream.heap_bytes;
  const grown = train.at(-1).gpu_bytes / train[0].gpu_bytes;
  const exponent = (/** @type {'rmt' | 'full'} */ kind) => {
    const [from, to] = lengths.slice(-2);
    return Math.log(to[kind].ms / from[kind].ms) / Math.log(to.positions / from.positions);
  };
  return [
    '# Scaling with length',
    '',
    `Written by \`node scripts/scale.mjs${quick ? ' --quick' : ''}\` in headless Chromium. Adapter: ${adapter}.`,
    'The model has 2 layers, width 64, 4 heads; a segment has 512 positions: 10 of memory, 499 of text, 3 special.',
    '',
    '## One long document',
    '',
    `${grouped(stream.segments)} segments, ${grouped(stream.tokens)} tokens, read in ${grouped(stream.seconds)} s, after ${grouped(stream.ms_to_draw)} ms to sample it and load the model.`,
    '',
    'Segments of the last quarter alternate with segments of the first quarter of a second reading, so that other work on the',
    'machine affects both equally.',
    '',
    '| | first quarter | last quarter |',
    '|---|---|---|',
    `| ms per segment, median, alternating | ${ms(stream.ms_per_segment.first)} | ${ms(stream.ms_per_segment.last)} |`,
    `| GPU bytes, maximum | ${grouped(stream.gpu_bytes.first)} | ${grouped(stream.gpu_bytes.last)} |`,
    ...(heap && heapAtEnd ? [`| heap of the page, bytes | ${grouped(heap)} | ${grouped(heapAtEnd)} |`] : []),
    '',
    `The last quarter takes ${(100 * Math.abs(change)).toFixed(1)} % ${change < 0 ? 'less' : 'more'} time per segment than the first: ${Math.abs(change) <= 0.05 ? 'within' : 'not within'} 5 %. GPU bytes are ${stream.gpu_bytes.first === stream.gpu_bytes.last ? 'the same' : 'not the same'}.`,
    '',
    '## Training through all segments',
    '',
    'Full backpropagation through time, each segment recomputed in the backward pass, batch size 1, AdamW included.',
    '',
    '| segments | ms per segment | GPU bytes | relative to the first row |',
    '|---|---|---|---|',
    ...train.map(
      (/** @type {any} */ row) =>
        `| ${row.segments} | ${ms(row.ms_per_segment)} | ${grouped(row.gpu_bytes)} | ${(row.gpu_bytes / train[0].gpu_bytes).toFixed(3)} |`,
    ),
    '',
    `GPU bytes at ${train.at(-1).segments} segments are ${grown.toFixed(3)} times those at ${train[0].segments}: ${grown <= 1.1 ? 'within' : 'not within'} 1.1.`,
    '',
    '## Against full attention',
    '',
    'One forward pass over the same number of positions: segments of 512 with memory, or one segment of all of them.',
    '',
    '| positions | with memory, ms | full attention, ms | full / memory | with memory, GPU bytes | full attention, GPU bytes |',
    '|---|---|---|---|---|---|',
    ...lengths.map(
      (/** @type {any} */ { positions, rmt, full }) =>
        `| ${grouped(positions)} | ${ms(rmt.ms)} | ${ms(full.ms)} | ${(full.ms / rmt.ms).toFixed(2)} | ${grouped(rmt.gpu_bytes)} | ${grouped(full.gpu_bytes)} |`,
    ),
    '',
    `Between the last two lengths time grows as length to the power ${exponent('rmt').toFixed(2)} with memory, and ${exponent('full').toFixed(2)} with full attention.`,
    '',
  ].join('\n');
}
