// Everything that reads outside input, with valid inputs to damage.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, strToU8, zipSync } from 'fflate';
import * as v from 'valibot';
import { main } from '../../src/cli/main.ts';
import { RunFolder } from '../../src/cli/run-folder.ts';
import { InputError } from '../../src/errors.ts';
import { defaults, parseConfig, parseKnob } from '../../src/experiment/config.ts';
import { presets } from '../../src/experiment/presets.ts';
import { factsSchema, questionSchema } from '../../src/experiment/user-input.ts';
import { workOf } from '../../src/experiment/workspace.ts';
import { changesSchema } from '../../src/inference/intervention-text.ts';
import { enoughToRecognise, recognise } from '../../src/io/recognise.ts';
import { readSafetensors } from '../../src/io/safetensors.ts';
import { bytesSource, type TextSource } from '../../src/io/text-source.ts';
import { readCheckpoint, writeCheckpoint } from '../../src/models/checkpoint.ts';
import { experimentDefaults, readAddress, writeAddress } from '../../src/store/address.ts';
import { cardOf, trainingOf } from '../../src/store/checkpoint-header.ts';
import { Curves, curvesSchema } from '../../src/store/library/curves.ts';
import { readRunFile, writeRunFile } from '../../src/store/library/file.ts';
import { openText } from '../../src/text/open-text.ts';
import { readDocuments } from '../../src/text/read-documents.ts';
import { openTraining } from '../../src/train/resume.ts';
import { stepsOf, totalSteps } from '../../src/train/schedule.ts';

export interface Reader {
  readonly name: string;
  /** How often it is chosen, compared with the others. */
  readonly weight: number;
  readonly seeds: readonly Uint8Array[];
  /** Succeeds, or throws an error that says what is wrong with the input. */
  read(bytes: Uint8Array<ArrayBuffer>): unknown;
}

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const bytes = (content: string) => Uint8Array.from(Buffer.from(content));
const json = (value: unknown) => bytes(JSON.stringify(value));

/** Drain a source, as a reader of text does. */
async function drain(source: { open(): AsyncIterable<Uint8Array> }): Promise<void> {
  for await (const _ of source.open());
}

/** Every byte of a text. */
async function drainText(file: TextSource): Promise<void> {
  for (const part of Object.values(await openText(file))) await drain(part);
}

/** JSON that is none is refused before it is used. */
function parsed(content: Uint8Array): unknown {
  try {
    return JSON.parse(text(content));
  } catch {
    throw new InputError('input', 'no JSON', 'JSON');
  }
}

/** A training checkpoint of the smallest run. */
function trainingCheckpoint(golden: Uint8Array): Uint8Array {
  const { tensors, ...description } = readCheckpoint(golden, 'golden');
  const moments = ['', 'optimizer.m.', 'optimizer.v.'].flatMap((prefix) =>
    [...tensors].map(([name, tensor]) => [prefix + name, tensor] as const),
  );
  const data = { text: { name: 'a.txt', size: 3, hash: 'ab'.repeat(32) } };
  const training = { config: defaults, progress: { step: 3, stage: 0, stageStep: 3 }, data };
  return writeCheckpoint({
    ...description,
    tensors: new Map(moments),
    vocabulary: ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'a'],
    task: { id: 'language', knobs: { unit: 'words' }, noise_words: 0, file: 'a.txt' },
    training,
  });
}

const articles = (n: number) =>
  `<?xml version="1.0"?><articles>${Array.from({ length: n }, (_, id) => `<article id="${id}" published-at="2017-01-01" title="Title ${id}"><p>${id % 2 ? 'bad <b>news</b>' : 'good news &amp; fair'} and more</p></article>`).join('')}</articles>`;
const labels = (n: number) =>
  `<articles>${Array.from({ length: n }, (_, id) => `<article id="${id}" hyperpartisan="${id % 2 === 1}" />`).join('')}</articles>`;

