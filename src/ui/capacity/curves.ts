// The curves of Capacity: accuracy of each model by what memory has to hold, and of each kind by the size of its memory.
import { intervalOf } from '../../analysis/wilson.ts';
import type { EvaluateResult } from '../../store/slices/evaluate.ts';
import { findTask, type TaskId } from '../../tasks/index.ts';
import type { FigureData, Value } from '../figure/data.ts';

export interface CapacityPoint {
  /** The value of the varied knob. */
  readonly value: number;
  readonly segments: number;
  readonly accuracy: number;
  /** The 95 % interval. */
  readonly low: number;
  readonly high: number;
  readonly right: number;
  readonly asked: number;
  readonly samples: number;
  /** Whether documents of this length hold as many; otherwise the point says nothing about the value. */
  readonly fits: boolean;
}

export interface CapacityCurve {
  readonly result: EvaluateResult;
  readonly points: readonly CapacityPoint[];
}

/** The results in which this knob of this task was varied. */
export function capacityCurves(
  results: readonly EvaluateResult[],
  task: TaskId,
  knob: string,
): readonly CapacityCurve[] {
  const about = findTask(task);
  return results
    .filter((result) => result.task === task && result.settings && Object.hasOwn(result.settings, knob))
    .map((result) => ({
      result,
      points: result.points.map(({ settings, segments, facts, right, asked, samples }) => {
        const value = Number(settings?.[knob]);
        const accuracy = right / asked;
        const wanted =
          about.kind === 'classification' ? about.facts?.({ ...result.model.knobs, ...settings }) : undefined;
        const fits = wanted === undefined || facts === undefined || facts > wanted - 0.5;
        return { value, segments, accuracy, ...intervalOf(accuracy, samples), right, asked, samples, fits };
      }),
    }));
}

/** Memory tokens or, without any, the entries of a cache. */
export const memorySize = ({ model }: EvaluateResult) => (model.memTokens > 0 ? model.memTokens : model.cacheSize);

const memoryName = ({ model }: EvaluateResult) => {
  if (model.memTokens > 0) return `${model.memTokens} memory ${model.memTokens === 1 ? 'token' : 'tokens'}`;
  return model.cacheSize > 0 ? `cache of ${model.cacheSize}` : 'no memory';
};
export const curveName = (result: EvaluateResult) => `${result.id}. ${result.model.kind}, ${memoryName(result)}`;

/** Accuracy at one value by the size of the memory: the newest result of each kind of model and size. */
export interface MemoryCurve {
  readonly kind: string;
  readonly points: readonly (CapacityPoint & { readonly memory: number; readonly result: EvaluateResult })[];
}

export function memoryCurves(curves: readonly CapacityCurve[], value: number): readonly MemoryCurve[] {
  const kinds = new Map<string, Map<number, MemoryCurve['points'][number]>>();
  for (const { result, points } of curves) {
    const point = points.find((each) => each.value === value && each.fits);
    const memory = memorySize(result);
    // A logarithmic axis has no zero.
    if (!point || memory === 0) continue;
    const sizes = kinds.get(result.model.kind) ?? new Map();
    kinds.set(result.model.kind, sizes.set(memory, { ...point, memory, result }));
  }
  return [...kinds].map(([kind, sizes]) => ({
    kind,
    points: [...sizes.values()].sort((a, b) => a.memory - b.memory),
  }));
}

const described = ({ points: _, ...rest }: EvaluateResult) => rest;

/** Every point, with its interval and whether its documents hold as many. */
export function capacityData(curves: readonly CapacityCurve[], task: TaskId, knob: string): FigureData {
  return {
    subject: `${task} by ${knob}`,
    columns: [
      { name: 'model' },
      { name: 'kind' },
      { name: 'memory tokens' },
      { name: 'cache' },
      { name: knob },
      { name: 'segments' },
      { name: 'fits' },
      { name: 'accuracy', unit: '0 to 1' },
      { name: '95 % interval, low', unit: '0 to 1' },
      { name: '95 % interval, high', unit: '0 to 1' },
      { name: 'samples' },
      { name: 'answers correct' },
      { name: 'answers scored' },
    ],
    rows: curves.flatMap(({ result: { label, model }, points }) =>
      points.map(({ value, segments, fits, accuracy, low, high, samples, right, asked }): Value[] => [
        label,
        model.kind,
        model.memTokens,
        model.cacheSize,
        value,
        segments,
        fits,
        accuracy,
        low,
        high,
        samples,
        right,
        asked,
      ]),
    ),
    about: { results: curves.map(({ result }) => described(result)) },
  };
}
