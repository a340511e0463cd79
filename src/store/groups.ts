// Runs of one setting as a group: they differ in their seed alone, and are drawn as a mean with its interval.
import { type MeanInterval, meanInterval } from '../analysis/mean-interval.ts';
import { appliesTo, type KnobName, knobNames } from '../experiment/config.ts';
import { isSetting } from '../experiment/sweep.ts';
import { catalogue } from '../models/catalogue.ts';
import { whatDiffers } from './compare.ts';
import type { ComparedRun } from './compared-run.ts';

export interface Group {
  /** What sets it apart from the other groups. */
  readonly name: string;
  readonly runs: readonly ComparedRun[];
}

const notSettings: readonly KnobName[] = knobNames.filter((name) => !isSetting(name));

const settingOf = ({ config, files, origin }: ComparedRun): string =>
  [
    ...knobNames.filter((name) => isSetting(name) && appliesTo(name, config)).map((name) => `${name}=${config[name]}`),
    ...files,
    origin?.hash ?? '',
  ].join('|');

/** In the order of their first runs. */
export function groupsOf(runs: readonly ComparedRun[]): readonly Group[] {
  const found = new Map<string, ComparedRun[]>();
  for (const run of runs) {
    const setting = settingOf(run);
    found.set(setting, [...(found.get(setting) ?? []), run]);
  }
  const groups = [...found.values()];
  const names = whatDiffers(
    groups.flatMap(([first]) => first ?? []),
    notSettings,
  );
  return groups.map((members, i) => {
    const model = members[0] && catalogue[members[0].config.model].title;
    return { name: names[i] || model || 'runs', runs: members };
  });
}

/** One number of a run at x: a step, or a number of segments. */
export interface RunPoint {
  readonly x: number;
  readonly y: number;
}
export interface MeanPoint extends MeanInterval {
  readonly x: number;
}

/**
 * The mean of several curves, at each x that all of them have. A curve without points is left out.
 * @param within bounds of what is measured
 */
export function meanOf(
  curves: readonly (readonly RunPoint[])[],
  within?: readonly [low: number, high: number],
): readonly MeanPoint[] {
  const [first, ...others] = curves
    .map((points) => new Map(points.map(({ x, y }) => [x, y])))
    .filter((points) => points.size > 0);
  if (!first) return [];
  return [...first].flatMap(([x, y]) => {
    const more = others.map((points) => points.get(x));
    if (!more.every((value) => value !== undefined)) return [];
    return [{ x, ...meanInterval([y, ...more], within) }];
  });
}

/** The validations of a run on `segments` segments. */
export const validationPoints = (run: ComparedRun, segments: number, of: 'accuracy' | 'loss'): readonly RunPoint[] =>
  (run.validations.get(segments) ?? []).map((point) => ({ x: point.x, y: point[of] }));

/** Its accuracy by number of segments. */
export const lengthPoints = ({ evaluated = [] }: ComparedRun): readonly RunPoint[] =>
  evaluated.map(({ segments, accuracy }) => ({ x: segments, y: accuracy }));
