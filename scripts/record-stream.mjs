// Records a bundled checkpoint reading a document, for visitors without WebGPU: `node scripts/record-stream.mjs`.
// Runs `rmt stream --events` on the real model and writes public/recorded/detect.json; arrays become 8-bit numbers.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root } from './process.mjs';

const checkpoint = 'detect.safetensors';
const segments = 32;
const seed = 2;
const largest = 100_000;

const folder = mkdtempSync(join(tmpdir(), 'rmt-recording-'));
const events = join(folder, 'events.jsonl');
const words = [
  'stream',
  '--checkpoint',
  `public/checkpoints/${checkpoint}`,
  '--segments',
  `${segments}`,
  '--seed',
  `${seed}`,
];
const output = execFileSync(process.execPath, ['scripts/rmt.mjs', ...words, '--json', '--events', events], {
  cwd: root,
  encoding: 'utf8',
});
const { adapter } = JSON.parse(output);
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
    command: `rmt ${words.join(' ')}`,
    adapter,
    date: new Date().toISOString().slice(0, 10),
  },
  begin: { ...without('stream-begin'), blank: packed(without('stream-begin').blank) },
  segments: all
    .filter(({ type }) => type === 'stream-segment')
    .map(({ words, marks, memory, probabilities, write, read, milliseconds, gpuBytes }) => ({
      words,
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
if (text.length > largest) throw new Error(`${text.length} bytes (expected at most ${largest})`);
mkdirSync(join(root, 'public/recorded'), { recursive: true });
writeFileSync(join(root, 'public/recorded/detect.json'), text);
console.log(
  `public/recorded/detect.json: ${text.length} bytes, ${recorded.made.command}, ${adapter}, answered ${recorded.end.answer}`,
);
