// rmt eval: accuracy by number of segments, and by settings of the task; for language modelling, the loss.
import { bySentence } from '../analysis/suspicion.ts';
import { InputError } from '../errors.ts';
import type { EvaluateRequest, ReportOf, TextReport } from '../protocol/index.ts';
import { lossName, tokenName } from '../tasks/measures.ts';
import { integer, integers, needed, options, printJson, readBytes } from './arguments.ts';
import type { OpenDevice } from './device.ts';
import { materialOptions, materialsOf, sayText } from './materials.ts';
import { Progress } from './progress.ts';
import { runSession } from './session.ts';

type Point = ReportOf<'evaluate-point'>;
type Settings = NonNullable<EvaluateRequest['settings']>;

/** @throws InputError if one is not key=value, or given twice */
function settingsOf(sets: readonly string[]): Settings | undefined {
  if (sets.length === 0) return undefined;
  const settings = new Map<string, readonly string[]>();
  for (const set of sets) {
    const at = set.indexOf('=');
    const [key, values] = [set.slice(0, at), set.slice(at + 1)];
    if (at < 1 || values === '') throw new InputError('eval: --set', `'${set}'`, 'key=value, or key=value,value,…');
    if (settings.has(key)) throw new InputError(`eval: --set ${key}`, 'given twice', 'one list of values for a key');
    settings.set(key, [...new Set(values.split(','))]);
  }
  return Object.fromEntries(settings);
}

/** What was evaluated, as far as its figures depend on it. */
interface Evaluated {
  task: string;
  unit: string;
  answers: 'class' | 'tokens';
  report: TextReport | undefined;
  readonly generate: boolean;
}

export async function evaluate(words: readonly string[], open: OpenDevice): Promise<void> {
  const given = options('eval', words, {
    checkpoint: 'text',
    task: 'text',
    segments: 'text',
    samples: 'text',
    seed: 'text',
    set: 'many',
    generate: 'flag',
    half: 'flag',
    ...materialOptions,
    json: 'flag',
  });
  const file = needed('eval', 'checkpoint', given.checkpoint);
  const segments = integers('eval: --segments', needed('eval', 'segments', given.segments), 1, 65536);
  const samples = integer('eval: --samples', given.samples ?? '256', 1, 1_000_000);
  const seed = integer('eval: --seed', given.seed ?? '1', 0, 2 ** 31 - 1);
  const settings = settingsOf(given.set);
  const materials = await materialsOf(given);
  const bytes = readBytes('checkpoint', file);
  const progress = new Progress(given.json);
  // The last point of each round, in the order of the rounds.
  const points = new Map<string, Point>();
  const rounds = Object.values(settings ?? {}).reduce((count, values) => count * values.length, segments.length);
  const roundOf = (event: Point | ReportOf<'evaluate-reading'>) => JSON.stringify([event.settings, event.segments]);
  const of: Evaluated = { task: '', unit: '', answers: 'class', report: undefined, generate: given.generate };
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
        ...(settings ? { settings } : {}),
        generate: given.generate,
        materials,
      },
    },
    (event) => {
      if (event.type === 'reading') progress.show(event.share, `reading ${event.name}`);
      if (event.type === 'evaluate-begin') {
        const { task, unit = '', model, text } = event;
        Object.assign(of, { task, unit, answers: model.answers, report: text });
        sayText(text, given.json);
      }
      if (event.type === 'evaluate-reading') {
        const { reading, samples: read, segments: length } = event;
        const share = (read + (reading.documents * reading.segments) / length) / samples;
        const before = points.has(roundOf(event)) ? points.size - 1 : points.size;
        progress.show(
          (before + share) / rounds,
          `${reading.segments} of ${length} segments of ${reading.documents} documents`,
        );
      }
      if (event.type !== 'evaluate-point') return;
      points.set(roundOf(event), event);
      const share = (points.size - 1 + event.samples / event.wanted) / rounds;
      const at = Object.entries(event.settings ?? {}).map(([name, value]) => `${name} ${value}, `);
      progress.show(share, `${at.join('')}${event.segments} segments: ${event.right} of ${event.asked} correct`);
    },
    { half: given.half },
  );
  progress.end();
  const all = [...points.values()];
  if (!given.json) return void process.stdout.write(tableOf(all, of, samples));
  const { task, report } = of;
  const common = { adapter, task, samples, ...(report ? { report } : {}) };
  if (!settings) return printJson({ ...common, ...figuresOf(all, of) });
  const sets = new Map(all.map((point) => [JSON.stringify(point.settings), point.settings]));
  printJson({
    ...common,
    settings: [...sets].map(([key, set]) => {
      const own = all.filter((point) => JSON.stringify(point.settings) === key);
      const facts = own.some((point) => point.facts) ? { facts: by(own, (point) => point.facts ?? 0) } : {};
      return { set, ...facts, ...figuresOf(own, of) };
    }),
  });
}

