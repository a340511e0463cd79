// node scripts/gpu-report.mjs [--quick] [--out FOLDER]: everything that shows how this machine's GPU does, in one report.
// Self-check, parity with PyTorch, tuning, bench with counts, peers (if installed), scale, time to 100 %, f16; and what limits
// each. --quick uses the smallest sizes, for a software adapter. The report is written after each part; a part that fails
// does not stop the others. Exit status 1: a part failed.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { adapterText, gpuEnvironment, noAdapterText } from './gpu-environment.mjs';
import { root, tool } from './process.mjs';

function options() {
  try {
    return parseArgs({ options: { quick: { type: 'boolean', default: false }, out: { type: 'string' } } }).values;
  } catch (error) {
    console.error(
      `gpu-report: ${error instanceof Error ? error.message : error} (expected --quick, --out FOLDER or nothing)`,
    );
    return process.exit(2);
  }
}
const { quick, out } = options();
const folder = resolve(out ?? join(root, 'runs/gpu-report'));
mkdirSync(folder, { recursive: true });
const { env, adapter } = await gpuEnvironment();
if (!adapter) {
  console.error(`gpu-report: ${noAdapterText}`);
  process.exit(1);
}
const minutes = 60_000;
const browserAdapter = adapter.software ? 'swiftshader' : 'gpu';

/**
 * Run a program to its end, its output into a file.
 * @param {string} name of the file @param {string} command @param {string[]} args @param {number} most milliseconds
 * @returns {Promise<{ stdout: string, seconds: number }>}
 */
function ran(name, command, args, most = quick ? 20 * minutes : 120 * minutes) {
  return new Promise((done, fail) => {
    const started = performance.now();
    const child = spawn(command, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], timeout: most });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (data) => (stdout += data));
    child.stderr.on('data', (data) => (stderr += data));
    child.once('error', fail);
    child.once('close', (code, signal) => {
      writeFileSync(join(folder, `${name}.log`), `${command} ${args.join(' ')}\n${stderr}\n${stdout}`);
      const seconds = (performance.now() - started) / 1000;
      if (code === 0) return done({ stdout, seconds });
      const last = stderr.trim().split('\n').at(-1) || stdout.trim().split('\n').at(-1) || 'no output';
      fail(new Error(signal ? `ended by ${signal} after ${seconds.toFixed(0)} s` : `exit status ${code}: ${last}`));
    });
  });
}

/** @param {string} name @param {...string} args */
async function rmt(name, ...args) {
  const { stdout, seconds } = await ran(name, process.execPath, [join(root, 'scripts/rmt.mjs'), ...args]);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return { result: stdout.trim().startsWith('{') ? JSON.parse(stdout) : JSON.parse(line), seconds };
}

const number = (/** @type {number} */ n, digits = 1) => n.toLocaleString('en', { maximumFractionDigits: digits });
const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(0)} %`;

/** @type {{ title: string, lines: string[], seconds: number, status: 'ok' | 'FAILED' | 'left out' }[]} */
const parts = [];

function write() {
  const text = `# Report of ${adapterText(/** @type {any} */ (adapter))}

Written by \`node scripts/gpu-report.mjs${quick ? ' --quick' : ''}\` on ${new Date().toISOString().slice(0, 10)}; ${process.platform}, ${cpus().length} cores, Node ${process.versions.node}.${adapter?.software ? '\nA software adapter: its times say nothing about a GPU.' : ''}
Beside this file lies the output of each part.

| part | result | seconds |
|---|---|--:|
${parts.map(({ title, status, seconds }) => `| ${title} | ${status} | ${seconds.toFixed(0)} |`).join('\n')}

${parts.map(({ title, lines }) => `## ${title}\n\n${lines.join('\n')}\n`).join('\n')}`;
  writeFileSync(join(folder, 'report.md'), text);
}

/**
 * @param {string} title
 * @param {() => Promise<string[] | string>} work its lines; a text alone says why the part was left out
 */
