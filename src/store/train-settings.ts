// The settings of Train that are not knobs of a run: what it starts from, and the runs of a sweep.
import { InputError } from '../errors.ts';
import { type KnobName, knobs, type RunConfig } from '../experiment/config.ts';
import { configsOf, type Sweep, valuesOf } from '../experiment/sweep.ts';
import { mismatch, refused } from './address-problems.ts';
import { integer, integers, mostSegments, name } from './address-values.ts';

export interface TrainSettings {
  /** The model that it starts from, as in `StreamSettings`; undefined: random weights. */
  readonly from: string | undefined;
  /** The knobs with several values. */
  readonly sweep: Sweep;
  /** Numbers of segments that each run of a sweep is evaluated on; none: it is not evaluated. */
  readonly lengths: readonly number[];
  /** Documents of each length. */
  readonly samples: number;
}

export const trainDefaults: TrainSettings = { from: undefined, sweep: {}, lengths: [], samples: 100 };

export const trainSchemas = {
  'train.from': name,
  'train.lengths': integers(1, mostSegments),
  'train.samples': integer(1, 100_000),
} as const;

/** Values as they stand in a link: without spaces, and with plain dashes. */
export const plainValues = (text: string): string => text.replaceAll(/[–—…]/g, '-').replaceAll(/\s/g, '');

const prefix = 'sweep.';

/** Take the parameters of a sweep out of those of a link, such as `sweep.seed=1-5`. @returns them by knob */
export function takeSweep(parameters: Map<string, string>): ReadonlyMap<KnobName, string> {
  const isOfSweep = (key: string) => key.startsWith(prefix) && Object.hasOwn(knobs, key.slice(prefix.length));
  const taken = [...parameters].filter(([key]) => isOfSweep(key));
  for (const [key] of taken) parameters.delete(key);
  return new Map(taken.map(([key, value]) => [key.slice(prefix.length) as KnobName, value]));
}

/** The sweep of a link, and what is wrong with it; a sweep that is not possible is left out as a whole. */
export function readSweep(
  given: ReadonlyMap<KnobName, string>,
  config: RunConfig,
): { readonly sweep: Sweep; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const sweep: Partial<Record<KnobName, string>> = {};
  for (const [knob, value] of given)
    try {
      valuesOf(knob, value);
      sweep[knob] = plainValues(value);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      problems.push(refused(`${prefix}${knob}`, value, error.expected));
    }
  const wrong = sweepProblem(config, sweep);
  if (wrong === undefined) return { sweep, problems };
  return { sweep: {}, problems: [...problems, `${wrong} One run with the other settings is shown instead.`] };
}

/** What is wrong with a sweep, if anything. */
export function sweepProblem(config: RunConfig, sweep: Sweep): string | undefined {
  try {
    configsOf(config, sweep);
    return undefined;
  } catch (error) {
    return mismatch('The values of this sweep', error);
  }
}

/** The parameters of a sweep in a link. */
export const sweepParameters = (sweep: Sweep): [string, string][] =>
  Object.entries(sweep).map(([knob, text]) => [`${prefix}${knob}`, text]);