/** A figure by number of segments. */
const by = <T>(points: readonly Point[], value: (point: Point) => T): Record<string, T> =>
  Object.fromEntries(points.map((point) => [point.segments, value(point)]));

/** The figures as JSON, each by number of segments. */
function figuresOf(points: readonly Point[], { task, unit, answers, generate }: Evaluated): Record<string, unknown> {
  const measure = lossName(unit);
  const of = <T>(value: (point: Point) => T) => by(points, value);
  return {
    accuracy: of(({ right, asked }) => right / asked),
    ...(answers === 'tokens'
      ? { whole: of((point) => point.whole / point.samples), loss: of(({ loss }) => loss) }
      : {}),
    ...(task === 'documents' ? { f1: of(({ f1 = Number.NaN }) => f1) } : {}),
    ...(generate ? { generated: of(({ generated, samples: n }) => (generated ?? 0) / n) } : {}),
    commonest: of(({ commonest, asked }) => commonest / asked),
    suspicions: of(({ suspicions }) => suspicions),
    ...(measure ? { [measure.name.replaceAll(' ', '_')]: of(({ loss }) => measure.of(loss)) } : {}),
    ...(unit ? { loss_by_position: of(({ positions }) => Array.from(positions ?? [])) } : {}),
  };
}

/** The figures for people: one row per round. */
function tableOf(points: readonly Point[], { task, unit, answers, generate }: Evaluated, samples: number): string {
  const percent = (value: number) => `${(100 * value).toFixed(1)} %`;
  const measure = lossName(unit);
  const columns: [string, (point: Point) => string][] = [['segments', ({ segments }) => String(segments)]];
  for (const name of Object.keys(points[0]?.settings ?? {}))
    columns.push([name, ({ settings }) => settings?.[name] ?? '']);
  // How many facts fit is worth a column where a setting asks for a number of them.
  if (points[0]?.settings && points[0].facts !== undefined)
    columns.push(['facts', ({ facts = 0 }) => String(Number(facts.toFixed(2)))]);
  columns.push(['accuracy', ({ right, asked }) => percent(right / asked)]);
  if (task === 'documents') columns.push(['macro F1', ({ f1 = Number.NaN }) => percent(f1)]);
  if (answers === 'tokens' && !unit) columns.push(['whole answer', (point) => percent(point.whole / point.samples)]);
  if (generate) columns.push(['generated', ({ generated, samples: n }) => percent((generated ?? 0) / n)]);
  columns.push(['commonest', ({ commonest, asked }) => percent(commonest / asked)]);
  if (answers === 'tokens') columns.push([`nats per ${tokenName(unit)}`, ({ loss }) => loss.toFixed(4)]);
  if (measure) columns.push([measure.name, ({ loss }) => measure.of(loss).toFixed(unit === 'words' ? 2 : 4)]);
  const row = (cells: readonly string[]) => cells.map((cell, i) => cell.padStart(i === 0 ? 8 : 13)).join('  ');
  const notes = [
    'commonest: the accuracy of always giving the commonest answer of these samples',
    ...(answers === 'tokens' ? [`loss: the mean over all scored ${tokenName(unit)}s`] : []),
    ...bySentence(points).map(
      ({ suspicion, segments: at }) =>
        `${at.join(', ')} segment${String(at) === '1' ? '' : 's'}: ${suspicion.sentence}`,
    ),
  ];
  const rows = points.map((point) => row(columns.map(([, cell]) => cell(point))));
  return `${task}, ${samples} samples\n${row(columns.map(([name]) => name))}\n${rows.join('\n')}\n${notes.join('\n')}\n`;
}
