// node scripts/results.mjs [name …]: train and evaluate the small models, and write results/README.md. Run by hand; it takes
// hours on a software adapter. Runs that are already in results/results.json are skipped.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './process.mjs';

const folder = join(root, 'results');
const file = join(folder, 'results.json');

/**
 * What is compared: a preset, the number of segments at evaluation, and the models with the settings they change.
 * @type {readonly { name: string, preset: string, segments: number, seeds: readonly number[], generate?: boolean,
 *   models: Readonly<Record<string, readonly string[]>>, note?: string }[]}
 */
const { experiments } = JSON.parse(readFileSync(join(folder, 'experiments.json'), 'utf8'));

/** @type {Record<string, { command: string, accuracy: number, whole: number, loss: number, generated?: number, parameters: number, steps: number, seconds: number, adapter: string }>} */
const done = existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : {};

/** @param {readonly string[]} words */
function rmt(words) {
  const started = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/rmt.mjs'), ...words], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  if (status !== 0) throw new Error(`rmt ${words.join(' ')}\n${stderr}`);
  return { stdout, seconds: (performance.now() - started) / 1000 };
}

const wanted = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
for (const { name, preset, segments, seeds, models, generate } of experiments) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  for (const seed of seeds)
    for (const [model, sets] of Object.entries(models)) {
      const key = `${name} | ${model} | ${seed}`;
      if (done[key]) continue;
      const out = mkdtempSync(join(tmpdir(), 'rmt-results-'));
      const options = [...sets, ...(seed === 1 ? [] : [`seed=${seed}`])].flatMap((set) => ['--set', set]);
      const command = ['train', '--preset', preset, ...options];
      console.log(`${key} …`);
      const { stdout, seconds } = rmt([...command, '--out', join(out, 'run'), '--json']);
      const steps = stdout.split('\n').filter((line) => line.startsWith('{"type":"step"')).length;
      const checkpoint = join(out, 'run', 'checkpoint.safetensors');
      const asked = ['--segments', String(segments), '--samples', '512', '--seed', '9'];
      const evaluated = JSON.parse(
        rmt(['eval', '--checkpoint', checkpoint, ...asked, ...(generate ? ['--generate'] : []), '--json']).stdout,
      );
      const at = String(segments);
      done[key] = {
        command: `rmt ${command.join(' ')}`,
        adapter: evaluated.adapter,
        accuracy: evaluated.accuracy[at],
        whole: evaluated.whole?.[at],
        loss: evaluated.loss?.[at],
        ...(generate ? { generated: evaluated.generated?.[at] } : {}),
        steps,
        seconds: Math.round(seconds),
      };
      console.log(`  accuracy ${done[key].accuracy}, loss ${done[key].loss}, ${done[key].seconds} s`);
      rmSync(out, { recursive: true, force: true });
      writeFileSync(file, `${JSON.stringify(done, null, 2)}\n`);
    }
}

/** @param {string} adapter */
const shortName = (adapter) =>
  /llvmpipe/i.test(adapter) ? 'lavapipe' : /swiftshader/i.test(adapter) ? 'SwiftShader' : adapter;
const percent = (value) => (value === undefined ? '–' : `${(100 * value).toFixed(1)} %`);
const lines = [
  '# Accuracy of the small models',
  '',
  'Written by `node scripts/results.mjs` from `results.json`; `experiments.json` lists the runs. All seeds that were run are',
  'shown. "Accuracy" is the share of the answer’s words that are predicted from the correct words before them, on 512',
  'sequences outside the training set. "Whole" is the share of answers that are right from beginning to end. Times are wall',
  'times on the named adapter, with other work running. Add `--out DIR` to each command, then evaluate with',
  '`rmt eval --checkpoint DIR/checkpoint.safetensors --segments N --samples 512 --seed 9`.',
];
for (const { name, segments, seeds, models, note, generate } of experiments) {
  const rows = Object.keys(models).flatMap((model) =>
    seeds.flatMap((seed) => {
      const run = done[`${name} | ${model} | ${seed}`];
      if (!run) return [];
      const cells = [model, seed, percent(run.accuracy), percent(run.whole), run.loss?.toFixed(3) ?? '–'];
      if (generate) cells.push(percent(run.generated));
      return [
        `| ${[...cells, run.steps, `${run.seconds} s, ${shortName(run.adapter)}`, `\`${run.command}\``].join(' | ')} |`,
      ];
    }),
  );
  if (rows.length === 0) continue;
  const head = [
    'model',
    'seed',
    'accuracy',
    'whole',
    'nats per word',
    ...(generate ? ['generated'] : []),
    'steps',
    'time',
    'command',
  ];
  lines.push('', `## ${name}, ${segments} segments`, '');
  if (note) lines.push(note, '');
  lines.push(`| ${head.join(' | ')} |`, `|${'---|'.repeat(head.length)}`, ...rows);
}
const adapters = [...new Set(Object.values(done).map(({ adapter }) => adapter))];
lines.push('', `Adapters: ${adapters.join('; ')}, in Node through Dawn, two cores.`, '');
writeFileSync(join(folder, 'README.md'), lines.join('\n'));
