// The numbers behind the charts in full precision, for export: one row per point, one quantity per column.

import { intervalOf } from '../../analysis/wilson.ts';
import type { RunConfig } from '../../experiment/config.ts';
import type { Curves } from '../../store/library/curves.ts';
import { type ValidationColumn, validationColumns } from '../../store/library/curves.ts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import type { ComparedRun } from '../../store/slices/runs.ts';
import { chanceOf, type LossName, lossName, measureOf } from '../../tasks/measures.ts';
import { type CurveMetric, curveMetrics } from '../../train/metrics.ts';
import type { Column, FigureData, Value } from '../figure/data.ts';
import type { Generalisation } from './generalisation.ts';
import { nameOf } from './names.ts';
import { type Published, publishedSegments } from './published.ts';
import { algorithms, families, hyperpartisan, languages } from './reported.ts';

const share: Pick<Column, 'unit'> = { unit: '0 to 1' };
const nats: Pick<Column, 'unit'> = { unit: 'nats' };

export const subjectOf = ({ model, task, seed }: RunConfig) => `${task} ${model} seed ${seed}`;

/** The link to a run, even if the next one has been configured since. */
const runOf = (config: RunConfig) =>
  ({ about: { configuration: config }, experiment: { view: 'train', config }, subject: subjectOf(config) }) as const;

/** One row per step while the series keeps each; after merging, each row says how many steps it averages. */
export function stepsData(curves: Curves, config: RunConfig): FigureData {
  const stageOf = (step: number) => curves.bands.findLast(({ from }) => from < step);
  return {
    ...runOf(config),
    columns: [
      { name: 'step' },
      { name: 'steps averaged' },
      { name: 'stage' },
      { name: 'segments, at most' },
      ...curveMetrics.map(columnOf),
    ],
    rows: curves.steps.view().map((point) => {
      const band = stageOf(point.x);
      const values = curveMetrics.map(({ key }) => point[key]);
      return [point.x, point.count, band && band.stage + 1, band?.segments, ...values];
    }),
  };
}

const validationHead = (unit: string | undefined): readonly Column[] => [
  { name: 'step' },
  { name: 'points averaged' },
  { name: 'segments' },
  { name: 'accuracy', ...share },
  { name: 'whole answers', ...share },
  { name: 'loss', ...nats },
  ...(unit ? [{ name: unit }] : []),
];
type Validations = ComparedRun['validations'];

function validationRows(validations: Validations, config: RunConfig): Value[][] {
  const unit = unitOf(config);
  return [...validations].flatMap(([segments, points]) =>
    points.map((point) => [point.x, point.count, segments, ...validationValues(point, unit)]),
  );
}
/** A validation's values, or those that a step has too, in the order of the columns. */
function validationValues(
  { accuracy, whole, loss }: Readonly<Partial<Record<ValidationColumn, number>>>,
  unit: LossName | undefined,
): Value[] {
  return [accuracy, whole, loss, ...(unit && loss !== undefined ? [unit.of(loss)] : [])];
}
const unitOf = (config: RunConfig) => lossName(measureOf(config.task) === 'every word' ? config.unit : undefined);

/** What the accuracy and loss curves show of steps alone. */
const batchMetrics = curveMetrics.filter(
  ({ key, curve }) => curve.chart.kind !== 'own' && !validationColumns.some((column) => column === key),
);
const columnOf = ({ curve, unit }: CurveMetric): Column => ({
  name: curve.column,
  ...(unit === undefined ? {} : { unit }),
});

export const inFull = (curves: Curves): Validations =>
  new Map([...curves.validations].map(([segments, series]) => [segments, series.view()]));

/** Batches and validations together, as in the accuracy and loss curves. */
export function curvesData(curves: Curves, config: RunConfig): FigureData {
  const unit = unitOf(config);
  const steps = curves.steps.view().map((point): Value[] => {
    const segments = curves.bands.findLast(({ from }) => from < point.x)?.segments;
    const more = batchMetrics.map(({ key }) => point[key]);
    return ['batch', point.x, point.count, segments, ...validationValues(point, unit), ...more];
  });
  const none = batchMetrics.map(() => undefined);
  const validations = validationRows(inFull(curves), config).map((row): Value[] => ['validation', ...row, ...none]);
  return {
    ...runOf(config),
    about: { configuration: config, chance: chanceOf(config.task, config) },
    columns: [{ name: 'kind' }, ...validationHead(unit?.name), ...batchMetrics.map(columnOf)],
    rows: [...steps, ...validations],
  };
}

/** Overlaid runs. */
export function comparedData(
  runs: readonly Pick<ComparedRun, 'name' | 'config' | 'files' | 'validations'>[],
): FigureData {
  const kinds = new Set(runs.map(({ config }) => unitOf(config)?.name));
  const [unit] = kinds.size === 1 ? kinds : [undefined];
  return {
    subject: `${runs.length} runs`,
    columns: [{ name: 'run' }, ...validationHead(unit)],
    rows: runs.flatMap(({ name, config, validations }, i) =>
      validationRows(validations, config).map((row): Value[] => [
        `${i + 1}. ${name}`,
        ...(unit || !unitOf(config) ? row : row.slice(0, -1)),
      ]),
    ),
    about: { runs: runs.map(({ name, config, files }) => ({ name, configuration: config, files })) },
  };
}

const describe = (result: EvaluateResult) => {
  const { points: _points, ...rest } = result;
  return { name: nameOf(result), ...rest };
};

