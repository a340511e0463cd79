// rmt stream: one long sample, its time and GPU bytes per segment, and the answer; with all its events in a file if asked.
import { closeSync, openSync, writeSync } from 'node:fs';
import { InputError } from '../errors.ts';
import type { Event } from '../train/protocol.ts';
import { needed, options, printJson, readBytes, whole } from './arguments.ts';
import { materialOptions, materialsOf } from './materials.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** A file of events, one a line; arrays of numbers as lists. */
function openEvents(path: string) {
  let file: number;
  try {
    file = openSync(path, 'w');
  } catch (error) {
    throw new InputError('stream: --events', String(error), 'a file that can be written');
  }
  const plain = (_: string, value: unknown) => (value instanceof Float32Array ? [...value] : value);
  return {
    write: (event: Event) => void writeSync(file, `${JSON.stringify(event, plain)}\n`),
    close: () => closeSync(file),
  };
}

export async function stream(words: readonly string[]): Promise<void> {
  const given = options('stream', words, {
    checkpoint: 'text',
    task: 'text',
    segments: 'text',
    seed: 'text',
    events: 'text',
    half: 'flag',
    ...materialOptions,
    json: 'flag',
  });
  const file = needed('stream', 'checkpoint', given.checkpoint);
  const segments = whole('stream: --segments', needed('stream', 'segments', given.segments), 1, 1_000_000);
  const seed = whole('stream: --seed', given.seed ?? '1', 0, 2 ** 31 - 1);
  const bytes = readBytes('checkpoint', file);
  const events = given.events === undefined ? undefined : openEvents(given.events);
  const progress = new Progress(given.json);
  const times: number[] = [];
  const gpuBytes: number[] = [];
  let tokens = 0;
  let result: { answer: string; expected: string; right?: number; asked?: number } = { answer: '', expected: '' };
  const adapter = await runSession(
    {
      type: 'stream-start',
      model: { kind: 'checkpoint', name: file, bytes },
      ...(given.task === undefined ? {} : { task: given.task }),
      segments,
      seed,
      attention: events !== undefined,
      materials: await materialsOf(given),
    },
    (event) => {
      events?.write(event);
      if (event.type === 'stream-begin') tokens = event.tokens;
      if (event.type === 'stream-end') {
        const { answer, expected, right, asked } = event;
        result = { answer, expected, ...(right === undefined || asked === undefined ? {} : { right, asked }) };
      }
      if (event.type !== 'stream-segment') return;
      times.push(event.milliseconds);
      gpuBytes.push(event.gpuBytes);
      progress.show((event.index + 1) / segments, `segment ${event.index + 1} of ${segments}`);
    },
    { half: given.half },
  );
  progress.end();
  events?.close();
  const quarter = Math.max(1, Math.floor(times.length / 4));
  const middle = Math.floor((times.length - quarter) / 2);
  const milliseconds = [times.slice(0, quarter), times.slice(middle, middle + quarter), times.slice(-quarter)].map(
    median,
  );
  const bytesUsed = {
    first: gpuBytes[0] ?? 0,
    last: gpuBytes.at(-1) ?? 0,
    peak: gpuBytes.reduce((most, value) => Math.max(most, value), 0),
  };
  if (given.json)
    return printJson({
      adapter,
      segments: times.length,
      tokens,
      ...result,
      ms_per_segment: milliseconds,
      gpu_bytes: bytesUsed,
    });
  const right =
    result.asked === undefined
      ? result.answer === result.expected
        ? 'right'
        : `wrong, expected ${result.expected}`
      : 'words of the answer expected rightly';
  process.stdout.write(
    `${times.length} segments, ${tokens.toLocaleString('en')} tokens: answered ${result.answer} (${right})\n` +
      `ms per segment: ${milliseconds.map((ms) => ms.toFixed(2)).join(', ')} (medians of the first, middle and last quarter)\n` +
      `GPU bytes: first ${bytesUsed.first.toLocaleString('en')}, last ${bytesUsed.last.toLocaleString('en')}, peak ${bytesUsed.peak.toLocaleString('en')}\n`,
  );
}
