// rmt holders: which memory token holds what is told of whom.
import type { Holders } from '../protocol/index.ts';
import { integer, needed, options, printJson, readBytes } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { materialOptions, materialsOf } from './materials.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

export async function holders(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('holders', words, {
    checkpoint: 'text',
    task: 'text',
    segments: 'text',
    samples: 'text',
    seed: 'text',
    ...materialOptions,
    json: 'flag',
  });
  const file = needed('holders', 'checkpoint', given.checkpoint);
  const segments = integer('holders: --segments', given.segments ?? '3', 0, 65_536);
  const documents = integer('holders: --samples', given.samples ?? '8', 1, 100_000);
  const seed = integer('holders: --seed', given.seed ?? '1', 0, 2 ** 31 - 1);
  const materials = await materialsOf(given);
  const bytes = readBytes('checkpoint', file);
  const progress = new Progress(given.json);
  let task = '';
  let found: Holders | undefined;
  const adapter = await runSession(
    open,
    {
      kind: 'holders',
      request: {
        model: { kind: 'checkpoint', name: file, bytes },
        ...(given.task === undefined ? {} : { task: given.task }),
        ...{ segments, documents, seed, materials },
      },
    },
    (event) => {
      if (event.type === 'holders-begin') task = event.task;
      if (event.type === 'holders-reading')
        progress.show(event.documents / documents, `${event.documents} of ${documents} beginnings read`);
      if (event.type === 'holders-end') found = event.found;
    },
  );
  progress.end();
  if (!found) return;
  const { subjects, values, tokens, variance } = found;
  const rows = Array.from({ length: tokens }, (_, k) =>
    Array.from(variance.subarray(k * subjects.length, (k + 1) * subjects.length)),
  );
  if (given.json)
    return printJson({ adapter, task, ...{ samples: documents, segments, seed, subjects, values }, variance: rows });
  const head = ['memory token', ...subjects];
  const cells = rows.map((row, k) => [String(k + 1), ...row.map((value) => value.toFixed(2))]);
  const widths = head.map((name, c) => Math.max(name.length, ...cells.map((row) => row[c]?.length ?? 0)));
  const line = (row: readonly string[]) => `${row.map((cell, c) => cell.padStart(widths[c] ?? 0)).join('  ')}\n`;
  process.stdout.write(
    `${task}, variance of each memory token over what is told of each, mean over ${documents} beginnings\n${line(head)}${cells.map(line).join('')}`,
  );
}
