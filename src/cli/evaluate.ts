// rmt eval: accuracy by number of segments.
import { needed, options, printJson, readBytes, whole, wholes } from './arguments.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

export async function evaluate(words: readonly string[]): Promise<void> {
  const given = options('eval', words, {
    checkpoint: 'text',
    task: 'text',
    segments: 'text',
    samples: 'text',
    seed: 'text',
    json: 'flag',
  });
  const file = needed('eval', 'checkpoint', given.checkpoint);
  const segments = wholes('eval: --segments', needed('eval', 'segments', given.segments), 1, 65536);
  const samples = whole('eval: --samples', given.samples ?? '256', 1, 1_000_000);
  const seed = whole('eval: --seed', given.seed ?? '1', 0, 2 ** 31 - 1);
  const bytes = readBytes('checkpoint', file);
  const progress = new Progress(given.json);
  const accuracy: Record<string, number> = {};
  let task = '';
  const adapter = await runSession(
    {
      type: 'evaluate-start',
      model: { kind: 'checkpoint', name: file, bytes },
      ...(given.task === undefined ? {} : { task: given.task }),
      segments,
      samples,
      seed,
    },
    (event) => {
      if (event.type === 'evaluate-begin') task = event.task;
      if (event.type !== 'evaluate-point') return;
      accuracy[event.segments] = event.right / event.samples;
      const done = segments.indexOf(event.segments) + event.samples / event.wanted;
      progress.show(done / segments.length, `${event.segments} segments: ${event.right} of ${event.samples} right`);
    },
  );
  progress.end();
  if (given.json) return printJson({ adapter, task, samples, accuracy });
  const rows = segments.map((n) => `${String(n).padStart(8)}  ${(100 * (accuracy[n] ?? 0)).toFixed(1).padStart(7)} %`);
  process.stdout.write(`${task}, ${samples} samples\nsegments  accuracy\n${rows.join('\n')}\n`);
}