async function part(title, work) {
  const started = performance.now();
  process.stderr.write(`${title} …\n`);
  /** @type {typeof parts[number]} */
  let made;
  try {
    const lines = await work();
    const status = Array.isArray(lines) ? 'ok' : 'left out';
    made = { title, lines: Array.isArray(lines) ? lines : [`Left out: ${lines}.`], seconds: 0, status };
  } catch (error) {
    made = {
      title,
      lines: [`Failed: ${error instanceof Error ? error.message : error}`],
      seconds: 0,
      status: 'FAILED',
    };
  }
  made.seconds = (performance.now() - started) / 1000;
  parts.push(made);
  write();
  process.stderr.write(`  ${made.status}, ${made.seconds.toFixed(0)} s\n`);
}

/** @type {any} */
let info;
await part('Adapter and tuning', async () => {
  info = (await rmt('info', 'info', '--json', ...(quick ? [] : ['--retune']))).result;
  return [
    `- ${info.adapter}; features ${info.features.join(', ')}`,
    `- kernels: ${info.kernels} (${info.kernels_chosen_by})`,
    `- lost the device when tried: ${info.kernels_left_out.join(', ') || 'none'}`,
    `- a product of ${info.probe.matmul_size}³ reaches ${number(info.probe.matmul_gflops)} GFLOP/s, a copy ${number(info.probe.copy_gb_per_s)} GB/s; a dispatch takes ${number(info.probe.dispatch_us)} µs`,
  ];
});

await part('Self-check', async () => {
  const { result } = await rmt('check', 'check', '--json');
  const worst = Math.max(...result.rows.map((/** @type {any} */ row) => row.error));
  return [
    `- ${result.rows.length} groups of gradients against f64: largest difference ${worst.toExponential(1)} (allowed ${result.tolerance})`,
  ];
});

await part('Parity with PyTorch', async () => {
  const files = ['src/models/golden.test.ts', ...(quick ? [] : ['src/models/golden-family.test.ts'])];
  const report = join(folder, 'parity.json');
  await ran('parity', tool('vitest'), [
    'run',
    '--project',
    'node',
    '--reporter=json',
    `--outputFile.json=${report}`,
    ...files,
  ]);
  const { numPassedTests, numTotalTests } = JSON.parse(readFileSync(report, 'utf8'));
  return [`- ${numPassedTests} of ${numTotalTests} golden tests of ${files.join(' and ')} pass`];
});

/** What bounds a row of the bench: the longest of its three lower bounds, as shares of its time. @param {any} row */
function limitOf(row) {
  const { median } = row.ms_per_segment;
  const dispatches = Object.values(row.dispatches).reduce((sum, count) => sum + Number(count), 0);
  const bounds = [
    { name: 'arithmetic', share: row.share_of_matmul },
    { name: 'memory', share: row.share_of_copy },
    { name: 'dispatches', share: (dispatches * (info?.probe.dispatch_us ?? 0)) / 1000 / median },
  ].sort((a, b) => b.share - a.share);
  return bounds.map(({ name, share }) => `${name} ${percent(share)}`).join(', ');
}

/** @type {any} */
let benched;
await part('Bench', async () => {
  const timed = info?.features.includes('timestamp-query') ? ['--profile'] : [];
  const sizes = quick
    ? ['--shape', 'tiny', '--runs', '1']
    : ['--shape', adapter.software ? 'tiny,small' : 'tiny,small,bert-base'];
  benched = (await rmt('bench', 'bench', ...sizes, ...timed, '--json')).result;
  return [
    '| shape | mode | ms a segment | GFLOP/s | what limits it: share of the time that each lower bound explains | longest kernels | cold start |',
    '|---|---|--:|--:|---|---|---|',
    ...benched.rows.map((/** @type {any} */ row) => {
      const kernels = row.kernels ?? [];
      const total = kernels.reduce((/** @type {number} */ sum, /** @type {any} */ each) => sum + each.ms, 0);
      const longest = kernels
        .slice(0, 3)
        .map((/** @type {any} */ each) => `${each.kernel} ${percent(each.ms / total)}`);
      return `| ${row.shape} | ${row.mode} | ${number(row.ms_per_segment.median, 2)} | ${number(row.gflops)} | ${limitOf(row)} | ${longest.join(', ') || '–'} | ${row.start.pipelines} kernels, ${number(row.start.preparing_ms, 0)} ms, first run ${number(row.start.first_run_ms, 0)} ms |`;
    }),
    ...benched.refused.map((/** @type {any} */ each) => `- ${each.shape} ${each.mode} was refused: ${each.reason}`),
  ];
});

