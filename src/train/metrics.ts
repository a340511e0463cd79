// The metrics of a training step, one entry each: how it is computed, named, stored, drawn and exported. The step event,
// the stored curves, charts, tables, CSV, and the output of `rmt train` are derived from these entries, in this order.
import type { RunConfig } from '../experiment/config.ts';
import type { BatchResult } from '../models/score.ts';

/** The results of one step. */
export interface StepResult {
  readonly config: RunConfig;
  /** Segments in its batch. */
  readonly segments: number;
  readonly batch: BatchResult;
  readonly learningRate: number;
  /** Global norm of the gradient before clipping. */
  readonly gradientNorm: number;
}

/** The time it took; a validation before it counts too. */
export interface StepTime {
  readonly milliseconds: number;
  /** Text tokens per second, over the last steps. */
  readonly tokensPerSecond: number;
}

/** How its values are written: in three digits, in per cent, or with k and M. */
export type MetricFormat = 'number' | 'share' | 'count';

/** The chart that shows it: one of those with validations, or one of its own with this vertical axis. */
export type MetricChart =
  | { readonly kind: 'accuracy' | 'loss' }
  | {
      readonly kind: 'own';
      readonly axis: readonly [number | 'auto', number | 'auto'];
      /** Added to its label in the caption. */
      readonly caption?: string;
    };

/** A metric that is kept for every step of a run. */
export interface MetricCurve {
  /** Its column in exported CSV and JSON. */
  readonly column: string;
  readonly chart: MetricChart;
  /** The day it was added, if curves saved before lack it: they open without it. */
  readonly since?: `${number}-${number}-${number}`;
}

export interface Metric {
  readonly label: string;
  /** Nats are also shown in the unit of the task, such as perplexity. */
  readonly unit?: string;
  readonly format: MetricFormat;
  of(step: StepResult & StepTime): number;
  /** Two equal runs differ in it. */
  readonly isTiming?: true;
  /** Its key in the lines of `rmt train`. */
  readonly json: string;
  /** Its text in the progress line of `rmt train`. */
  readonly progress?: (value: number) => string;
  /** Shown for the last step; `help` receives what the task counts as accuracy. */
  readonly figure?: { readonly name: string; readonly withUnit?: true; readonly help?: (counted: string) => string };
  /** Without it, only the last value is kept. */
  readonly curve?: MetricCurve;
}

export const metrics = {
  loss: {
    label: 'Loss',
    unit: 'nats',
    format: 'number',
    of: ({ batch }) => batch.loss,
    json: 'loss',
    progress: (loss) => `loss ${loss.toFixed(3)}`,
    figure: { name: 'Loss' },
    curve: { column: 'loss', chart: { kind: 'loss' } },
  },
  /** Fraction of correct predictions: classes, or words of the answer. */
  accuracy: {
    label: 'Accuracy',
    unit: '0 to 1',
    format: 'share',
    of: ({ batch }) => batch.correct / batch.scored,
    json: 'accuracy',
    progress: (accuracy) => `accuracy ${(100 * accuracy).toFixed(0)} %`,
    figure: { name: 'Batch accuracy', help: (counted) => `Share of ${counted} in the last batch` },
    curve: { column: 'accuracy', chart: { kind: 'accuracy' } },
  },
  learningRate: {
    label: 'Learning rate',
    format: 'number',
    of: ({ learningRate }) => learningRate,
    json: 'learning_rate',
    curve: { column: 'learning rate', chart: { kind: 'own', axis: [0, 'auto'] } },
  },
  gradientNorm: {
    label: 'Gradient norm',
    format: 'number',
    of: ({ gradientNorm }) => gradientNorm,
    json: 'gradient_norm',
    curve: { column: 'gradient norm', chart: { kind: 'own', axis: [0, 'auto'], caption: ' before clipping' } },
  },
  milliseconds: {
    label: 'Time of a step',
    unit: 'ms',
    format: 'count',
    of: ({ milliseconds }) => milliseconds,
    isTiming: true,
    json: 'ms',
  },
  tokensPerSecond: {
    label: 'Speed',
    unit: 'tokens/s',
    format: 'count',
    of: ({ tokensPerSecond }) => tokensPerSecond,
    isTiming: true,
    json: 'tokens_per_second',
    figure: { name: 'Speed', withUnit: true },
  },
} as const satisfies Readonly<Record<string, Metric>>;

export type MetricKey = keyof typeof metrics;
type KeyWith<Property extends object> = {
  [K in MetricKey]: (typeof metrics)[K] extends Property ? K : never;
}[MetricKey];
/** The metrics kept in a run's curves. */
export type CurveKey = KeyWith<{ readonly curve: object }>;
export type TimingKey = KeyWith<{ readonly isTiming: true }>;

/** The metrics of one step. */
export type StepMetrics = { readonly [K in MetricKey]: number };

/** The figures of a validation: of the trainer, its event, and of a run that comes back. */
export interface ValidationMetrics {
  readonly segments: number;
  readonly samples: number;
  readonly accuracy: number;
  /** Fraction of sequences with every prediction correct. */
  readonly whole: number;
  /** Mean over the scored predictions, in nats. */
  readonly loss: number;
  /** The accuracy of always giving the commonest answer of these samples. */
  readonly commonest: number;
}

interface Named<K extends MetricKey> extends Metric {
  readonly key: K;
}
export const allMetrics: readonly Named<MetricKey>[] = Object.entries(metrics).map(([key, metric]) => ({
  ...metric,
  key: key as MetricKey,
}));

/** The metrics kept in a run's curves, in the order of their columns. */
export const curveMetrics = allMetrics.flatMap((metric): (Named<CurveKey> & { readonly curve: MetricCurve })[] => {
  const { key, curve } = metric;
  return curve ? [{ ...metric, key: key as CurveKey, curve }] : [];
});
export type CurveMetric = (typeof curveMetrics)[number];
export const curveKeys = curveMetrics.map(({ key }) => key);

export const metricsOf = (step: StepResult & StepTime): StepMetrics =>
  Object.fromEntries(allMetrics.map(({ key, of }) => [key, of(step)])) as StepMetrics;

/** The metrics of a step as `rmt train` prints them. */
export const metricsJson = (step: StepMetrics): Readonly<Record<string, number>> =>
  Object.fromEntries(allMetrics.map(({ key, json }) => [json, step[key]]));

/** The metrics of a step in the progress line of `rmt train`. */
export const progressText = (step: StepMetrics): string =>
  allMetrics.flatMap(({ key, progress }) => (progress ? [progress(step[key])] : [])).join(', ');
