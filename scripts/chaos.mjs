// node scripts/chaos.mjs [--quick] [--kills N] [--disk N] [--writers N] [--signals N] [--fuzz N] [--steps N] [--minutes M]
// [--seed S] [--only PART,…]: what happens to runs and inputs when everything goes wrong. Prints a table in Markdown; the exit
// status is 1 if anything was lost or failed otherwise than by saying what is wrong. --quick does little of each. Takes hours
// in full: two of them stream. Everything drawn is determined by the seed, except when a process is killed.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from 'vite';
import { TrainingRuns } from './chaos/training.mjs';
import { adapterText, gpuEnvironment, noAdapterText } from './gpu-environment.mjs';
import { root } from './process.mjs';

const parts = ['kills', 'disk', 'writers', 'pipes', 'signals', 'fuzz', 'steps', 'stream'];
const { values: given } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    ...Object.fromEntries(
      ['kills', 'disk', 'writers', 'signals', 'fuzz', 'steps', 'minutes', 'seed', 'only'].map((name) => [
        name,
        { type: 'string' },
      ]),
    ),
  },
});
/** @param {string} name @param {number} full @param {number} quick */
const amount = (name, full, quick) => {
  const value = Number(given[name] ?? (given.quick ? quick : full));
  if (Number.isFinite(value) && value >= 0) return value;
  console.error(`chaos: --${name}: '${given[name]}' (expected a number)`);
  process.exit(2);
};
const plan = {
  kills: amount('kills', 200, 6),
  disk: amount('disk', 20, 2),
  writers: amount('writers', 20, 2),
  signals: amount('signals', 10, 1),
  fuzz: amount('fuzz', 100_000, 2_000),
  steps: amount('steps', 100_000, 500),
  minutes: amount('minutes', 120, 0.2),
};
const seed = amount('seed', 1, 1);
const wanted = given.only?.split(',') ?? parts;
const unknown = wanted.find((part) => !parts.includes(part));
if (unknown !== undefined) {
  console.error(`chaos: --only: '${unknown}' (expected some of ${parts.join(', ')})`);
  process.exit(2);
}

let state = seed;
/** An integer below n, of a small generator. @param {number} n */
const draw = (n) => {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * n);
};
/** @param {string} text */
const tell = (text) => console.error(`  ${text}`);

/** @type {{ part: string, did: string, found: string }[]} */
const rows = [];
/** @param {string} part @param {() => Promise<{ did: string, problems: readonly string[] }>} work */
async function attempt(part, work) {
  if (!wanted.includes(part)) return;
  console.error(`${part} …`);
  const began = performance.now();
  const { did, problems } = await work();
  for (const problem of problems) tell(problem);
  const minutes = (performance.now() - began) / 60_000;
  rows.push({
    part,
    did: `${did} (${minutes.toFixed(1)} min)`,
    found: problems.length === 0 ? 'nothing' : `${problems.length}: ${problems[0]}`,
  });
}

const { env, adapter } = await gpuEnvironment();
if (!adapter) {
  console.error(noAdapterText);
  process.exit(1);
}
// Inside the repository, so that Dawn's package is found from there.
const programs = join(root, `dist/chaos-${process.pid}`);
/** The command line saves a checkpoint every tenth of a second instead of every ten seconds, so that kills meet saves. */
const frequentSaves = {
  name: 'frequent-saves',
  enforce: /** @type {const} */ ('pre'),
  /** @param {string} code @param {string} id */
  transform(code, id) {
    if (!id.endsWith('src/session/jobs/train.ts')) return;
    const changed = code
      .replace('const AUTOSAVE = 10_000', 'const AUTOSAVE = 100')
      .replace('const AUTOSAVE_SPACING = 20', 'const AUTOSAVE_SPACING = 1');
    if (!changed.includes('AUTOSAVE = 100;') || !changed.includes('AUTOSAVE_SPACING = 1;'))
      throw new Error('chaos: the interval of automatic saves has another name');
    return changed;
  },
};
await build({
  root,
  configFile: join(root, 'vite.cli.config.ts'),
  logLevel: 'error',
  plugins: [frequentSaves],
  build: {
    ssr: true,
    outDir: programs,
    rolldownOptions: {
      input: {
        rmt: join(root, 'src/cli/rmt.ts'),
        fuzz: join(root, 'scripts/chaos/fuzz.ts'),
        endurance: join(root, 'scripts/chaos/endurance.ts'),
      },
      output: { codeSplitting: true, entryFileNames: '[name].js' },
    },
  },
});
const work = mkdtempSync(join(tmpdir(), 'rmt-chaos-'));
const cwd = join(work, 'cwd');
mkdirSync(cwd);

/**
 * @param {string} name @param {readonly string[]} args @param {{ flags?: string[], timeout?: (child: import('node:child_process').ChildProcess) => void }} [options]
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string }>}
 */
function program(name, args, { flags = [], timeout } = {}) {
  const child = spawn(process.execPath, [...flags, join(programs, `${name}.js`), ...args], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (text) => {
    stdout += text;
  });
  child.stderr.on('data', (text) => {
    stderr += text;
  });
  timeout?.(child);
  return new Promise((done) => child.once('close', (status) => done({ status, stdout, stderr })));
}