await part('Kernels by counting', async () => {
  const { result } = await rmt('counts', 'bench', '--counts', '--shape', quick ? 'tiny' : 'small', '--json');
  const limits = result.kernels
    .filter((/** @type {any} */ each) => result.below_half.includes(each.kernel))
    .map(
      (/** @type {any} */ each) =>
        `- ${each.kernel}: ${each.rooflines.map((/** @type {any} */ r) => `${r.gpu} ${percent(r.share)} (${r.limit})`).join(', ')}`,
    );
  return [
    `Of ${result.kernels.length} kernels ${limits.length} are below half of a roofline and take at least 1 % of their step:`,
    '',
    ...limits,
  ];
});

await part('Peers', async () => {
  if (!existsSync(join(root, 'bench/node_modules')))
    return 'the peers are not installed (`npm run bench:peers` installs them)';
  const file = join(folder, 'peers.json');
  const runs = quick
    ? ['--runs', '1', '--warmup', '0', '--workload', 'training']
    : ['--runs', adapter.software ? '3' : '30'];
  const { stdout } = await ran('peers', process.execPath, [
    join(root, 'scripts/bench-peers.mjs'),
    '--adapter',
    browserAdapter,
    ...runs,
    '--json',
    file,
  ]);
  return stdout.split('\n').filter((line) => line.startsWith('|'));
});

await part('Scale', async () => {
  const args = ['--adapter', browserAdapter, '--out', join(folder, 'scale'), ...(quick ? ['--quick'] : [])];
  await ran('scale', process.execPath, [join(root, 'scripts/scale.mjs'), ...args]);
  return readFileSync(join(folder, 'scale/scale.md'), 'utf8')
    .split('\n')
    .filter((line) => /^[|-]|^## /.test(line))
    .flatMap((line) => (line.startsWith('## ') ? ['', `#${line}`, ''] : [line]));
});

await part('Time to 100 %', async () => {
  const smaller = quick
    ? ['--set', 'stages=1', '--set', 'stage_steps=20', '--set', 'validate_samples=16']
    : ['--set', 'stage_until=1'];
  const run = join(folder, `run-${Date.now()}`);
  const { seconds } = await ran('train', process.execPath, [
    join(root, 'scripts/rmt.mjs'),
    'train',
    '--preset',
    'memorize',
    ...smaller,
    '--out',
    run,
  ]);
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const validations = lines.filter((line) => line.event === 'validation' || line.type === 'validation');
  const steps = Math.max(...lines.map((line) => Number(line.step ?? 0)));
  const last = validations.at(-1);
  return [
    `- ${number(seconds)} s for ${steps} steps, start and compilation included; last validation ${last ? percent(last.accuracy) : 'none'}${quick ? ' (cut short by --quick)' : ''}`,
  ];
});

await part('f16 tiles (--half)', async () => {
  if (!info?.features.includes('shader-f16')) return 'the adapter has no shader-f16';
  const sizes = ['--shape', quick ? 'tiny' : 'small', '--mode', 'forward', '--runs', quick ? '1' : '9', '--json'];
  const [half, single] = [await rmt('half', 'bench', ...sizes, '--half'), await rmt('single', 'bench', ...sizes)];
  const ms = (/** @type {any} */ { result }) => result.rows[0].ms_per_segment.median;
  return [`- ${number(ms(single) / ms(half), 2)} × the speed of f32 (${half.result.kernels})`];
});

const failed = parts.filter(({ status }) => status === 'FAILED');
console.log(
  `${join(folder, 'report.md')}${failed.length > 0 ? `; failed: ${failed.map(({ title }) => title).join(', ')}` : ''}`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