/** Accuracy by number of segments: local results and the values of RMT-1M. */
export function accuracyData(results: readonly EvaluateResult[], published: readonly Published[]): FigureData {
  const here = results.flatMap((result) =>
    result.points.map(({ segments, right, asked, whole, generated, f1, samples, loss }): Value[] => {
      const { low, high } = intervalOf(right / asked, samples);
      return [nameOf(result), segments, right / asked, low, high, samples, right, asked, whole, generated, loss, f1];
    }),
  );
  const reference = published.flatMap(({ title, percent }) =>
    // Hundredths of a per cent; more digits would be false precision.
    percent.map((value, i): Value[] => [`RMT-1M, ${title}`, publishedSegments(i), Number((value / 100).toFixed(4))]),
  );
  const columns = [
    { name: 'model' },
    { name: 'segments' },
    { name: 'accuracy', ...share },
    { name: '95 % interval, low', ...share },
    { name: '95 % interval, high', ...share },
    { name: 'samples' },
    { name: 'answers correct' },
    { name: 'answers scored' },
    { name: 'samples with all answers correct' },
    { name: 'samples generated correctly' },
    { name: 'loss', ...nats },
    { name: 'macro F1', ...share },
  ];
  const unknown = (row: readonly Value[]) => new Array<undefined>(columns.length - row.length).fill(undefined);
  return {
    subject: results.map(({ label }) => label).join(' ') || 'RMT-1M',
    columns,
    rows: [...here, ...reference.map((row) => [...row, ...unknown(row)])],
    about: {
      results: results.map(describe),
      ...(published.length > 0 ? { reference: 'Bulatov et al. 2023, arXiv:2304.11062, read off the plot' } : {}),
    },
  };
}

/** Loss at every position, unsmoothed. */
export function positionsData(results: readonly EvaluateResult[], segments: number): FigureData {
  const measured = results.flatMap((result) => {
    const positions = result.points.find((point) => point.segments === segments)?.positions;
    return positions ? [{ result, positions }] : [];
  });
  return {
    subject: `${segments} segments`,
    columns: [{ name: 'model' }, { name: 'position' }, { name: 'segment' }, { name: 'loss', ...nats }],
    rows: measured.flatMap(({ result, positions }) =>
      Array.from(positions, (loss, i): Value[] => [
        nameOf(result),
        i + 1,
        Math.floor(i / result.model.segmentSize) + 1,
        loss,
      ]),
    ),
    about: { results: measured.map(({ result }) => describe(result)) },
  };
}

/** The tables of RMT (Bulatov et al. 2022), and the newest local results that match them. */
export function reportedData(results: readonly EvaluateResult[]): FigureData {
  const rows: Value[][] = [
    ...algorithms.flatMap(({ task, name, segments, accuracy }) =>
      Object.entries(accuracy).map(([family, value]): Value[] => [
        'RMT',
        task,
        name,
        families[family as keyof typeof families].title,
        segments,
        'accuracy, 0 to 1',
        value,
      ]),
    ),
    ...languages.map(({ text, unit, segment, model, value }): Value[] => [
      'RMT',
      'language',
      `${text}, segments of ${segment}`,
      model,
      undefined,
      unit === 'words' ? 'perplexity' : 'bits per character',
      value,
    ]),
    ...hyperpartisan.flatMap(({ model, f1 }) =>
      f1.map((value, i): Value[] => ['RMT', 'documents', 'Hyperpartisan', model, i + 1, 'F1, per cent', value]),
    ),
    ...results.flatMap((result) =>
      result.points.map(({ segments, right, asked, loss, f1 }): Value[] => {
        const unit = result.measure === 'every word' ? lossName(result.unit) : undefined;
        const judged: readonly Value[] = unit
          ? [unit.name, unit.of(loss)]
          : result.task === 'documents'
            ? ['macro F1, 0 to 1', f1]
            : ['accuracy, 0 to 1', right / asked];
        return ['here', result.task, result.files[0] ?? 'built in', nameOf(result), segments, ...judged];
      }),
    ),
  ];
  return {
    subject: 'arXiv 2207.06881',
    columns: ['source', 'task', 'case', 'model', 'segments', 'quantity', 'value'].map((name) => ({ name })),
    rows,
    about: { reference: 'Bulatov et al. 2022, arXiv:2207.06881', results: results.map(describe) },
  };
}

/** Accuracy by the number of segments trained on; a range where the plot of RMT-1M gives only a range. */
export function generalisationData(
  task: string,
  curves: readonly Generalisation[],
  results: readonly EvaluateResult[],
): FigureData {
  return {
    subject: task,
    columns: [
      { name: 'model' },
      { name: 'trained on, segments' },
      { name: 'segments' },
      { name: 'accuracy', unit: '%' },
    ],
    rows: [
      ...curves.flatMap(({ trained, percent }) =>
        percent.flatMap((cell, i): Value[][] => (cell === undefined ? [] : [['RMT-1M', trained, i + 1, cell]])),
      ),
      ...results.flatMap((result) =>
        result.points.map(({ segments, right, asked }): Value[] => [
          nameOf(result),
          undefined,
          segments,
          (100 * right) / asked,
        ]),
      ),
    ],
    about: {
      task,
      reference: 'Bulatov et al. 2023, arXiv:2304.11062, read off the plot',
      results: results.map(describe),
    },
  };
}
