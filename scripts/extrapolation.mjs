// node scripts/extrapolation.mjs [NAME CHECKPOINT]: accuracy at 1 to 4096 segments, beside RMT-1M's, and of key-value at 1 to
// 12 pairs. With a name of results/extrapolation.json and a checkpoint it measures that model first (it takes from minutes to
// an hour on a software adapter); then it writes docs/results.md.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './process.mjs';

const file = join(root, 'results/extrapolation.json');
/**
 * @typedef {{ name: string, task: string, seed: number, command: string, trained: string, bundled?: string,
 *   adapter?: string, samples?: number, accuracy?: Record<string, number> }} Model
 * @type {{ lengths: readonly number[], pairs: readonly number[], samples: number, seed: number, models: Model[] }}
 *   the accuracy of a model of key-value is by the number of pairs, at two segments
 */
const data = JSON.parse(readFileSync(file, 'utf8'));

const [name, checkpoint] = process.argv.slice(2);
if (name) {
  const model = data.models.find((each) => each.name === name);
  if (!model || !checkpoint)
    throw new Error(
      `extrapolation: ${name} ${checkpoint ?? ''} (expected one of ${data.models.map((each) => each.name).join(', ')}, and a checkpoint)`,
    );
  const pairs = model.task === 'key-value';
  const at = pairs ? ['--segments', '2', '--set', `pairs=${data.pairs}`] : ['--segments', data.lengths.join()];
  const asked = [...at, '--samples', `${data.samples}`, '--seed', `${data.seed}`, '--json'];
  const words = [join(root, 'scripts/rmt.mjs'), 'eval', '--checkpoint', checkpoint, ...asked];
  const { status, stdout } = spawnSync(process.execPath, words, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status !== 0) throw new Error(`rmt eval ended with status ${status}`);
  const { adapter, samples, ...found } = JSON.parse(stdout);
  const accuracy = pairs
    ? Object.fromEntries(found.settings.map((/** @type {any} */ each) => [each.set.pairs, each.accuracy[2]]))
    : found.accuracy;
  Object.assign(model, { adapter, samples, accuracy });
  writeFileSync(file, `${JSON.stringify(data, null, 2)}\n`);
}

/** The published curves, where the page has them. @returns {Record<string, number[]>} */
function published() {
  const source = readFileSync(join(root, 'src/ui/charts/published.ts'), 'utf8');
  const curves = [...source.matchAll(/task: '(\w+)',[\s\S]*?percent: \[([^\]]+)\]/g)];
  return Object.fromEntries(curves.map(([, task, numbers]) => [task, `${numbers}`.split(',').map(Number)]));
}

/** 95 % Wilson interval of a share, in per cent. @param {number} share @param {number} n */
function interval(share, n) {
  const z = 1.96;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return [100 * Math.max(0, centre - half), 100 * Math.min(1, centre + half)].map((x) => x.toFixed(1)).join('–');
}

const theirs = published();
const tasks = [...new Set(data.models.map(({ task }) => task))];
const lines = [
  '# Accuracy to 4096 segments',
  '',
  'Written by `node scripts/extrapolation.mjs` from `results/extrapolation.json`. Every model that was trained by the named',
  `command is here, with every seed that was run. A cell is the accuracy in per cent and its 95 % interval (Wilson), on`,
  `${data.samples} documents that are held out of training, drawn separately for each length; measured by \`rmt eval\` on this engine`,
  'unless the row says otherwise. RMT-1M is BERT-base with 10 memory tokens, trained on up to 7 segments of 499 tokens',
  '(Bulatov et al. 2023, read off their figure). Ours are small models from random weights with short segments: what is compared',
  'is how long a memory holds, not what a model knows. REASONING stands for the checkpoint of `rmt train --preset reasoning`,',
  'BEFORE for that of the row above.',
  '',
];
/** A cell. @param {Model} model @param {number} at */
const cell = ({ accuracy, samples = data.samples }, at) => {
  const share = accuracy?.[at];
  return share === undefined ? '' : `${(100 * share).toFixed(1)} (${interval(share, samples)})`;
};

/** One column for each model, RMT-1M's first. @param {string} task @param {Model[]} measured */
function byLength(task, measured) {
  const curve = theirs[task];
  const lengths = data.lengths.filter((n) => measured.some(({ accuracy }) => accuracy?.[n] !== undefined));
  lines.push(`| segments | ${[...(curve ? ['RMT-1M'] : []), ...measured.map((each) => each.name)].join(' | ')} |`);
  lines.push(`|---|${'---|'.repeat(measured.length + (curve ? 1 : 0))}`);
  for (const n of lengths) {
    const their = curve ? [n === 1 ? '' : `${curve[Math.log2(n) - 1]}`] : [];
    lines.push(`| ${n} | ${[...their, ...measured.map((model) => cell(model, n))].join(' | ')} |`);
  }
}

/** One row for each model. @param {Model[]} measured */
function byPairs(measured) {
  lines.push(
    'What a memory of so many tokens holds: all pairs stand in the first of two segments of 24 tokens, and the second asks',
    'for one of them. All were trained with 8 pairs, from the weights of a decoder without memory of the same seed, which',
    'reads pairs and question in one segment (PLAIN: the first two commands of `key-value` in `results/bundled.json`).',
    'Giving the digit of any one pair is right in 21.3 % of documents of 8 pairs and 32.5 % of 4.',
    '',
    `| pairs | ${data.pairs.join(' | ')} |`,
    `|---|${'---|'.repeat(data.pairs.length)}`,
  );
  for (const model of measured) lines.push(`| ${model.name} | ${data.pairs.map((n) => cell(model, n)).join(' | ')} |`);
}

for (const task of tasks) {
  lines.push(`## ${task[0]?.toUpperCase()}${task.slice(1)}`, '');
  const models = data.models.filter((each) => each.task === task);
  const measured = models.filter(({ accuracy }) => accuracy);
  if (task === 'key-value') byPairs(measured);
  else byLength(task, measured);
  lines.push('', '| model | seed | command | trained | measured on |', '|---|---|---|---|---|');
  for (const { name, seed, command, trained, adapter, bundled } of models)
    lines.push(
      `| ${name}${bundled ? ' (bundled)' : ''} | ${seed} | ${command
        .split('; ')
        .map((each) => `\`${each}\``)
        .join(', then ')} | ${trained} | ${adapter ?? 'not measured'} |`,
    );
  lines.push('');
}
writeFileSync(join(root, 'docs/results.md'), `${lines.join('\n')}`);