/** Damaged inputs; a child that hangs or dies is replaced after the case that did it. @param {number} cases */
async function fuzz(cases) {
  const problems = [];
  const progress = join(work, 'case');
  const current = () => (existsSync(progress) ? readFileSync(progress, 'utf8').trim() : '0');
  /** @type {Record<string, { read: number, refused: number }>} */
  const totals = {};
  const batch = 5000;
  for (let from = 0; from < cases; ) {
    const to = Math.min(cases, from + batch);
    let isHanging = false;
    const { status, stdout, stderr } = await program('fuzz', [root, String(seed), String(from), String(to), progress], {
      timeout(child) {
        // Until the first case of this child begins, a busy machine may take its time.
        const before = current();
        let [last, since] = [before, performance.now()];
        const watch = setInterval(() => {
          const now = current();
          if (now !== last || now === before) [last, since] = [now, performance.now()];
          else if (performance.now() - since > 60_000) {
            isHanging = true;
            child.kill('SIGKILL');
          }
        }, 1000);
        child.once('exit', () => clearInterval(watch));
      },
    });
    if (status === 0) {
      const { counts, failures } = JSON.parse(stdout);
      for (const [name, { read, refused }] of Object.entries(counts)) {
        totals[name] ??= { read: 0, refused: 0 };
        totals[name].read += read;
        totals[name].refused += refused;
      }
      for (const { case: number, reader, error } of failures) tell(`case ${number}, ${reader}: ${error}`);
      for (const { case: number, reader, error } of failures) problems.push(`case ${number}, ${reader}: ${error}`);
      from = to;
      tell(`${from} of ${cases} inputs, ${problems.length} problems`);
    } else {
      // The counts of the cases before it are lost with the child; they are read again one by one.
      problems.push(
        `case ${current()}: ${isHanging ? 'hangs for a minute' : `the process ends with ${status}: ${stderr.trim().split('\n').at(-1)}`}`,
      );
      from = Number(current().split(' ')[0]) + 1;
    }
  }
  for (const [name, { read, refused }] of Object.entries(totals)) tell(`${name}: ${read} read, ${refused} refused`);
  const sum = Object.values(totals).reduce(
    (all, { read, refused }) => ({ read: all.read + read, refused: all.refused + refused }),
    { read: 0, refused: 0 },
  );
  return {
    did: `${sum.read + sum.refused} damaged inputs over ${Object.keys(totals).length} readers with seed ${seed}: ${sum.read} read, ${sum.refused} refused with a reason`,
    problems,
  };
}

const mebibytes = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Memory over a long time: its last quarter beside its second one, after everything was set up. @param {string} name @param {readonly string[]} args */
async function endurance(name, ...args) {
  const { status, stdout, stderr } = await program('endurance', [name, ...args], { flags: ['--expose-gc'] });
  const samples = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  if (status !== 0 || samples.length < 4)
    return {
      did: `${samples.length} samples`,
      problems: [`${name} ended with ${status}: ${stderr.trim().split('\n').at(-1)}`],
    };
  const middle = (/** @type {string} */ key, /** @type {number} */ share) => {
    const quarter = samples.slice(Math.floor(samples.length * share), Math.ceil(samples.length * (share + 0.25)));
    return quarter.map((sample) => sample[key]).sort((a, b) => a - b)[Math.floor(quarter.length / 2)];
  };
  const problems = [];
  // The store of compiled code and the allocator's own reserve may grow a little for some time.
  for (const [key, most] of /** @type {const} */ ([
    ['heapUsed', 4],
    ['arrayBuffers', 4],
    ['gpuBytes', 0],
    ['rss', 24],
  ])) {
    const growth = (middle(key, 0.75) - middle(key, 0.25)) / 2 ** 20;
    if (growth > most) problems.push(`${key} grew by ${growth.toFixed(1)} MiB`);
  }
  const [first, last] = [samples[0], samples.at(-1)];
  const change = (/** @type {string} */ key) => `${mebibytes(middle(key, 0.25))} → ${mebibytes(middle(key, 0.75))}`;
  return {
    did: `${last.done} ${name === 'train' ? 'training steps' : 'segments'} in one process in ${(last.seconds / 60).toFixed(1)} min, ${samples.length} samples from ${first.done}: heap ${change('heapUsed')}, resident ${change('rss')}, GPU ${change('gpuBytes')} (medians of the second and the last quarter)`,
    problems,
  };
}

const runs = new TrainingRuns(join(programs, 'rmt.js'), env, given.quick ? 40 : 150, draw);
try {
  if (wanted.some((part) => ['kills', 'disk', 'writers', 'pipes', 'signals'].includes(part))) {
    const { seconds, operations } = await runs.reference();
    tell(`a run alone takes ${seconds.toFixed(1)} s and ${operations} file operations`);
  }
  await attempt('kills', () => runs.killed(plan.kills, tell));
  await attempt('disk', () => runs.fullDisk(plan.disk));
  await attempt('writers', () => runs.writers(plan.writers));
  await attempt('pipes', () => runs.pipes());
  await attempt('signals', () => runs.signals(plan.signals));
  await attempt('fuzz', () => fuzz(plan.fuzz));
  await attempt('steps', () =>
    endurance('train', String(plan.steps), '', String(Math.max(10, Math.floor(plan.steps / 50)))),
  );
  await attempt('stream', () =>
    endurance(
      'stream',
      String(plan.minutes),
      join(root, 'public/checkpoints/detect.safetensors'),
      given.quick ? '20' : '500',
    ),
  );
} finally {
  runs.remove();
  for (const folder of [work, programs]) rmSync(folder, { recursive: true, force: true });
}
console.log(`Adapter: ${adapterText(adapter)}. Seed ${seed}.\n`);
console.log('| part | what was done | what went wrong |\n|---|---|---|');
for (const { part, did, found } of rows) console.log(`| ${part} | ${did} | ${found} |`);
process.exitCode = rows.every(({ found }) => found === 'nothing') ? 0 : 1;
