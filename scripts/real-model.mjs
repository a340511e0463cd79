// node scripts/real-model.mjs FOLDER TEXT: takes a published BERT (FOLDER as on the Hugging Face hub) through the command
// line: import with ten memory tokens, the tokens of TEXT, a stream of three segments with attention, three training steps
// around it. Prints seconds and bytes as a table in Markdown. RMT_ADAPTER chooses the adapter.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './process.mjs';

const [folder, text, ...more] = process.argv.slice(2);
if (!folder || !text || more.length > 0) {
  console.error('real-model: expected FOLDER TEXT');
  process.exit(2);
}
const SEGMENT = 115;
const work = mkdtempSync(join(tmpdir(), 'rmt-real-model-'));
/** @type {{ what: string, seconds: number, result: string }[]} */
const rows = [];
let adapter = '';

/** Run a command of ours. @param {string[]} args @returns {any[]} the documents it prints */
function rmt(...args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'scripts/rmt.mjs'), ...args, '--json'], {
    encoding: 'utf8',
    maxBuffer: 2 ** 30,
  });
  adapter ||= /^adapter: (.*)$/m.exec(stderr)?.[1] ?? '';
  if (status !== 0) throw new Error(`rmt ${args.join(' ')}: ${stderr.trim()}`);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}
/** @template T @param {string} what @param {() => { value: T, result: string }} make @returns {T} */
function timed(what, make) {
  const began = performance.now();
  const { value, result } = make();
  rows.push({ what, seconds: (performance.now() - began) / 1000, result });
  return value;
}
const mebibytes = (/** @type {number} */ bytes) => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

try {
  const checkpoint = join(work, 'model.safetensors');
  timed('import', () => {
    rmt(
      'import',
      '--from',
      folder,
      '--memory',
      '10',
      '--segment-size',
      String(SEGMENT),
      '--labels',
      '6',
      '--set',
      'hidden_dropout_prob=0',
      '--set',
      'attention_probs_dropout_prob=0',
      '--out',
      checkpoint,
    );
    return { value: undefined, result: `checkpoint of ${mebibytes(statSync(checkpoint).size)}` };
  });
  const ids = timed('tokenize', () => {
    const [documents] = rmt('tokenize', '--checkpoint', checkpoint, '--text', text);
    const all = documents.flatMap((/** @type {{ ids: number[] }} */ document) => document.ids);
    return { value: all, result: `${all.length} tokens` };
  });
  if (ids.length < 3 * SEGMENT) throw new Error(`${text}: ${ids.length} tokens (expected ${3 * SEGMENT} or more)`);
  timed('stream 3 segments', () => {
    const [{ ms_per_segment: ms, gpu_bytes: bytes }] = rmt(
      'stream',
      '--checkpoint',
      checkpoint,
      '--text',
      text,
      '--segments',
      '3',
    );
    const steps = ms.map((/** @type {number} */ value) => value.toFixed(0)).join(', ');
    return { value: undefined, result: `${steps} ms a segment; ${mebibytes(bytes.peak)} on the GPU` };
  });
  timed('forward with attention', () => {
    const input = join(work, 'input.json');
    writeFileSync(input, JSON.stringify({ sequences: [ids.slice(0, 3 * SEGMENT)] }));
    const [{ tensors }] = rmt(
      'forward',
      '--checkpoint',
      checkpoint,
      '--input',
      input,
      '--attention',
      '--out',
      join(work, 'out.safetensors'),
    );
    const maps = tensors.filter((/** @type {{ name: string }} */ { name }) => name.startsWith('attention.'));
    return { value: undefined, result: `${maps.length} attention maps of ${maps[0].shape.join(' × ')}` };
  });
  const losses = timed('three training steps', () => {
    const settings = {
      task: 'memorize',
      stages: '1',
      stage_steps: '3',
      batch_size: '8',
      learning_rate: '1e-4',
      warmup_ratio: '0',
      schedule: 'constant',
      validate_every: '3',
      validate_samples: '2',
    };
    const events = rmt(
      'train',
      '--from',
      checkpoint,
      '--out',
      join(work, 'run'),
      ...Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]),
    );
    const steps = events.filter(({ type }) => type === 'step').map(({ loss }) => loss);
    const size = statSync(join(work, 'run/checkpoint.safetensors')).size;
    return {
      value: steps,
      result: `losses ${steps.map((/** @type {number} */ loss) => loss.toFixed(3)).join(', ')}; checkpoint with moments ${mebibytes(size)}`,
    };
  });
  const { hidden_size: width, num_hidden_layers: layers } = JSON.parse(
    readFileSync(join(folder, 'config.json'), 'utf8'),
  );
  console.log(`${layers} layers of width ${width}; ${adapter}\n\n| what | seconds | result |\n|---|--:|---|`);
  for (const { what, seconds, result } of rows) console.log(`| ${what} | ${seconds.toFixed(1)} | ${result} |`);
  if (!(losses.length === 3 && losses[2] < losses[0])) throw new Error(`the loss does not fall: ${losses.join(', ')}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}
