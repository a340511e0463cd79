// Help, wrong usage and outputs that cannot be written: exit status and messages of every command.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { knobNames } from '../experiment/config.ts';
import { presets } from '../experiment/presets.ts';
import { tasks } from '../tasks/index.ts';
import { command, rmt } from '../testing/cli.ts';
import { ragged, raggedInput, refused, workFolder } from '../testing/cli-runs.ts';

const { folder, remove, write } = workFolder();
afterAll(remove);

const presetNames = Object.keys(presets).join(', ');

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
        ['sead=1', "unknown key 'sead' (expected seed)"],
        ['dropout=1', "unknown key 'dropout' (expected hidden_dropout_prob or attention_probs_dropout_prob)"],
        ['hue=1', `unknown key 'hue' (expected one of ${knobNames.join(', ')})`],
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
    ...['0', '1,', '1.5', '1-4'].map((segments): [string[], string] => [
      ['eval', '--checkpoint', 'c', '--segments', segments],
      `eval: --segments: '${segments}' (expected whole numbers from 1 to 65536, separated by commas)`,
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
      "stream: --segments: the separate value '-1' begins with a dash (expected --segments=-1)",
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

    [
      ['generate', '--checkpoint', 'c', '--prompt', '- item'],
      `generate: --prompt: the separate value '- item' begins with a dash (expected --prompt="- item")`,
    ],
    [['flops', '--model', '125M', '--json', '--model', '350M'], 'flops: --model given twice (expected --model once)'],
    [
      ['train', '--out', 'x', '--preset', 'tiny', '--set', 'seed=1', '--set', 'seed=2'],
      'train: --set seed: given twice (expected one value for a key)',
    ],

    [['flops', '--model', '126M'], /^flops: --model: '126M' \(expected one of .*125M/],
    [
      ['flops', '--segments', '0'],
      "flops: --segments: '0' (expected whole numbers from 1 to 2147483648, separated by commas)",
    ],

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
  it('sets the exit status of the process and prints one line on stderr', async () => {
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
