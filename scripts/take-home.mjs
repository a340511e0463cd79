// node scripts/take-home.mjs [--venv DIR] [--fixture] [case …]: exports runs to PyTorch, trains them there, takes them back,
// and writes results/take-home.md. Needs Python 3.10 or later; without --venv it makes a virtual environment and installs
// the folder's own requirements.txt. Not part of the tests.
import { spawn, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './process.mjs';

const words = process.argv.slice(2);
const at = words.indexOf('--venv');
const given = at < 0 ? undefined : words.splice(at, 2)[1];
const isFixture = words.includes('--fixture');
const work = mkdtempSync(join(tmpdir(), 'rmt-take-home-'));
process.on('exit', () => rmSync(work, { recursive: true, force: true }));

/** @param {string} command @param {readonly string[]} args @param {string} [cwd] */
function call(command, args, cwd = root) {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: 'utf8', maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}\n${error?.message ?? ''}${stdout}${stderr}`);
  return stdout;
}
/** @param {readonly string[]} args */
const rmt = (...args) => call(process.execPath, [join(root, 'scripts/rmt.mjs'), ...args]);
/** @param {readonly string[]} sets */
const setting = (sets) => sets.flatMap((set) => ['--set', set]);
/** The losses of a run, by step. @param {string} folder */
const lossesIn = (folder) =>
  new Map(
    readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line))
      .filter(({ type }) => type === 'step')
      .map(({ step, loss }) => [step, loss]),
  );
/** @param {string} folder */
const validationsIn = (folder) =>
  readFileSync(join(folder, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line))
    .filter(({ type }) => type === 'validation');
/** The largest difference of two runs' losses. @param {Map<number, number>} one @param {Map<number, number>} other */
function difference(one, other) {
  const steps = [...one.keys()].filter((step) => other.has(step));
  if (steps.length === 0) throw new Error('no common steps');
  return Math.max(...steps.map((step) => Math.abs(Number(one.get(step)) - Number(other.get(step)))));
}

const venv = given ?? join(work, 'venv');
if (!given) {
  console.log('a virtual environment, with requirements.txt …');
  call('python3', ['-m', 'venv', venv]);
  call(join(venv, 'bin/pip'), ['install', '-q', '-r', join(root, 'src/torch/settings/requirements.txt')]);
}
const python = join(venv, 'bin/python');
const accelerate = join(venv, 'bin/accelerate');
const versions = call(python, [
  '-c',
  'import accelerate, sys, torch, transformers as t; print(f"Python {sys.version.split()[0]}, torch {torch.__version__}, transformers {t.__version__}, accelerate {accelerate.__version__}")',
]).trim();

/** Twenty steps in two stages, without dropout. */
const twenty = ['stages=1,2', 'stage_steps=10', 'validate_every=10', 'validate_samples=32', 'hidden_dropout_prob=0'];
const still = [...twenty, 'attention_probs_dropout_prob=0'];
const generative = [...still, 'stages=3,4', 'segments_drawn=fixed', 'batch_size=16'];
/** @type {readonly (readonly [name: string, preset: string, sets: readonly string[]])[]} */
const cases = [
  ['RMT, encoder', 'memorize', still],
  [
    'RMT, encoder, loss after every segment, clipping by value',
    'documents',
    [...still, 'loss=mean', 'clip_value=0.01'],
  ],
  [
    'RMT, encoder, memory and head only, plateau',
    'detect',
    [...still, 'trained=memory-and-head', 'schedule=plateau', 'plateau_patience=0', 'validate_every=2'],
  ],
  ['Transformer, encoder', 'memorize', [...still, 'model=bert']],
  [
    'RMT, encoder, questions in earlier segments',
    'tracking',
    [...still, 'stages=2,4', 'stage_steps=10', 'segments_drawn=fixed', 'task.earlier_questions=0.5'],
  ],
  ['ARMT, encoder', 'detect', [...still, 'model=armt-bert']],
  ['RMT, decoder', 'copy', generative],
  ['RMT, decoder, block mask, no write tokens', 'reverse', [...generative, 'memory_mask=block', 'write_tokens=no']],
  ['RMT, decoder, truncated BPTT', 'language', [...generative, 'bptt_depth=1']],
  ['RMT, decoder, on documents of any length', 'documents', [...still, 'model=rmt-gpt2']],
  ['Transformer, decoder', 'copy', [...generative, 'model=gpt2']],
  ['ARMT, decoder', 'copy', [...generative, 'model=armt-gpt2', 'write_positions=end']],
  ['ARMT, decoder, normalised keys', 'copy', [...generative, 'model=armt-gpt2', 'key_norm=l2']],
  ['Transformer-XL', 'quadratic', [...generative, 'model=transformer-xl', 'segment_size=24']],
  ['RMT over Transformer-XL', 'copy', [...generative, 'model=rmt-transformer-xl', 'memory_mask=block']],
  [
    'RMT over Transformer-XL, cache, truncated BPTT',
    'language',
    [...generative, 'model=rmt-transformer-xl', 'memory_mask=block', 'bptt_depth=2', 'loss_words=all'],
  ],
];

/** Train twenty steps here and there. @param {string} preset @param {readonly string[]} sets @param {number} k */
function twentySteps(preset, sets, k) {
  const [run, folder] = [join(work, `run-${k}`), join(work, `folder-${k}`)];
  // The last value of a setting counts.
  const last = [...new Map(sets.map((set) => [set.split('=')[0], set])).values()];
  rmt('train', '--preset', preset, ...setting(last), '--out', run, '--json');
  rmt('export', '--checkpoint', join(run, 'checkpoint.safetensors'), '--to', 'torch', folder, '--from-start', '--json');
  call(python, ['train.py', '--cpu'], folder);
  const [here, there] = [lossesIn(run), lossesIn(join(folder, 'out'))];
  if (there.size !== here.size) throw new Error(`${there.size} steps instead of ${here.size}`);
  const first = Math.abs(Number(here.get(1)) - Number(there.get(1)));
  return { steps: here.size, first, all: difference(here, there) };
}

/** Kill train.py at a step, and resume it. @param {string} folder @param {number} step */
async function killed(folder, step) {
  const out = join(folder, 'killed');
  const child = spawn(python, ['train.py', '--cpu', '--out', out, '--save-every', '7'], {
    cwd: folder,
    stdio: 'ignore',
  });
  while (!existsSync(join(out, 'metrics.jsonl')) || lossesIn(out).size < step) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (child.exitCode !== null) throw new Error('train.py ended before it was killed');
  }
  child.kill('SIGKILL');
  const reached = Math.max(...lossesIn(out).keys());
  call(python, ['train.py', '--cpu', '--out', out, '--save-every', '7', '--resume'], folder);
  return { reached, all: difference(lossesIn(join(folder, 'out')), lossesIn(out)) };
}

const number = (/** @type {number} */ value) => (value === 0 ? '0' : value.toExponential(1));
const share = (/** @type {number} */ value) => `${(100 * value).toFixed(1)} %`;

if (isFixture) {
  const folder = join(work, 'fixture');
  const small = ['hidden_size=8', 'intermediate_size=8', 'num_hidden_layers=1', 'batch_size=4', 'segment_size=11'];
  const short = ['stages=1,2', 'stage_steps=4', 'validate_every=4', 'validate_samples=8'];
  rmt('train', '--preset', 'tiny', ...setting([...small, ...short]), '--out', join(work, 'run'), '--json');
  rmt('export', '--checkpoint', join(work, 'run/checkpoint.safetensors'), '--to', 'torch', folder, '--from-start');
  call(python, ['train.py', '--cpu', '--stop-after', '6'], folder);
  const to = join(root, 'src/testing/golden/returned-run');
  mkdirSync(join(to, 'out'), { recursive: true });
  for (const name of ['run.json', 'config.json', 'out/checkpoint.safetensors', 'out/metrics.jsonl'])
    cpSync(join(folder, name), join(to, name));
  console.log(to);
  process.exit(0);
}

let isFine = true;
/** @param {boolean} holds @param {string} text */
function verdict(holds, text) {
  if (!(holds === true)) isFine = false;
  console.log(`${holds === true ? 'ok    ' : 'FAILED'} ${text}`);
  return holds === true ? '' : ' **failed**';
}

const golden = call(python, [join(root, 'src/testing/golden/check_torch.py')])
  .trim()
  .split('\n');
const worst = Math.max(...golden.map((line) => Number(line.trim().split(/\s+/).at(-1))));
verdict(worst <= 1e-6, `${golden.length} golden cases, largest difference ${number(worst)}`);

const rows = cases
  .filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)))
  .map(([name, preset, sets], k) => {
    const { steps, first, all } = twentySteps(preset, sets, k);
    const failed = verdict(first <= 1e-5 && all <= 1e-3 && steps >= 20, `${name}: ${number(first)}, ${number(all)}`);
    return `| ${name}${failed} | ${preset} | ${number(first)} | ${number(all)} |`;
  });

// Two processes, back, and killed.
const [run, folder, home] = ['run', 'folder', 'home'].map((name) => join(work, name));
rmt('train', '--preset', 'memorize', '--out', run, '--json');
rmt('export', '--checkpoint', join(run, 'checkpoint.safetensors'), '--to', 'torch', folder, '--from-start', '--json');
const launch = [
  'launch',
  '--cpu',
  '--num_processes',
  '2',
  '--num_machines',
  '1',
  '--mixed_precision',
  'no',
  '--dynamo_backend',
  'no',
];
call(accelerate, [...launch, 'train.py'], folder);
const there = validationsIn(join(folder, 'out'))
  .filter(({ segments }) => segments === 4)
  .at(-1);
call(python, ['convert_back.py'], folder);
rmt('import', '--from', join(folder, 'run.zip'), '--out', join(home, 'checkpoint.safetensors'), '--json');
const evaluated = JSON.parse(
  rmt('eval', '--checkpoint', join(home, 'checkpoint.safetensors'), '--segments', '4', '--samples', '512', '--json'),
);
const here = evaluated.accuracy['4'];
const same = difference(lossesIn(run), lossesIn(join(folder, 'out')));
const two = verdict(
  there.accuracy >= 0.99 && here >= 0.99,
  `two processes: ${share(there.accuracy)}, here ${share(here)}; losses within ${number(same)}`,
);
rmSync(join(folder, 'out'), { recursive: true });
call(python, ['train.py', '--cpu', '--stop-after', '60'], folder);
rmSync(join(folder, 'whole'), { recursive: true, force: true });
const { reached, all } = await (async () => {
  // A shorter run of the same folder, so that killing and resuming takes a minute.
  const text = readFileSync(join(folder, 'run.json'), 'utf8');
  writeFileSync(join(folder, 'run.json'), text.replace(/"stage_steps": \[[^\]]*\]/, '"stage_steps": [15]'));
  rmSync(join(folder, 'out'), { recursive: true });
  call(python, ['train.py', '--cpu'], folder);
  return killed(folder, 24);
})();
const kill = verdict(all === 0, `killed after step ${reached} and resumed: ${number(all)}`);

if (words.length === 0)
  writeFileSync(
    join(root, 'results/take-home.md'),
    `# Runs in PyTorch

Written by \`node scripts/take-home.mjs\`. ${versions}; here: ${evaluated.adapter}. Every run was exported with
\`rmt export --to torch DIR --from-start\` and trained with the folder's \`train.py\` on the same batches, in two stages of ten
steps, without dropout. Differences of losses are absolute, in nats.

| model | task | first batch | largest of 20 steps |
|---|---|---|---|
${rows.join('\n')}

| check | result |
|---|---|
| losses and gradients of the ${golden.length} golden cases, f64, truncated BPTT included | largest difference ${number(worst)} |
| memorize, 400 steps in two processes (\`accelerate launch --cpu --num_processes 2\`)${two} | ${share(there.accuracy)} of ${there.samples} at 4 segments; losses within ${number(same)} of the run here |
| the same, taken back: \`rmt eval --segments 4 --samples 512\` | ${share(here)} |
| killed by SIGKILL after step ${reached} of 60, resumed from step ${Math.floor(reached / 7) * 7}${kill} | largest difference ${number(all)} |
`,
  );
if (!isFine) process.exitCode = 1;
