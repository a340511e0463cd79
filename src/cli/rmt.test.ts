// The command line: each command once as a real process in a temporary folder; the rest within this process.
import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { knobNames } from '../experiment/config.ts';
import { presets } from '../experiment/presets.ts';
import { readSafetensors } from '../io/safetensors.ts';
import { readCheckpoint, writeCheckpoint } from '../models/checkpoint.ts';
import { tasks } from '../tasks/index.ts';
import { command, type Outcome, rmt, temporaryFolder } from '../testing/cli.ts';
import { expectClose, expectNear } from '../testing/close.ts';
import { allMetrics } from '../train/metrics.ts';

const golden = fileURLToPath(new URL('../testing/golden/', import.meta.url));
const { folder, remove } = temporaryFolder();
afterAll(remove);

/** A folder for one test. */
const newFolder = () => mkdtempSync(join(folder, 'test-'));
const files = (of: string) => readdirSync(of, { recursive: true, encoding: 'utf8' }).sort();
const write = (name: string, content: string | Uint8Array) => {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
};

/** Exactly one JSON document and nothing else on stdout. */
function oneJson({ status, stdout, errors }: Outcome): Record<string, unknown> {
  expect(errors).toEqual([]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^\{.*\}\n$/);
  return JSON.parse(stdout);
}

/** Runs a command that must fail with one line `rmt: <where>: <found> (expected <what>)` and leave no files. */
async function refused(
  words: readonly string[],
  status: 1 | 2,
  run: (words: readonly string[], options: { cwd: string }) => Promise<Outcome> = command,
): Promise<string> {
  const cwd = newFolder();
  const outcome = await run(words, { cwd });
  expect(outcome.errors).toHaveLength(1);
  const [line = ''] = outcome.errors;
  expect(line).toMatch(/^rmt: [^:]+: .+ \(expected .+\)$/);
  expect(line.length).toBeLessThan(1000);
  expect(outcome.stdout).toBe('');
  expect(outcome.status, line).toBe(status);
  expect(files(cwd)).toEqual([]);
  return line.replace(/^rmt: /, '');
}

const ragged = ['--checkpoint', `${golden}ragged.checkpoint.safetensors`];
const raggedInput = ['--input', `${golden}ragged.input.json`];
const presetNames = Object.keys(presets).join(', ');

/** A run small enough for a software adapter. */
const small = [
  ...['train', '--preset', 'tiny', '--json', '--set', 'hidden_size=8', '--set', 'intermediate_size=8'],
  ...['--set', 'batch_size=4', '--set', 'segment_size=11', '--set', 'validate_samples=8', '--set', 'validate_every=7'],
  ...['--set', 'hidden_dropout_prob=0.1', '--set', 'memory_noise=0.1', '--set', 'stages=1,2'],
];
const long = [...small, '--set', 'stage_steps=30'];

const whole = join(folder, 'whole');
const wholeCheckpoint = join(whole, 'checkpoint.safetensors');
let trained: Outcome;

// The first command builds the program if necessary; the tests of train, eval and stream share the run.
beforeAll(async () => {
  trained = await rmt([...long, '--out', whole]);
}, 300_000);

const jsonLines = (text: string) =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Without the fields that may differ between two equal runs: times and paths. */
const timeless = (lines: readonly Record<string, unknown>[]) => {
  const differing = ['seconds', 'checkpoint', ...allMetrics.flatMap(({ json, isTiming }) => (isTiming ? [json] : []))];
  return lines.map((line) => Object.fromEntries(Object.entries(line).filter(([key]) => !differing.includes(key))));
};

describe('help', () => {
  it.each([[[]], [['help']], [['--help']], [['-h']], [['train', '--help']]])('%j', async (words) => {
    const { status, stdout, errors } = await command(words);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    for (const command of ['info', 'forward', 'train', 'eval', 'stream', 'flops', 'bench'])
      expect(stdout).toMatch(new RegExp(`^ {2}rmt ${command} `, 'm'));
  });
});

