// rmt stream: reads one long sample, and reports time and GPU bytes per segment and the answer; --events writes all events to a file.
import { median } from '../analysis/statistics.ts';
import type { Report, TextReport } from '../protocol/index.ts';
import { findTask } from '../tasks/index.ts';
import { beyondTraining } from '../tasks/user-document.ts';
import { needed, options, printJson, readBytes } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { documentOf, documentOptions } from './document.ts';
import { materialFiles, materialsOf, sayText } from './materials.ts';
import { checkOutputs, PendingFile } from './outputs.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

/** One event as a line; typed arrays become lists. */
const lineOf = (event: Report) =>
  `${JSON.stringify(event, (_, value: unknown) => (value instanceof Float32Array ? [...value] : value))}\n`;

export async function stream(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('stream', words, {
    checkpoint: 'text',
    ...documentOptions,
    events: 'text',
    half: 'flag',
    json: 'flag',
  });
  const file = needed('stream', 'checkpoint', given.checkpoint);
  const asked = documentOf('stream', given);
  const { segments, document } = asked;
  if (given.events !== undefined)
    checkOutputs(
      [{ where: 'stream: --events', file: given.events }],
      [{ where: '--checkpoint', file }, ...materialFiles(given)],
    );
  const bytes = readBytes('checkpoint', file);
  const materials = await materialsOf(given);
  const progress = new Progress(given.json);
  const times: number[] = [];
  const gpuBytes: number[] = [];
  let tokens = 0;
  let report: TextReport | undefined;
  let result: { answer: string; expected: string; untouched?: string; right?: number; asked?: number } = {
    answer: '',
    expected: '',
  };
  const events = given.events === undefined ? undefined : new PendingFile(given.events);
  const adapter = await runSession(
    open,
    {
      kind: 'stream',
      request: {
        model: { kind: 'checkpoint', name: file, bytes },
        ...asked,
        attention: given.events !== undefined,
        materials,
      },
    },
    (event) => {
      if (event.type !== 'failed') events?.write(lineOf(event));
      if (event.type === 'stream-begin') {
        tokens = event.tokens;
        report = event.noise ?? event.text;
        sayText(report, given.json);
        const { task, knobs } = event.model;
        const note = beyondTraining(task ? findTask(task) : undefined, document?.facts, knobs);
        if (note !== undefined) process.stderr.write(`rmt: ${note}\n`);
      }
      if (event.type === 'stream-end') {
        const { answer, expected, untouched, right, asked } = event;
        result = {
          answer,
          expected,
          ...(untouched ? { untouched: untouched.answer } : {}),
          ...(right === undefined || asked === undefined ? {} : { right, asked }),
        };
      }
      if (event.type !== 'stream-segment') return;
      times.push(event.milliseconds);
      gpuBytes.push(event.gpuBytes);
      progress.show((event.index + 1) / segments, `segment ${event.index + 1} of ${segments}`);
    },
    { half: given.half },
  ).catch((error: unknown) => {
    events?.discard();
    throw error;
  });
  progress.end();
  events?.commit();
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
      ...(report ? { report } : {}),
    });
  const right =
    result.asked === undefined
      ? result.answer === result.expected
        ? 'right'
        : result.expected === ''
          ? 'a text without an answer'
          : `wrong, expected ${result.expected}`
      : 'answer words predicted correctly';
  const untouched = result.untouched === undefined ? '' : `without interventions: ${result.untouched}\n`;
  process.stdout.write(
    `${times.length} segments, ${tokens.toLocaleString('en')} tokens: answered ${result.answer} (${right})\n${untouched}` +
      `ms per segment: ${milliseconds.map((ms) => ms.toFixed(2)).join(', ')} (medians of the first, middle and last quarter)\n` +
      `GPU bytes: first ${bytesUsed.first.toLocaleString('en')}, last ${bytesUsed.last.toLocaleString('en')}, peak ${bytesUsed.peak.toLocaleString('en')}\n`,
  );
}
