// Records a model reading a text, for visitors without WebGPU and for those who have no model of their own:
//   node scripts/record-stream.mjs                    the bundled model on a document of its task
//   node scripts/record-stream.mjs minilm FOLDER      MiniLM-L6 from the files in FOLDER, on this project's README.md
// Runs `rmt stream --events` on the real model and writes public/recorded; arrays become 8-bit numbers.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from './process.mjs';

const [name = 'detect', source = ''] = process.argv.slice(2);
const largestCompressed = 150_000;
const folder = mkdtempSync(join(tmpdir(), 'rmt-recording-'));
const events = join(folder, 'events.jsonl');
const rmt = (/** @type {string[]} */ words) =>
  execFileSync(process.execPath, ['scripts/rmt.mjs', ...words], { cwd: root, encoding: 'utf8' });

const memory = ['--memory', '4', '--segment-size', '64'];
const imported = join(folder, 'minilm.safetensors');
const recordings = {
  detect: {
    checkpoint: 'detect.safetensors',
    file: 'public/checkpoints/detect.safetensors',
    segments: 32,
    more: ['--seed', '2'],
  },
  minilm: { checkpoint: 'MiniLM-L6-H384-uncased', file: imported, segments: 6, more: ['--text', 'README.md'] },
};
if (name !== 'detect' && name !== 'minilm') throw new Error(`'${name}' (expected detect or minilm)`);
const { checkpoint, file, segments, more } = recordings[name];
if (name === 'minilm') {
  if (source === '') throw new Error('no FOLDER (expected one with config.json, model.safetensors and tokenizer.json)');
  rmt(['import', '--from', source, ...memory, '--out', imported, '--json']);
}
const words = ['stream', '--checkpoint', file, '--segments', `${segments}`, ...more];
const { adapter } = JSON.parse(rmt([...words, '--json', '--events', events]));
const all = readFileSync(events, 'utf8')
  .trim()
  .split('\n')
  .map((line) => JSON.parse(line));
rmSync(folder, { recursive: true });

/** Numbers as bytes from −127 to 127 with one scale. @param {number[]} values */
function packed(values) {
  const most = values.reduce((high, value) => Math.max(high, Math.abs(value)), 1e-12);
  const bytes = Int8Array.from(values, (value) => Math.round((127 * value) / most));
  return { scale: Number((most / 127).toPrecision(6)), bytes: Buffer.from(bytes.buffer).toString('base64') };
}
const rounded = (/** @type {number} */ value) => Number(value.toPrecision(4));

/** @param {string} type */
const without = (type) => {
  const { type: _, ...rest } = all.find((event) => event.type === type);
  return rest;
};
const recorded = {
  made: {
    checkpoint,
    command: `rmt ${words.join(' ').replace(imported, 'F')}`,
    adapter,
    date: new Date().toISOString().slice(0, 10),
  },
  begin: {
    ...without('stream-begin'),
    model: { ...without('stream-begin').model, name: checkpoint },
    blank: packed(without('stream-begin').blank),
  },
  segments: all
    .filter(({ type }) => type === 'stream-segment')
    .map(({ words, ids, marks, memory, probabilities, write, read, milliseconds, gpuBytes }) => ({
      words,
      ...(ids ? { ids: Object.values(ids) } : {}),
      marks,
      probabilities: probabilities.map(rounded),
      memory: packed(memory),
      write: packed(write),
      read: packed(read),
      milliseconds: rounded(milliseconds),
      gpuBytes,
    })),
  end: without('stream-end'),
};
const text = `${JSON.stringify(recorded)}\n`;
if (recorded.segments.length !== segments)
  throw new Error(`${recorded.segments.length} segments (expected ${segments})`);
const compressed = gzipSync(text).length;
if (compressed > largestCompressed)
  throw new Error(`${compressed} bytes compressed (expected at most ${largestCompressed})`);
mkdirSync(join(root, 'public/recorded'), { recursive: true });
writeFileSync(join(root, `public/recorded/${name}.json`), text);
console.log(
  `public/recorded/${name}.json: ${text.length} bytes (${compressed} compressed), ${recorded.made.command}, ${adapter}, answered ${recorded.end.answer}`,
);