const lines = [
  'train --preset tiny --out x --set seed=1 --set stages=1,2 --json',
  'train --resume --out x --text t',
  'eval --checkpoint c --segments 1,2 --samples 4 --seed 1 --task copy --json',
  'stream --checkpoint c --segments=4 --events e --facts 1:mary --question q --changes zero@1',
  'generate --checkpoint c --prompt p --words 3 --temperature 0.5',
  'forward --checkpoint c --input i --out o --attention --loss mean --bptt-depth 2',
  'flops --model 125M --segments 1,2 --json',
  'bench --shape tiny --mode forward --runs 1',
  'info --json',
  'help',
];

/** @param root the repository */
export async function readers(root: string): Promise<Reader[]> {
  const file = (path: string) => Uint8Array.from(readFileSync(join(root, path)));
  const golden = ['m0', 'ragged'].map((name) => file(`src/testing/golden/${name}.checkpoint.safetensors`));
  const family = ['rmt_gpt2', 'armt_gpt2', 'transformer_xl'].flatMap((name) => {
    try {
      return [file(`src/testing/golden/family/${name}.checkpoint.safetensors`)];
    } catch {
      return [];
    }
  });
  const training = trainingCheckpoint(golden[0] ?? new Uint8Array());
  const tale = file('src/testing/fixtures/wikitext.txt');
  const texts = [
    tale,
    file('src/testing/fixtures/babi.txt'),
    file('src/testing/fixtures/quality.jsonl'),
    bytes('e\u0301 中文 नमस्ते. '.repeat(80)),
  ];
  const zips = [
    zipSync({ enwik8: tale }),
    zipSync({ 'a/wiki.train.tokens': tale, 'a/wiki.valid.tokens': tale }, { level: 0 }),
    zipSync({ 'one.txt': strToU8('one text') }),
  ];
  const gzips = [gzipSync(tale), gzipSync(strToU8('a few words'))];
  const curves = new Curves().data();
  const run = {
    id: 'a',
    name: 'Run',
    preset: 'tiny',
    config: parseConfig({}),
    noise: undefined,
    files: [],
    created: 1,
    saved: 1,
    state: 'stopped',
    progress: {
      step: 3,
      steps: totalSteps(defaults),
      stage: 0,
      stages: defaults.stages.length,
      stageStep: 3,
      stageSteps: stepsOf(defaults, 0),
      segments: defaults.stages[0] ?? 1,
    },
    validated: undefined,
    checkpoint: undefined,
    deleted: undefined,
  } as const;
  const exported = Uint8Array.from(
    Buffer.from(await (await writeRunFile({ record: run as never, curves, bytes: undefined })).arrayBuffer()),
  );
  const page = 'http://localhost/';
  const links = [
    writeAddress(experimentDefaults),
    ...Object.keys(presets).map((preset) => `#/train?preset=${preset}&seed=3&stages=1,2`),
    '#/stream?stream.segments=8&stream.facts=2:mary went to the garden.&stream.question=where is mary?&compute.shapes=tiny',
  ].map((link) => bytes(link.replace(page, '')));
  const metrics = Array.from({ length: 5 }, (_, k) => `{"type":"step","step":${k + 1},"loss":1.5}\n`).join('');
  const unit = (name: string) => parseConfig({ task: 'language', model: 'rmt-gpt2', unit: name });
  const corpus = async (content: Uint8Array, name: string) => {
    for (const each of ['words', 'characters', 'bytes']) await workOf(unit(each), { text: bytesSource(name, content) });
  };
  const refuseDevice = async (): Promise<never> => {
    throw new InputError('adapter', 'none in this check', 'one');
  };
  return [
    {
      name: 'safetensors',
      weight: 3,
      seeds: [file('src/testing/golden/dtypes.safetensors'), ...golden],
      read: (b) => readSafetensors(b, 'x'),
    },
    { name: 'checkpoint', weight: 4, seeds: [...golden, ...family, training], read: (b) => readCheckpoint(b, 'x') },
    { name: 'checkpoint to resume', weight: 2, seeds: [training], read: (b) => openTraining({ name: 'x', bytes: b }) },
    {
      name: 'checkpoint header on the page',
      weight: 2,
      seeds: [training, ...golden],
      read: (b) => [cardOf(b), trainingOf('x', b)],
    },
    {
      name: 'recognise',
      weight: 3,
      seeds: [...golden, ...texts, ...zips, ...gzips, exported, json({ model_type: 'bert', hidden_size: 8 })],
      read: (b) => recognise(b.subarray(0, enoughToRecognise), b.length),
    },
    { name: 'zip', weight: 3, seeds: zips, read: async (b) => drainText(bytesSource('x.zip', b)) },
    {
      name: 'text, gzip, JSON Lines and zip as a corpus',
      weight: 3,
      seeds: [...texts, ...zips, ...gzips],
      read: (b) => corpus(b, 'x'),
    },
    {
      name: 'noise text',
      weight: 1,
      seeds: texts,
      read: (b) => workOf(parseConfig({}), { noise: { name: 'x', text: text(b) } }),
    },
    {
      name: 'XML articles',
      weight: 2,
      seeds: [bytes(articles(60))],
      read: (b) => readDocuments(bytesSource('a.xml', b), bytesSource('l.xml', bytes(labels(60)))),
    },
    {
      name: 'XML labels',
      weight: 1,
      seeds: [bytes(labels(60))],
      read: (b) => readDocuments(bytesSource('a.xml', bytes(articles(60))), bytesSource('l.xml', b)),
    },
    { name: 'run file', weight: 3, seeds: [exported], read: (b) => readRunFile(text(b), 'x') },
    {
      name: 'curves',
      weight: 1,
      seeds: [json(curves)],
      read: (b) => v.safeParse(curvesSchema, parsed(b)),
    },
    {
      name: 'configuration',
      weight: 2,
      seeds: [json(defaults), json({ seed: 1 })],
      read: (b) => parseConfig(parsed(b)),
    },
    {
      name: 'a knob as text',
      weight: 1,
      seeds: Object.entries(defaults).map(([name, value]) => bytes(`${name}=${value}`)),
      read: (b) => {
        const [name = '', ...rest] = text(b).split('=');
        parseKnob(name, rest.join('='));
      },
    },
    { name: 'address of the page', weight: 3, seeds: links, read: (b) => readAddress(text(b)) },
    {
      name: 'facts, question and changes',
      weight: 1,
      seeds: [
        '1:mary went to the garden.|5:john moved to the office.',
        'where is mary?',
        'zero@5|swap@6s3|freeze@2x6',
      ].map(bytes),
      read: (b) => [factsSchema, questionSchema, changesSchema].map((schema) => v.safeParse(schema, text(b))),
    },
    {
      name: 'arguments',
      weight: 3,
      seeds: lines.map((line) => bytes(line.replaceAll(' ', '\n'))),
      read: async (b) => {
        const given = text(b).split('\n');
        const status = await main(given, refuseDevice);
        if (status === 2) throw new InputError('main', 'refused', 'another line');
        if (status !== 0) throw new TypeError(`main(${JSON.stringify(given)}) gave ${status}`);
      },
    },
    ...(
      [
        ['metrics of a run', 'metrics.jsonl', metrics],
        ['lock of a run', 'rmt.lock', '{"pid":4194304,"host":"HOST","began":"b 1"}'.replace('HOST', hostname())],
      ] as const
    ).map(([name, of, seed]) => ({
      name,
      weight: 1,
      seeds: [bytes(seed)],
      read: (b: Uint8Array) => {
        const folder = mkdtempSync(join(tmpdir(), 'rmt-fuzz-'));
        try {
          writeFileSync(join(folder, 'checkpoint.safetensors'), 'x');
          writeFileSync(join(folder, of), b);
          RunFolder.open(folder, true, []).close();
        } finally {
          rmSync(folder, { recursive: true, force: true });
        }
      },
    })),
  ];
}

/** Whether an error says what is wrong with the input; any other kind is a fault of the program. */
export function isRefusal(error: unknown): boolean {
  if (error instanceof InputError) return true;
  return error instanceof Error && error.constructor === Error && /\(expected .+\)$/s.test(error.message);
}
