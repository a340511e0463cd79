// rmt probe: what a linear classifier reads from the memory of sampled documents, segment by segment.
import { wilson } from '../analysis/wilson.ts';
import { InputError } from '../errors.ts';
import type { ProbePoint, ReportOf } from '../protocol/index.ts';
import { integer, needed, options, printJson, readBytes } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { materialOptions, materialsOf } from './materials.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

export async function probe(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('probe', words, {
    checkpoint: 'text',
    task: 'text',
    segments: 'text',
    samples: 'text',
    points: 'text',
    penalty: 'text',
    word: 'text',
    seed: 'text',
    ...materialOptions,
    json: 'flag',
  });
  const file = needed('probe', 'checkpoint', given.checkpoint);
  const segments = integer('probe: --segments', needed('probe', 'segments', given.segments), 1, 65_536);
  const samples = integer('probe: --samples', given.samples ?? '300', 12, 100_000);
  const points = integer('probe: --points', given.points ?? '16', 1, 4096);
  const word = integer('probe: --word', given.word ?? '1', 1, 65_536) - 1;
  const seed = integer('probe: --seed', given.seed ?? '1', 0, 2 ** 31 - 1);
  const penalty = Number(given.penalty ?? '0.1');
  if (!(penalty > 0 && penalty <= 1e6))
    throw new InputError('probe: --penalty', `'${given.penalty}'`, 'a number above 0, up to 1000000');
  const materials = await materialsOf(given);
  const bytes = readBytes('checkpoint', file);
  const progress = new Progress(given.json);
  const found: ProbePoint[] = [];
  let task = '';
  let documents: ReportOf<'probe-documents'> | undefined;
  const adapter = await runSession(
    open,
    {
      kind: 'probe',
      request: {
        model: { kind: 'checkpoint', name: file, bytes },
        ...(given.task === undefined ? {} : { task: given.task }),
        ...{ segments, samples, points, word, seed, penalty, materials },
      },
    },
    (event) => {
      if (event.type === 'probe-begin') task = event.task;
      if (event.type === 'probe-documents') documents = event;
      if (event.type === 'probe-reading')
        progress.show((0.7 * event.documents) / samples, `${event.documents} of ${samples} documents read`);
      if (event.type !== 'probe-point') return;
      found.push(event);
      const total = documents?.at.length ?? points;
      progress.show(0.7 + (0.3 * found.length) / total, `probe fitted after ${found.length} of ${total} segments`);
    },
  );
  progress.end();
  const fitted = documents?.fitted ?? 0;
  const heldOut = samples - fitted;
  if (!given.json)
    return void process.stdout.write(
      tableOf(found, `${task}, ${fitted} documents fitted, ${heldOut} held out`, heldOut),
    );
  printJson({
    adapter,
    task,
    ...{ samples, fitted, heldOut, penalty, seed },
    segments: Object.fromEntries(found.map((point) => [point.segment + 1, figuresOf(point, fitted, heldOut)])),
  });
}

/** Shares of the documents held out, and of those fitted. */
function figuresOf(
  { answers, control, commonest, rank, informed, asked }: ProbePoint,
  fitted: number,
  heldOut: number,
) {
  return {
    probe: answers.heldOut / heldOut,
    interval: wilson(answers.heldOut, heldOut),
    control: control.heldOut / heldOut,
    ...(asked === undefined ? {} : { asked: asked / heldOut }),
    informed: informed / heldOut,
    commonest: commonest / heldOut,
    fitted: { probe: answers.fitted / fitted, control: control.fitted / fitted },
    rank,
  };
}

const percent = (count: number, total: number) => `${((100 * count) / total).toFixed(1)} %`;

function tableOf(points: readonly ProbePoint[], title: string, heldOut: number): string {
  const hasAsked = points.some(({ asked }) => asked !== undefined);
  const head = [
    'segment',
    'probe',
    '95 % interval',
    'control',
    ...(hasAsked ? ['asked'] : []),
    'facts read',
    'commonest',
  ];
  const rows = points.map(({ segment, answers, control, asked = 0, informed, commonest }) => {
    const { low, high } = wilson(answers.heldOut, heldOut);
    return [
      String(segment + 1),
      percent(answers.heldOut, heldOut),
      `${percent(low, 1)} to ${percent(high, 1)}`,
      percent(control.heldOut, heldOut),
      ...(hasAsked ? [percent(asked, heldOut)] : []),
      percent(informed, heldOut),
      percent(commonest, heldOut),
    ];
  });
  const widths = head.map((name, k) => Math.max(name.length, ...rows.map((row) => row[k]?.length ?? 0)));
  const line = (cells: readonly string[]) => `${cells.map((cell, k) => cell.padStart(widths[k] ?? 0)).join('  ')}\n`;
  const explained = [
    'probe: held-out documents whose answer a linear classifier reads from the memory after the segment',
    'control: the same with the answers shuffled among the documents',
    ...(hasAsked ? ['asked: the model’s own answer if it had to answer then'] : []),
    'facts read: documents whose facts have all been read; commonest: always giving the commonest answer',
  ];
  return `${title}\n${line(head)}${rows.map(line).join('')}${explained.join('\n')}\n`;
}
