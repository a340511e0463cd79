// A child process of scripts/chaos.mjs: trains or streams for long in one process, and prints a line of JSON with its memory
// now and then. Arguments: `train STEPS` or `stream MINUTES`, and a checkpoint for `stream`.
import { readFileSync } from 'node:fs';
import { openDevice } from '../../src/cli/device.ts';
import type { Gpu } from '../../src/engine/gpu/adapter.ts';
import { parseConfig } from '../../src/experiment/config.ts';
import type { Report, Start } from '../../src/protocol/index.ts';
import { Session } from '../../src/session/session.ts';

const [what = 'train', amount = '1000', checkpoint = '', every = '2000'] = process.argv.slice(2);
let gpu: Gpu | undefined;
const began = performance.now();
const collect = (globalThis as { gc?: () => void }).gc;

function sample(done: number): void {
  collect?.();
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  const seconds = (performance.now() - began) / 1000;
  process.stdout.write(
    `${JSON.stringify({ done, seconds, rss, heapUsed, external, arrayBuffers, gpuBytes: gpu?.bytes ?? 0 })}\n`,
  );
}

let failure: string | undefined;
const on = (report: Report) => {
  if (report.type === 'failed' || report.type === 'device-lost') failure = report.message;
  if (report.type === 'train-step' && report.progress.step % Number(every) === 0) sample(report.progress.step);
  if (report.type === 'stream-segment') {
    if ((report.index + 1) % Number(every) === 0) sample(report.index + 1);
    if (performance.now() - began > 60_000 * Number(amount)) session.handle({ type: 'stop', id: 1 });
  }
};
const session = new Session(on, async () => {
  gpu = await openDevice();
  return gpu;
});
const start =
  what === 'train'
    ? {
        kind: 'train',
        request: {
          config: parseConfig({
            task: 'memorize',
            hidden_size: 8,
            intermediate_size: 8,
            num_attention_heads: 2,
            num_hidden_layers: 1,
            num_mem_tokens: 2,
            segment_size: 11,
            noise_words: 10,
            batch_size: 2,
            stages: [1],
            stage_steps: [Number(amount)],
            validate_every: Math.max(1, Math.floor(Number(amount) / 20)),
            validate_samples: 8,
          }),
        },
      }
    : {
        kind: 'stream',
        request: {
          model: { kind: 'checkpoint', name: checkpoint, bytes: new Uint8Array(readFileSync(checkpoint)) },
          segments: 1_000_000,
          seed: 1,
          attention: false,
        },
      };
session.handle({ type: 'start', id: 1, ...start } as Start);
await session.idle();
if (failure !== undefined) process.stderr.write(`${failure}\n`);
process.stdout.write('', () => process.exit(failure === undefined ? 0 : 1));