describe('wrong usage', () => {
  const cases: [words: string[], message: string | RegExp][] = [
    [['fly'], /^command: 'fly' \(expected one of info, forward, train, eval, stream/],
    [['toString'], /^command: 'toString' /],
    [[''], /^command: '' /],
    [['--json'], /^command: '--json' /],

    [['info', '--fast'], "info: Unknown option '--fast' (expected options --json, --retune)"],
    [['info', 'now'], "info: Unexpected argument 'now' (expected options --json, --retune)"],

    [
      ['bench', '--shape', 'tiny,huge'],
      "bench: --shape: 'huge' (expected one or more of tiny, small, bert-base, separated by commas)",
    ],
    [
      ['bench', '--mode', 'back'],
      "bench: --mode: 'back' (expected one or more of forward, train, separated by commas)",
    ],
    [['bench', '--runs', '0'], "bench: --runs: '0' (expected a whole number from 1 to 10000)"],

    [['train'], 'train: no --out (expected --out to be given)'],
    [['train', '--out'], /^train: Option '--out <value>' argument missing \(expected options --preset, /],
    [['train', '--out', '--json'], /^train: Option '--out' argument is ambiguous \(expected options --preset, /],
    [['train', '--out', 'x', '--json=yes'], /^train: Option '--json' does not take an argument \(expected options /],
    [['train', '--out', 'x'], `train: neither --preset nor --config (expected one of them; presets: ${presetNames})`],
    [['train', '--out', 'x', '--preset', 'none'], `train: --preset: no preset 'none' (expected one of ${presetNames})`],
    [
      ['train', '--out', 'x', '--preset', 'tiny', '--config', 'c.json'],
      'train: both --preset and --config (expected one of them)',
    ],
    [['train', '--out', 'x', '--config', 'c.json'], "config: no file 'c.json' (expected a file that can be read)"],
    [
      ['train', '--out', 'x', '--config', folder],
      `config: '${folder}' is a directory (expected a file that can be read)`,
    ],
    ...(
      [
        ['seed', "'seed' (expected key=value)"],
        ['=1', "'=1' (expected key=value)"],
        ['sead=1', `unknown key 'sead' (expected one of ${knobNames.join(', ')})`],
        ['seed=', '"" (expected a whole number from 0 to 2147483647)'],
        ['seed=one', '"one" (expected a whole number from 0 to 2147483647)'],
        ['task=sleep', `"sleep" (expected one of ${Object.keys(tasks).join(', ')})`],
        ['stages=1,,2', '"" (expected a whole number from 1 to 64)'],
      ] as const
    ).map(([set, message]): [string[], string] => [
      ['train', '--out', 'x', '--preset', 'tiny', '--set', set],
      `train: --set${/^\w+=/.test(set) ? ` ${set.split('=')[0]}` : ''}: ${message}`,
    ]),
    [
      ['train', '--out', 'x', '--preset', 'tiny', '--set', 'hidden_size=30'],
      'train: hidden_size: 30 (expected a multiple of 4)',
    ],
    [
      ['train', '--out', 'x', '--preset', 'tiny', '--resume'],
      `train: --resume: no file '${join('x', 'checkpoint.safetensors')}' (expected a file that can be read)`,
    ],
    [['train', '--out', 'x', '--preset', 'tiny', '--noise', 'n.txt'], /^noise: no file 'n\.txt' \(expected /],
    [['train', '--out', 'x', '--preset', 'tiny', '--noise', folder], /^noise: '.*' is a directory \(expected /],

    [['eval'], 'eval: no --checkpoint (expected --checkpoint to be given)'],
    [['eval', '--checkpoint', ''], 'eval: no --checkpoint (expected --checkpoint to be given)'],
    [['eval', '--checkpoint', 'c'], 'eval: no --segments (expected --segments to be given)'],
    [['eval', '--checkpoint', 'c', '--segments', '1'], "checkpoint: no file 'c' (expected a file that can be read)"],
    ...['0', '1,', '1.5'].map((segments): [string[], RegExp] => [
      ['eval', '--checkpoint', 'c', '--segments', segments],
      /^eval: --segments: '[^']*' \(expected a whole number from 1 to 65536\)$/,
    ]),
    [
      ['eval', '--checkpoint', 'c', '--segments', '1', '--samples', '0'],
      "eval: --samples: '0' (expected a whole number from 1 to 1000000)",
    ],
    [
      ['eval', '--checkpoint', 'c', '--segments', '1', '--seed', 'x'],
      "eval: --seed: 'x' (expected a whole number from 0 to 2147483647)",
    ],
    [['eval', '--checkpoint', `${folder}/`, '--segments', '1'], /^checkpoint: '.*' is a directory \(expected /],

    [['stream'], 'stream: no --checkpoint (expected --checkpoint to be given)'],
    [
      ['stream', '--checkpoint', 'c', '--segments', '-1'],
      /^stream: Option '--segments' argument is ambiguous \(expected options /,
    ],
    [
      ['stream', '--checkpoint', 'c', '--segments=-1'],
      "stream: --segments: '-1' (expected a whole number from 1 to 1000000)",
    ],
    [
      ['stream', '--checkpoint', 'c', '--segments', '1,2'],
      "stream: --segments: '1,2' (expected a whole number from 1 to 1000000)",
    ],
    [
      ['stream', '--checkpoint', 'c', '--segments', '4', '--facts', '1:john went to the garden.'],
      'stream: only --facts (expected both --facts and --question, or neither)',
    ],
    [
      ['stream', '--checkpoint', 'c', '--segments', '4', '--question', 'where is john?', '--facts', 'garden'],
      /^stream: --facts: 'garden' \(expected up to 16 facts as SEGMENT:SENTENCE/,
    ],
    [
      ['stream', '--checkpoint', 'c', '--segments', '4', '--changes', 'zero@1|melt@2'],
      /^stream: --changes: 'zero@1\|melt@2' \(expected interventions joined by \|: zero@SEGMENT/,
    ],

    [['flops', '--model', '126M'], /^flops: --model: '126M' \(expected one of .*125M/],
    [['flops', '--segments', '0'], "flops: --segments: '0' (expected a whole number from 1 to 2147483648)"],

    [['forward'], 'forward: no --checkpoint (expected --checkpoint to be given)'],
    [['forward', ...ragged], 'forward: no --input (expected --input to be given)'],
    [['forward', ...ragged, ...raggedInput], 'forward: no --out (expected --out to be given)'],
    [
      ['forward', ...ragged, ...raggedInput, '--out', 'o', '--loss', 'first'],
      "forward: --loss: 'first' (expected last or mean)",
    ],
    [
      ['forward', ...ragged, ...raggedInput, '--out', folder],
      `forward: --out: '${folder}' is not a regular file (expected a writable path)`,
    ],
  ];
  it('is the exit status of the process, and its one line on stderr', async () => {
    expect(await refused(['fly'], 2, rmt)).toMatch(/^command: 'fly' /);
    const { status, stdout, errors } = await rmt(['flops', '--model', '125M', '--segments', '1']);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    expect(stdout).toContain('125M');
  });

  it.each(cases)('%j', async (words, message) => {
    const line = await refused(words, 2);
    if (typeof message === 'string') expect(line).toBe(message);
    else expect(line).toMatch(message);
  });
});

describe('an output that cannot be written', () => {
  it('is refused before any work is done', async () => {
    const file = write('a-file', 'here');
    const wanted = '(expected a writable path)';
    for (const out of [file, join(file, 'x', 'y')])
      expect(await refused(['train', '--preset', 'tiny', '--out', out], 2)).toBe(
        `train: --out: '${file}' is not a directory ${wanted}`,
      );
    expect(await refused(['forward', ...ragged, ...raggedInput, '--out', join(file, 'o')], 2)).toBe(
      `forward: --out: '${file}' is not a directory ${wanted}`,
    );
    // An atomic write by renaming would replace a device with a file.
    const device = process.platform === 'win32' ? folder : '/dev/null';
    expect(await refused(['forward', ...ragged, ...raggedInput, '--out', device], 2)).toBe(
      `forward: --out: '${device}' is not a regular file ${wanted}`,
    );
    expect(readFileSync(file, 'utf8')).toBe('here');
  });
});

describe('no adapter', () => {
  // Only Linux allows the environment to hide the driver.
  it.runIf(process.platform === 'linux')('is one line', async () => {
    const env = { VK_ICD_FILENAMES: '/none.json', VK_DRIVER_FILES: '/none.json', RMT_ADAPTER: '' };
    const words = [['info'], [...small, '--out', 'x'], ['forward', ...ragged, ...raggedInput, '--out', 'o']];
    for (const command of words)
      expect(await refused(command, 1, (words, { cwd }) => rmt(words, { cwd, env }))).toMatch(
        /^adapter: Dawn found none \(expected a Vulkan driver: /,
      );
  });
});

describe('info', () => {
  it('--json is exactly one document', async () => {
    const info = oneJson(await rmt(['info', '--json']));
    expect(info).toEqual({
      adapter: expect.stringMatching(/./),
      vendor: expect.any(String),
      architecture: expect.any(String),
      description: expect.any(String),
      software: expect.any(Boolean),
      features: expect.any(Array),
      limits: expect.any(Object),
      kernels: expect.stringMatching(/^products .+; attention .+/),
      kernels_chosen_by: expect.stringMatching(/^(facts|timed|remembered)$/),
      kernels_left_out: [],
      probe: { matmul_gflops: expect.any(Number), matmul_size: expect.any(Number), copy_gb_per_s: expect.any(Number) },
    });
    for (const limit of Object.values(info['limits'] as Record<string, number>)) expect(limit).toBeGreaterThan(0);
    for (const measured of Object.values(info['probe'] as Record<string, number>)) expect(measured).toBeGreaterThan(0);
  });

  it('prints the same as text', async () => {
    const { status, stdout, errors } = await command(['info']);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    for (const word of ['adapter', 'features', 'chosen by', 'maxBufferSize', 'GFLOP/s', 'GB/s'])
      expect(stdout).toContain(word);
  });
});

describe('forward', () => {
  it.each(['ragged', 'm0'])('gives PyTorch’s numbers: %s', async (name) => {
    const cwd = newFolder();
    const given = ['--checkpoint', `${golden}${name}.checkpoint.safetensors`, '--input', `${golden}${name}.input.json`];
    const run = name === 'ragged' ? rmt : command;
    const outcome = await run(
      ['forward', ...given, '--out', 'new/o.safetensors', '--attention', '--backward', '--json'],
      {
        cwd,
      },
    );
    const { adapter, segments, out, tensors: listed } = oneJson(outcome);
    expect(files(cwd)).toEqual(['new', join('new', 'o.safetensors')]);
    const { tensors, metadata } = readSafetensors(readFileSync(join(cwd, 'new/o.safetensors')), name);
    const { tensors: expected } = readSafetensors(readFileSync(`${golden}${name}.expected.safetensors`), name);
    expect({ adapter, out }).toEqual({ adapter: metadata['adapter'], out: 'new/o.safetensors' });
    expect(listed).toEqual([...tensors].map(([tensor, { shape }]) => ({ name: tensor, shape })));
    expect(segments).toBe(tensors.get('memory')?.shape[1]);

    const wanted = [...expected].filter(([tensor]) => !tensor.startsWith('adamw'));
    const names = wanted.map(([tensor]) => tensor);
    // Not every dump has the attention.
    const others = [...tensors.keys()].filter(
      (tensor) => !names.includes(tensor) && !/^attention\.\d\.\d$/.test(tensor),
    );
    expect(others).toEqual([]);
    for (const [tensor, { shape, data }] of wanted) {
      const got = tensors.get(tensor);
      expect(got?.shape, tensor).toEqual(shape);
      // As in golden.test.ts: the gradient of a key's bias is rounding error only.
      if (!tensor.startsWith('grad.')) expectClose(got?.data ?? [], data, { atol: 1e-5, label: tensor });
      else if (tensor.endsWith('key.bias')) expectClose(got?.data ?? [], data, { atol: 1e-6, label: tensor });
      else expectNear(got?.data ?? [], data, 2e-5, tensor);
    }
  });

  it('without labels gives logits and memory, and one line of text', async () => {
    const { sequences } = JSON.parse(readFileSync(`${golden}ragged.input.json`, 'utf8')) as { sequences: number[][] };
    const input = write('no-labels.json', JSON.stringify({ sequences }));
    const cwd = newFolder();
    const { status, stdout, errors } = await command(['forward', ...ragged, '--input', input, '--out', 'o'], { cwd });
    // The progress goes to stderr.
    expect({ status, errors: errors.filter((line) => !line.startsWith('[')) }).toEqual({ status: 0, errors: [] });
    expect(stdout).toMatch(/^o: 2 tensors, \d+ segments\n$/);
    const { tensors } = readSafetensors(readFileSync(join(cwd, 'o')), 'o');
    expect([...tensors.keys()]).toEqual(['logits', 'memory']);
    const { tensors: expected } = readSafetensors(readFileSync(`${golden}ragged.expected.safetensors`), 'ragged');
    expectClose(tensors.get('logits')?.data ?? [], expected.get('logits')?.data ?? [], { atol: 1e-5 });
  });

  describe('refuses', () => {
    const bytes = readFileSync(`${golden}ragged.checkpoint.safetensors`);
    const { config, shape } = readCheckpoint(bytes, 'ragged').blueprint;
    const [V, C] = [config.vocab_size, shape.classes];
    const ids = `a token id from 0 to ${V - 1}`;
    const form = '{"sequences": [[ids], …], "labels": [ids]?}';

    it.each<[name: string, checkpoint: string | Uint8Array, message: RegExp]>([
      ['no safetensors', 'hello, world', /^a header of \d+ bytes \(expected at most \d+, as in a safetensors file\)$/],
      ['an empty file', '', /^0 bytes \(expected a safetensors file of at least 8 bytes\)$/],
      ['a truncated file', bytes.subarray(0, -10), /^'.*' ends at byte \d+ of \d+ \(expected the whole file\)$/],
      [
        'a truncated header',
        bytes.subarray(0, 50),
        /^a header of \d+ bytes in a file of 50 \(expected the whole file\)$/,
      ],
      ['bytes too many', Buffer.concat([bytes, Buffer.alloc(3)]), /^3 bytes after the last tensor \(expected /],
      [
        'no RMT',
        readFileSync(`${golden}ragged.expected.safetensors`),
        /^no 'rmt_config' in the metadata \(expected the checkpoint of an RMT\)$/,
      ],
    ])('a checkpoint of %s', async (name, content, message) => {
      const file = write(`${name.replaceAll(' ', '-')}.safetensors`, content);
      const line = await refused(['forward', '--checkpoint', file, ...raggedInput, '--out', 'o'], 2);
      expect(line.slice(0, `checkpoint ${file}: `.length)).toBe(`checkpoint ${file}: `);
      expect(line.slice(`checkpoint ${file}: `.length)).toMatch(message);
    });

    it.each<[input: unknown, message: string | RegExp, ...flags: string[]]>([
      ['{"sequences": [[5]', /^: .+ \(expected JSON\)$/],
      ['', /^: .+ \(expected JSON\)$/],
      [null, `: null (expected ${form})`],
      [[[5]], /^: sequences: undefined \(expected \{/],
      [{}, /^: sequences: undefined \(expected \{/],
      [{ sequences: [] }, /^: sequences: 0 \(expected \{/],
      [{ sequences: [5] }, /^: sequences\.0: 5 \(expected \{/],
      [{ sequences: [['5']] }, /^: sequences\.0\.0: "5" \(expected \{/],
      [{ sequences: [[5]], labels: 'x' }, /^: labels: "x" \(expected \{/],
      [{ sequences: [[5]], lables: [0] }, /^: lables: "lables" \(expected \{/],
      [{ sequences: [[5], []] }, ': sequences[1]: no tokens besides special ones (expected at least one token)'],
      [{ sequences: [[5, V]] }, `: sequences[0][1]: ${V} (expected ${ids})`],
      [{ sequences: [[-1]] }, `: sequences[0][0]: -1 (expected ${ids})`],
      [{ sequences: [[5.5]] }, `: sequences[0][0]: 5.5 (expected ${ids})`],
      [{ sequences: [[5]], labels: [0, 1] }, ': labels: 2 labels (expected 1, one for each sequence)'],
      [{ sequences: [[5]], labels: [] }, ': labels: 0 labels (expected 1, one for each sequence)'],
      [{ sequences: [[5]], labels: [C] }, `: labels[0]: ${C} (expected a class from 0 to ${C - 1})`],
      [{ sequences: [[5]], labels: [-1] }, `: labels[0]: -1 (expected a class from 0 to ${C - 1})`],
      [{ sequences: [[5]], labels: [0.5] }, `: labels[0]: 0.5 (expected a class from 0 to ${C - 1})`],
      [{ sequences: [[5]] }, ': no labels (expected labels, which --backward needs for the loss)', '--backward'],
    ])('the input %j', async (input, message, ...flags) => {
      const file = join(newFolder(), 'input.json');
      writeFileSync(file, typeof input === 'string' ? input : JSON.stringify(input));
      const line = await refused(['forward', ...ragged, '--input', file, '--out', 'o', ...flags], 2);
      expect(line.slice(0, `input ${file}`.length)).toBe(`input ${file}`);
      const rest = line.slice(`input ${file}`.length);
      if (typeof message === 'string') expect(rest).toBe(message);
      else expect(rest).toMatch(message);
    });
  });
});

describe('train', () => {
  it('prints JSON Lines, and writes the same to the metrics next to the checkpoint', () => {
    expect(trained.errors).toEqual([]);
    expect(trained.status).toBe(0);
    expect(files(whole)).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
    const lines = jsonLines(trained.stdout);
    const end = lines.at(-1);
    expect(end).toEqual({
      type: 'end',
      step: 60,
      finished: true,
      seconds: expect.any(Number),
      checkpoint: wholeCheckpoint,
    });
    const metrics = readFileSync(join(whole, 'metrics.jsonl'), 'utf8');
    expect(jsonLines(metrics)).toEqual(lines.slice(0, -1));

    const steps = lines.filter(({ type }) => type === 'step');
    expect(steps.map(({ step, stage }) => [step, stage])).toEqual(
      Array.from({ length: 60 }, (_, i) => [i + 1, i < 30 ? 1 : 2]),
    );
    for (const { type, step, stage, segments, ...measured } of steps) {
      expect(Object.keys(measured)).toEqual(allMetrics.map(({ json }) => json));
      expect(Object.values(measured).every(Number.isFinite)).toBe(true);
    }
    const validations = lines.filter(({ type }) => type === 'validation');
    // Every 7 steps of a stage, and at its end.
    expect(validations.map(({ step }) => step)).toEqual([7, 14, 21, 28, 30, 37, 44, 51, 58, 60]);
    for (const { segments, stage, samples, accuracy } of validations) {
      expect([segments, samples]).toEqual([stage, 8]);
      expect(accuracy).toBeGreaterThanOrEqual(0);
      expect(accuracy).toBeLessThanOrEqual(1);
    }
    const { task, training, vocabulary } = readCheckpoint(readFileSync(wholeCheckpoint), 'whole');
    expect(task).toMatchObject({ id: 'memorize' });
    expect(training).toMatchObject({ config: { hidden_size: 8, stage_steps: [30] }, progress: { step: 60 } });
    expect(vocabulary?.length).toBeGreaterThan(20);
  });

  it('saves when interrupted, and --resume reaches the result of an uninterrupted run', async () => {
    const out = join(newFolder(), 'run');
    let sent = false;
    const interrupted = await rmt([...long, '--out', out], {
      onLine: (line, child) => {
        if (sent || !line.includes('"step":9,')) return;
        sent = true;
        child.kill('SIGINT');
      },
    });
    expect(interrupted.errors).toEqual([]);
    expect(interrupted.status).toBe(0);
    expect(files(out)).toEqual(['checkpoint.safetensors', 'metrics.jsonl']);
    const end = jsonLines(interrupted.stdout).at(-1);
    expect(end).toMatchObject({ type: 'end', finished: false });
    const step = Number(end?.['step']);
    expect(step).toBeGreaterThanOrEqual(9);
    expect(step).toBeLessThan(60);
    expect(readCheckpoint(readFileSync(join(out, 'checkpoint.safetensors')), 'out').training).toMatchObject({
      progress: { step },
    });

    // As after a crash some steps after the checkpoint, in the middle of a line.
    const metricsFile = join(out, 'metrics.jsonl');
    const metrics = readFileSync(metricsFile, 'utf8');
    expect(timeless(jsonLines(metrics))).toEqual(timeless(jsonLines(interrupted.stdout).slice(0, -1)));
    writeFileSync(metricsFile, `${metrics}{"type":"step","step":${step + 1},"loss":5}\n{"type":"st`);

    const resumed = await command(['train', '--out', out, '--resume', '--json']);
    expect(resumed.errors).toEqual([]);
    expect(resumed.status).toBe(0);
    const expected = readFileSync(join(whole, 'metrics.jsonl'), 'utf8');
    expect(timeless(jsonLines(readFileSync(metricsFile, 'utf8')))).toEqual(timeless(jsonLines(expected)));
    expect(readFileSync(join(out, 'checkpoint.safetensors')).equals(readFileSync(wholeCheckpoint))).toBe(true);
    expect(jsonLines(resumed.stdout)[0]).toMatchObject({ step: step + 1 });
  });

  it('prints its progress, with a text as noise', async () => {
    const noise = write('noise.txt', 'Zebras ponder. Zebras wander; slowly, they wonder!');
    const out = join(newFolder(), 'run');
    const words = small.filter((word) => word !== '--json');
    const outcome = await command([...words, '--set', 'stage_steps=2', '--noise', noise, '--out', out]);
    expect(outcome.status).toBe(0);
    expect(outcome.stdout).toMatch(/^finished after 4 steps, .*checkpoint\.safetensors\n$/);
    expect(outcome.errors.join('\n')).toMatch(/parameters.*GPU bytes.*hidden_size=8/);
    expect(outcome.errors.join('\n')).toMatch(/stage 2 of 2: 2 segments/);
    const { vocabulary } = readCheckpoint(readFileSync(join(out, 'checkpoint.safetensors')), 'out');
    expect(vocabulary).toEqual(expect.arrayContaining(['zebras', 'wonder', ';']));
  });

  it('does not resume a finished run', async () => {
    const out = join(newFolder(), 'run');
    cpSync(whole, out, { recursive: true });
    const { status, stdout } = await command(['train', '--resume', '--out', out]);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^finished after 60 steps, /);
    for (const file of files(whole))
      expect(readFileSync(join(out, file)).equals(readFileSync(join(whole, file)))).toBe(true);
  });

  it('reads --config, which --set overrides', async () => {
    const { training } = readCheckpoint(readFileSync(wholeCheckpoint), 'whole');
    const { config } = training as { config: Record<string, unknown> };
    const file = write('config.json', JSON.stringify({ ...config, stages: '1', stage_steps: 5, seed: 3 }));
    const out = join(newFolder(), 'run');
    const { status, stdout } = await command([
      'train',
      '--config',
      file,
      '--set',
      'stage_steps=2',
      '--out',
      out,
      '--json',
    ]);
    expect(status).toBe(0);
    expect(jsonLines(stdout).at(-1)).toMatchObject({ step: 2, finished: true });
    const saved = readCheckpoint(readFileSync(join(out, 'checkpoint.safetensors')), 'out');
    expect(saved.training).toMatchObject({ config: { ...config, stages: [1], stage_steps: [2], seed: 3 } });
  });

  describe('refuses', () => {
    it('an --out that contains a run, which stays unchanged', async () => {
      const before = files(whole).map((file) => readFileSync(join(whole, file)));
      expect(await refused([...long, '--out', whole], 2)).toBe(
        `train: --out ${whole}: already contains a run (expected a new folder, or --resume to continue that run)`,
      );
      expect(await refused([...long, '--set', 'seed=9', '--resume', '--out', whole], 2)).toMatch(
        /checkpoint\.safetensors: seed: 1 \(expected 9, as configured for the resumed run\)$/,
      );
      expect(files(whole).map((file) => readFileSync(join(whole, file)))).toEqual(before);
    });

    it('to resume from a file that is no training checkpoint', async () => {
      const out = newFolder();
      const resume = ['train', '--resume', '--out', out];
      const file = join(out, 'checkpoint.safetensors');
      writeFileSync(file, 'hello, world');
      expect(await refused(resume, 2)).toMatch(/^checkpoint .*checkpoint\.safetensors: a header of /);
      writeFileSync(file, readFileSync(`${golden}ragged.checkpoint.safetensors`));
      expect(await refused(resume, 2)).toMatch(/safetensors: training\.config: no run configuration \(expected /);
      expect(files(out)).toEqual(['checkpoint.safetensors']);
    });

    it.each<[content: string, message: string | RegExp]>([
      ['{"seed": 1', /^: .+ \(expected JSON\)$/],
      ['[]', ': a list (expected an object of knob names and values)'],
      ['{"sead": 1}', `: sead: unknown key 'sead' (expected one of ${knobNames.join(', ')})`],
      ['{"hidden_size": 7}', ': hidden_size: 7 (expected a multiple of 4)'],
      ['{"stages": [1, "x"]}', ': stages: "x" (expected a whole number from 1 to 64)'],
    ])('the --config %s', async (content, message) => {
      const file = join(newFolder(), 'config.json');
      writeFileSync(file, content);
      const line = await refused(['train', '--config', file, '--out', 'x'], 2);
      expect(line.slice(0, `config ${file}`.length)).toBe(`config ${file}`);
      const rest = line.slice(`config ${file}`.length);
      if (typeof message === 'string') expect(rest).toBe(message);
      else expect(rest).toMatch(message);
    });

    it.each<[name: string, content: string | Uint8Array, message: string | RegExp]>([
      ['empty.txt', '', 'empty.txt: no text (expected a text with at least one word)'],
      ['blank.txt', ' \n\t\n', 'blank.txt: no text (expected a text with at least one word)'],
      ['marks.txt', '... !?', 'marks.txt: no words (expected a text with at least one word)'],
      [
        'nul.bin',
        new Uint8Array(1000),
        'nul.bin: binary data (a NUL character) (expected a text with at least one word)',
      ],
      [
        'binary.bin',
        Uint8Array.from({ length: 1000 }, (_, i) => 128 + (i % 128)),
        /^binary\.bin: binary data \(\d+ % of it is not readable text\) \(expected a text with at least one word\)$/,
      ],
      [
        'long.txt',
        'word '.repeat(4 * 2 ** 20),
        'long.txt: 20971520 characters (expected a text of at most 16777216 characters)',
      ],
      [
        'huge.txt',
        new Uint8Array(64 * 2 ** 20 + 1),
        /^noise: .*huge\.txt has 67108865 bytes \(expected at most 67108864\)$/,
      ],
    ])('the --noise %s', async (name, content, message) => {
      const line = await refused([...small, '--out', 'x', '--noise', write(name, content)], 2);
      if (typeof message === 'string') expect(line).toBe(message);
      else expect(line).toMatch(message);
    });
  });

  it('stops quietly when its output is closed', async () => {
    const out = join(newFolder(), 'run');
    const { errors } = await rmt([...small, '--set', 'stage_steps=5000', '--out', out], {
      onLine: (_, child) => child.stdout?.destroy(),
    });
    expect(errors).toEqual([]);
    for (const file of files(out)) expect(['checkpoint.safetensors', 'metrics.jsonl']).toContain(file);
  });
});

describe('eval', () => {
  it('--json has the contract’s fields; without it the same as a table', async () => {
    const words = ['eval', '--checkpoint', wholeCheckpoint, '--segments', '3,1', '--samples', '40'];
    const result = oneJson(await rmt([...words, '--json', '--task', 'memorize', '--seed', '1']));
    expect(result).toEqual({
      adapter: expect.stringMatching(/./),
      task: 'memorize',
      samples: 40,
      accuracy: { '1': expect.any(Number), '3': expect.any(Number) },
    });
    const accuracy = result['accuracy'] as Record<string, number>;
    const percent = ['3', '1'].map((segments) => {
      const share = accuracy[segments] ?? Number.NaN;
      expect(share * 40).toBeCloseTo(Math.round(share * 40), 9);
      expect(share).toBeGreaterThanOrEqual(0);
      expect(share).toBeLessThanOrEqual(1);
      return (100 * share).toFixed(1);
    });
    // The defaults are the checkpoint's own task and seed 1.
    const { status, stdout } = await command(words);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^memorize, 40 samples\nsegments +accuracy\n(?: +\d+ +\d+\.\d %\n){2}$/);
    expect(stdout.match(/\d+\.\d/g)).toEqual(percent);
  });
});

describe('stream', () => {
  it('--json has the contract’s fields, and 300 segments take no more memory than one', async () => {
    const result = oneJson(await rmt(['stream', '--checkpoint', wholeCheckpoint, '--segments', '300', '--json']));
    expect(result).toEqual({
      adapter: expect.stringMatching(/./),
      segments: 300,
      tokens: 300 * 11,
      answer: expect.any(String),
      expected: expect.any(String),
      ms_per_segment: [expect.any(Number), expect.any(Number), expect.any(Number)],
      gpu_bytes: { first: expect.any(Number), last: expect.any(Number), peak: expect.any(Number) },
    });
    for (const word of [result['answer'], result['expected']]) expect(tasks.memorize.classes).toContain(word);
    for (const ms of result['ms_per_segment'] as number[]) expect(ms).toBeGreaterThan(0);
    const { first, last, peak } = result['gpu_bytes'] as Record<string, number>;
    expect(first).toBeGreaterThan(0);
    expect([last, peak]).toEqual([first, first]);
  });

  it('prints the same as text, whatever the file is called', async () => {
    const file = join(newFolder(), 'a b: ünï code.safetensors');
    cpSync(wholeCheckpoint, file);
    const { status, stdout } = await command(['stream', '--checkpoint', file, '--segments', '1', '--seed', '2']);
    expect(status).toBe(0);
    expect(stdout).toMatch(/^1 segments?, 11 tokens: answered \w+ \((right|wrong, expected \w+)\)\nms per segment: /);
    expect(stdout).toMatch(/\nGPU bytes: first ([\d,]+), last \1, peak \1\n$/);
  });

  it('reads custom facts, and applies interventions on the memory', async () => {
    const bundled = ['stream', '--checkpoint', 'public/checkpoints/detect.safetensors', '--segments', '8'];
    for (const place of ['garden', 'office']) {
      const own = ['--facts', `3:john went to the ${place}.`, '--question', 'where is john?', '--json'];
      const result = oneJson(await command([...bundled, ...own]));
      expect(result).toMatchObject({ answer: place, expected: place });
      expect(result).not.toHaveProperty('untouched');
      const changed = oneJson(await command([...bundled, ...own, '--changes', 'zero@5']));
      expect(changed).toMatchObject({ untouched: place, expected: place });
      expect(changed['answer']).not.toBe(place);
    }
    const { stdout } = await command([...bundled, '--seed', '5', '--changes', 'freeze@2x6']);
    expect(stdout).toMatch(/\nwithout interventions: \w+\nms per segment: /);
  });
});

describe('flops', () => {
  it('--json has the contract’s fields and the figures of RMT-1M', async () => {
    const { status, stdout, errors } = await command(['flops', '--model', '125M', '--segments', '1,2,4000', '--json']);
    expect({ status, errors }).toEqual({ status: 0, errors: [] });
    expect(stdout).toMatch(/^\[.*\]\n$/);
    const rows = JSON.parse(stdout) as { segments: number; rmt: number; full: number; ratio: number }[];
    const row = { model: '125M', rmt: expect.any(Number), full: expect.any(Number), ratio: expect.any(Number) };
    expect(rows).toEqual([1, 2, 4000].map((segments) => ({ ...row, segments })));
    // The figures of RMT-1M (Bulatov et al. 2023).
    for (const [i, ratio] of [1, 1.07, 295.07].entries()) expect(rows[i]?.ratio).toBeCloseTo(ratio, 2);
    for (const { rmt: ours, full, ratio } of rows) expect(full / ours).toBeCloseTo(ratio, 9);
  });
});

describe('bench', () => {
  const tiny = ['bench', '--shape', 'tiny', '--mode', 'forward', '--runs', '1'];

  it('--json has figures and the profile of the requested shapes', async () => {
    const report = oneJson(await rmt([...tiny, '--profile', '--json']));
    expect(report).toMatchObject({ adapter: expect.any(String), left_out: [], refused: [] });
    const rows = report['rows'] as Record<string, unknown>[];
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      shape: 'tiny',
      mode: 'forward',
      model: { layers: 2, hidden_size: 64, heads: 4, intermediate_size: 256, num_mem_tokens: 4 },
      batch: 32,
      positions: 32,
      runs: 1,
      dispatches: { begin: expect.any(Number), encode: expect.any(Number), head: expect.any(Number) },
      dispatches_per_layer: { forward: expect.any(Number), backward: 0 },
    });
    const kernels = rows[0]?.['kernels'] as { kernel: string; ms: number }[];
    expect(kernels.map(({ kernel }) => kernel)).toContain('embedding_forward');
    for (const { ms } of kernels) expect(ms).toBeGreaterThanOrEqual(0);
  });

  it('computes in f16 if the adapter supports it, and refuses otherwise', async () => {
    const { features } = oneJson(await command(['info', '--json'])) as { features: string[] };
    const halved = await command([...tiny, '--half', '--json']);
    if (features.includes('shader-f16'))
      expect(oneJson(halved)).toMatchObject({ kernels: expect.stringMatching(/f16/) });
    else {
      expect(halved.status).toBe(2);
      expect(halved.errors.join()).toMatch(/half precision: an adapter without it \(expected .*shader-f16\)/);
    }
  });

  it('prints the same as text', async () => {
    const { status, stdout } = await command(tiny);
    expect(status).toBe(0);
    for (const word of ['probe: matmul', 'tiny: 2 layers', 'GFLOP/s', 'dispatches', 'per layer:', 'GPU bytes'])
      expect(stdout).toContain(word);
  });
});

describe('eval and stream refuse', () => {
  const segments = ['--segments', '1'];
  it.each(['eval', 'stream'])('%s: a checkpoint that does not fit the request', async (command) => {
    const ask = (file: string, ...more: string[]) => refused([command, '--checkpoint', file, ...segments, ...more], 2);
    const named = `checkpoint ${wholeCheckpoint}`;
    expect(await ask(wholeCheckpoint, '--task', 'sleep')).toBe(
      `${named}: task: no task 'sleep' (expected one of ${Object.keys(tasks).join(', ')})`,
    );
    expect(await ask(wholeCheckpoint, '--task', 'reasoning')).toMatch(
      /: segment_size 11 \(expected at least \d+, which /,
    );
    const bytes = readFileSync(wholeCheckpoint);
    const { vocabulary, ...wordless } = readCheckpoint(bytes, 'whole');
    const file = write(`wordless-${command}.safetensors`, writeCheckpoint(wordless));
    expect(await ask(file)).toBe(
      `checkpoint ${file}: no 'vocabulary' in its metadata (expected the words by id, to write the facts and questions)`,
    );
    const torn = write(`torn-${command}.safetensors`, bytes.subarray(0, -1));
    expect(await ask(torn)).toMatch(/ ends at byte \d+ of \d+ \(expected the whole file\)$/);
    const other = `${golden}ragged.checkpoint.safetensors`;
    expect(await ask(other)).toBe(
      `checkpoint ${other}: no task in its metadata (expected it in the metadata or in the request)`,
    );
  });
});
