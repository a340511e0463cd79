// rmt train --seeds and --sweep: the runs of a sweep one after the other, each in a folder of its own, and their means.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { meanInterval } from '../analysis/mean-interval.ts';
import { InputError } from '../errors.ts';
import { type KnobName, knobNames, knobs, parseKnob, type RunConfig } from '../experiment/config.ts';
import { configsOf, isSameRun, type Sweep, variedIn } from '../experiment/sweep.ts';
import { openTraining } from '../train/resume.ts';
import { printJson, readBytes } from './arguments.ts';
import { lastValidation } from './run-folder.ts';

export const sweepOptions = { seeds: 'text', sweep: 'many' } as const;

interface Given {
  /** `1-5`, or a list. */
  readonly seeds: string | undefined;
  /** `key=value,value`. */
  readonly sweep: readonly string[];
}

/** @returns undefined if nothing varies */
export function sweepOf({ seeds, sweep: lists }: Given): Sweep | undefined {
  const sweep: Partial<Record<KnobName, string>> = seeds === undefined ? {} : { seed: seeds };
  for (const list of lists) {
    const at = list.indexOf('=');
    const key = list.slice(0, at);
    if (at < 1) throw new InputError('train: --sweep', `'${list}'`, 'key=value,value');
    if (!Object.hasOwn(knobs, key)) parseKnob(key, list.slice(at + 1), 'train: --sweep');
    if (sweep[key as KnobName] !== undefined)
      throw new InputError(`train: --sweep ${key}`, 'given twice', 'one list for a key');
    sweep[key as KnobName] = list.slice(at + 1);
  }
  return Object.keys(sweep).length > 0 ? sweep : undefined;
}

export interface SweptRun {
  /** `model=gpt2,seed=1` */
  readonly name: string;
  /** What it shares with the runs that differ in their seed: `model=gpt2`. */
  readonly setting: string;
  readonly folder: string;
  readonly config: RunConfig;
}

/**
 * The runs of a sweep, each with its folder inside `out`.
 * @throws InputError if values are not valid, or `out` holds a run of its own
 */
export function runsOf(out: string, base: RunConfig, sweep: Sweep): readonly SweptRun[] {
  if (existsSync(join(out, 'checkpoint.safetensors')))
    throw new InputError(`train: --out ${out}`, 'already contains a run', 'a folder for the folders of a sweep');
  const varied = variedIn(sweep);
  const ordered = knobNames.filter((name) => varied.includes(name) && name !== 'seed');
  return configsOf(base, sweep, 'train: --sweep').map((config) => {
    const named = (names: readonly KnobName[]) => names.map((name) => `${name}=${config[name]}`).join(',');
    const name = named(varied.includes('seed') ? [...ordered, 'seed'] : ordered);
    return { name, setting: named(ordered) || 'all runs', folder: join(out, name), config };
  });
}

/**
 * How far a run of a sweep is.
 * @throws InputError if its folder holds another run
 */
export function stateOf({ folder, config }: SweptRun): 'new' | 'begun' | 'finished' {
  const file = join(folder, 'checkpoint.safetensors');
  if (!existsSync(file)) return 'new';
  const opened = openTraining({ name: file, bytes: readBytes('train: --resume', file) });
  if (!isSameRun(opened.config, config))
    throw new InputError(`train: --out ${folder}`, 'holds a run with other settings', 'the run of this sweep, or none');
  return opened.progress['stage'] === config.stages.length ? 'finished' : 'begun';
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

/** Print the mean of the last validations of each setting, with 95 % intervals of Student's t. */
export function printMeans(runs: readonly SweptRun[], json: boolean): void {
  const settings = new Map<string, SweptRun[]>();
  for (const run of runs) settings.set(run.setting, [...(settings.get(run.setting) ?? []), run]);
  const groups = [...settings].map(([setting, members]) => {
    const validations = members.flatMap(({ folder }) => lastValidation(folder) ?? []);
    return {
      setting,
      runs: validations.length,
      segments: validations[0]?.segments ?? null,
      accuracy: meanInterval(
        validations.map(({ accuracy }) => accuracy),
        [0, 1],
      ),
      loss: meanInterval(validations.map(({ loss }) => loss)),
    };
  });
  if (json) {
    const plain = ({ mean, low, high }: { mean: number; low: number | undefined; high: number | undefined }) => ({
      mean: Number.isFinite(mean) ? mean : null,
      low: low ?? null,
      high: high ?? null,
    });
    printJson({
      type: 'sweep',
      interval: '95 %, Student’s t over runs',
      groups: groups.map(({ accuracy, loss, ...rest }) => ({ ...rest, accuracy: plain(accuracy), loss: plain(loss) })),
    });
    return;
  }
  process.stdout.write('last validation, mean over runs with 95 % intervals (Student’s t)\n');
  for (const { setting, runs: count, segments, accuracy, loss } of groups) {
    const { mean, low, high } = accuracy;
    const interval = low === undefined || high === undefined ? '' : ` (${percent(low)} to ${percent(high)})`;
    process.stdout.write(
      `  ${setting}: accuracy ${percent(mean)}${interval} on ${segments} segments, loss ${loss.mean.toFixed(3)}, ${count} runs\n`,
    );
  }
}
