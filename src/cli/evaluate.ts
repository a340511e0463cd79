// rmt eval: accuracy by number of segments; for language modelling, the loss.
import { bySentence } from '../analysis/suspicion.ts';
import type { ReportOf, TextReport } from '../protocol/index.ts';
import { lossName, tokenName } from '../tasks/measures.ts';
import { integer, integers, needed, options, printJson, readBytes } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { materialOptions, materialsOf, sayText } from './materials.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

type Point = ReportOf<'evaluate-point'>;

export async function evaluate(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('eval', words, {
    checkpoint: 'text',
    task: 'text',
    segments: 'text',
    samples: 'text',
    seed: 'text',
    generate: 'flag',
    half: 'flag',
    ...materialOptions,
    json: 'flag',
  });
  const file = needed('eval', 'checkpoint', given.checkpoint);
  const segments = integers('eval: --segments', needed('eval', 'segments', given.segments), 1, 65536);
  const samples = integer('eval: --samples', given.samples ?? '256', 1, 1_000_000);
  const seed = integer('eval: --seed', given.seed ?? '1', 0, 2 ** 31 - 1);
  const materials = await materialsOf(given);
  const bytes = readBytes('checkpoint', file);
  const progress = new Progress(given.json);
  const points = new Map<number, Point>();
  let report: TextReport | undefined;
  let [task, unit, answers] = ['', '', 'class'];
  const adapter = await runSession(
    open,
    {
      kind: 'evaluate',
      request: {
        model: { kind: 'checkpoint', name: file, bytes },
        ...(given.task === undefined ? {} : { task: given.task }),
        segments,
        samples,
        seed,
        generate: given.generate,
        materials,
      },
    },
    (event) => {
      if (event.type === 'reading') progress.show(event.share, `reading ${event.name}`);
      if (event.type === 'evaluate-begin') {
        task = event.task;
        unit = event.unit ?? '';
        answers = event.model.answers;
        report = event.text;
        sayText(report, given.json);
      }
      if (event.type === 'evaluate-reading') {
        const { reading, samples: read, segments: length } = event;
        const share = (read + (reading.documents * reading.segments) / length) / samples;
        progress.show(
          (segments.indexOf(length) + share) / segments.length,
          `${reading.segments} of ${length} segments of ${reading.documents} documents`,
        );
      }
      if (event.type !== 'evaluate-point') return;
      points.set(event.segments, event);
      const done = segments.indexOf(event.segments) + event.samples / event.wanted;
      progress.show(done / segments.length, `${event.segments} segments: ${event.right} of ${event.asked} correct`);
    },
    { half: given.half },
  );
  progress.end();
  const of = <T>(value: (point: Point) => T) =>
    Object.fromEntries(segments.flatMap((n) => (points.has(n) ? [[n, value(points.get(n) as Point)]] : [])));
  const accuracy = of(({ right, asked }) => right / asked);
  const measure = lossName(unit);
  if (given.json)
    return printJson({
      adapter,
      task,
      samples,
      accuracy,
      ...(answers === 'tokens'
        ? { whole: of((point) => point.whole / point.samples), loss: of(({ loss }) => loss) }
        : {}),
      ...(task === 'documents' ? { f1: of(({ f1 = Number.NaN }) => f1) } : {}),
      ...(given.generate ? { generated: of(({ generated, samples: n }) => (generated ?? 0) / n) } : {}),
      ...(report ? { report } : {}),
      commonest: of(({ commonest, asked }) => commonest / asked),
      suspicions: of(({ suspicions }) => suspicions),
      ...(measure ? { [measure.name.replaceAll(' ', '_')]: of(({ loss }) => measure.of(loss)) } : {}),
      ...(unit ? { loss_by_position: of(({ positions }) => Array.from(positions ?? [])) } : {}),
    });
  const percent = (value: number) => `${(100 * value).toFixed(1).padStart(7)} %`;
  const columns: [string, (point: Point) => string][] = [['accuracy', ({ right, asked }) => percent(right / asked)]];
  if (task === 'documents') columns.push(['macro F1', ({ f1 = Number.NaN }) => percent(f1)]);
  if (answers === 'tokens' && !unit) columns.push(['whole answer', (point) => percent(point.whole / point.samples)]);
  if (given.generate) columns.push(['generated', ({ generated, samples: n }) => percent((generated ?? 0) / n)]);
  columns.push(['commonest', ({ commonest, asked }) => percent(commonest / asked)]);
  if (answers === 'tokens') columns.push([`nats per ${tokenName(unit)}`, ({ loss }) => loss.toFixed(4)]);
  if (measure) columns.push([measure.name, ({ loss }) => measure.of(loss).toFixed(unit === 'words' ? 2 : 4)]);
  const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(i === 0 ? 8 : 13)).join('  ');
  const rows = [...points].map(([n, point]) => row([String(n), ...columns.map(([, cell]) => cell(point).trim())]));
  const notes = [
    'commonest: the accuracy of always giving the commonest answer of these samples',
    ...(answers === 'tokens' ? [`loss: the mean over all scored ${tokenName(unit)}s`] : []),
    ...bySentence([...points.values()]).map(
      ({ suspicion, segments: at }) =>
        `${at.join(', ')} segment${String(at) === '1' ? '' : 's'}: ${suspicion.sentence}`,
    ),
  ];
  process.stdout.write(
    `${task}, ${samples} samples\n${row(['segments', ...columns.map(([name]) => name)])}\n${rows.join('\n')}\n${notes.join('\n')}\n`,
  );
}
