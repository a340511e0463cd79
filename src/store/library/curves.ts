// The curves of one run: appended to during training, and as plain numbers for storage and files.
import * as v from 'valibot';
import { type Point, Series, type SeriesData, seriesSchema } from '../../analysis/series.ts';
import type { ReportOf } from '../../protocol/index.ts';
import { type CurveKey, curveKeys, curveMetrics } from '../../train/metrics.ts';

/** Where a stage of the curriculum began. */
export interface StageBand {
  readonly stage: number;
  readonly segments: number;
  readonly from: number;
}

const laterColumns = curveMetrics.filter(({ curve }) => curve.since !== undefined).map(({ key }) => key);
export const validationColumns = ['loss', 'accuracy', 'whole'] as const;
export type ValidationColumn = (typeof validationColumns)[number];
export type Validations = ReadonlyMap<number, readonly Point<ValidationColumn>[]>;

const mostStepPoints = 4096;
const mostValidationPoints = 1024;

/** The stored form of curves: numbers and lists only. */
export interface CurvesData {
  readonly steps: SeriesData<CurveKey>;
  readonly validations: readonly { readonly segments: number; readonly series: SeriesData<ValidationColumn> }[];
  readonly bands: readonly StageBand[];
}

const count = v.pipe(v.number(), v.integer(), v.minValue(0));
/** Columns that are shares of a whole. */
const shares: readonly string[] = [
  ...curveMetrics.filter(({ format }) => format === 'share').map(({ key }) => key),
  'accuracy',
  'whole',
];
/** Rounding may put a mean just outside its range. */
const ROUNDING = 1e-3;

/** Whether all numbers can be figures of a run: shares from 0 to 1, everything else at least 0. */
const arePossible = ({ columns }: SeriesData<string>): boolean =>
  Object.entries(columns).every(([name, values]) =>
    values.every(
      (value) => value === null || (value >= -ROUNDING && (!shares.includes(name) || value <= 1 + ROUNDING)),
    ),
  );
const possible = v.check<SeriesData<string>, string>(arePossible, 'accuracies from 0 to 1, and nothing below 0');

export const curvesSchema = v.object({
  steps: v.pipe(seriesSchema(curveKeys, mostStepPoints, laterColumns), possible),
  validations: v.pipe(
    v.array(
      v.object({ segments: count, series: v.pipe(seriesSchema(validationColumns, mostValidationPoints), possible) }),
    ),
    v.maxLength(64),
  ),
  bands: v.pipe(v.array(v.object({ stage: count, segments: count, from: count })), v.maxLength(4096)),
});

export class Curves {
  readonly steps = new Series(curveKeys, mostStepPoints);
  /** Validations, by number of segments. */
  readonly validations = new Map<number, Series<ValidationColumn>>();
  readonly bands: StageBand[] = [];

  /** Curves that continue the stored ones. */
  static from(data: CurvesData): Curves {
    const curves = new Curves();
    curves.steps.restore(data.steps);
    for (const { segments, series } of data.validations) curves.validationsOf(segments).restore(series);
    curves.bands.push(...data.bands);
    return curves;
  }

  step({ progress, ...report }: ReportOf<'train-step'>): void {
    const values = Object.fromEntries(curveKeys.map((key) => [key, report[key]]));
    this.steps.add(progress.step, values as Record<CurveKey, number>);
    if (this.bands.at(-1)?.stage !== progress.stage)
      this.bands.push({ stage: progress.stage, segments: progress.segments, from: progress.step - 1 });
  }

  validation({ progress, segments, accuracy, whole, loss }: ReportOf<'validation'>): void {
    this.validationsOf(segments).add(progress.step, { accuracy, whole, loss });
  }

  /** A snapshot; later points do not change it. */
  data(): CurvesData {
    return {
      steps: this.steps.data(),
      validations: [...this.validations].map(([segments, series]) => ({ segments, series: series.data() })),
      bands: [...this.bands],
    };
  }

  private validationsOf(segments: number): Series<ValidationColumn> {
    const series = this.validations.get(segments) ?? new Series(validationColumns, mostValidationPoints);
    this.validations.set(segments, series);
    return series;
  }
}

export const validationsOf = (data: CurvesData): Validations =>
  new Map([...Curves.from(data).validations].map(([segments, series]) => [segments, series.view(100)]));
